import { randomUUID } from 'node:crypto';
import { UsageError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import type { ResponseState } from '../response/state.ts';
import { canaryName } from './canary-name.ts';
import { chosenDrills, drillsOfKind } from './chosen.ts';
import type { Drill } from './config.ts';
import { type DrillContext, type DrillReport, holdDrill } from './drill.ts';
import { endStepsOf } from './left-steps.ts';
import { recordDrill, reportOf } from './record.ts';
import { DRILL_KINDS } from './registry.ts';

/** A drill that a person asked another process to hold. It is kept until the drill is on record, however it ended. */
export interface DrillOrder {
  /** Id of the drill. */
  readonly cause: string;
  readonly kind: string;
  /** Which of its kind, as `wayward.yaml` lists them. */
  readonly nth: number;
  /** Milliseconds. */
  readonly objective: number;
  readonly by: string;
  /** The canary's id, from when it begins. */
  readonly canary?: string;
}

const ORDERS = 'drills.ordered';
/** That wait at the same time. */
const MOST = 100;

export const drillOrders = (state: ResponseState): readonly DrillOrder[] =>
  (state.setting(ORDERS) as readonly DrillOrder[] | undefined) ?? [];

/** Orders drills of a kind, or all; nothing is done outside. @throws UsageError where there is no such drill, or too many wait */
export function orderDrills(
  kind: string | undefined,
  by: string,
  configured: readonly Drill[],
  state: ResponseState,
): readonly DrillOrder[] {
  const chosen = chosenDrills(kind, configured);
  const waiting = drillOrders(state);
  if (waiting.length + chosen.length > MOST)
    throw new UsageError(`${waiting.length} drills wait to be held; say it again when they are`);
  const orders = chosen.map((drill, at) => ({
    cause: `drill-${randomUUID()}`,
    kind: drill.with,
    nth: chosen.slice(0, at).filter((before) => before.with === drill.with).length,
    objective: drill.objective,
    by,
  }));
  state.setSetting(ORDERS, [...waiting, ...orders]);
  return orders;
}

/** Ends the drills that a process before this one was in the middle of: what its canary was went with it. Returns their reports. */
export const endLostDrills = (response: ResponseContext): readonly DrillReport[] =>
  drillOrders(response.state)
    .filter(({ canary }) => canary !== undefined)
    .map((order) => giveUp(order, 'the process that held this drill has ended', response));

/** Holds what is ordered, one after the other; each is begun once, whatever becomes of this process. */
export async function holdOrdered(
  configured: readonly Drill[],
  context: DrillContext,
  held: (report: DrillReport) => void,
): Promise<void> {
  const { response, signal, beforeCall } = context;
  for (;;) {
    const orders = drillOrders(response.state);
    const order = orders.find(({ canary }) => canary === undefined);
    if (order === undefined || signal.aborted) return;
    const drill = drillOf(order, configured);
    if (drill === undefined) {
      held(giveUp(order, 'the process that responds now has no such drill in its wayward.yaml', response));
      continue;
    }
    const canary = canaryName(response.now());
    response.state.setSetting(
      ORDERS,
      orders.map((other) => (other === order ? { ...order, canary } : other)),
    );
    await beforeCall?.();
    const report = await holdDrill(drill, order.by, context, { cause: order.cause, canary });
    forget(order, response.state);
    held(report);
  }
}

function drillOf({ kind: id, nth }: DrillOrder, configured: readonly Drill[]): Drill | undefined {
  const kind = DRILL_KINDS.find((other) => other.id === id);
  return kind && drillsOfKind(kind, configured)[nth];
}

/** It may be on record already, where a process ended between that and forgetting it. */
function giveUp(order: DrillOrder, note: string, response: ResponseContext): DrillReport {
  const { cause, kind, objective, by, canary = canaryName(response.now()) } = order;
  const known = reportOf(cause, response.audit);
  const report = known ?? { cause, kind, canary, passed: false, note, took: undefined, objective, steps: {} };
  if (known === undefined) {
    endStepsOf(cause, note, response);
    recordDrill(report, by, response, { notifies: true });
  }
  forget(order, response.state);
  return report;
}

function forget({ cause }: DrillOrder, state: ResponseState): void {
  const left = drillOrders(state).filter((order) => order.cause !== cause);
  state.setSetting(ORDERS, left.length === 0 ? undefined : left);
}
