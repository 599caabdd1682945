import { randomUUID } from 'node:crypto';
import { verdictOfWord } from '../alerts/verdict.ts';
import type { Drill } from '../drills/config.ts';
import { type DrillOrder, orderDrills } from '../drills/orders.ts';
import { decideApproval } from '../response/approval.ts';
import type { ResponseContext } from '../response/context.ts';
import { approve, assessOrder, halt, placeOrder, resume } from '../response/control.ts';
import { finalPlanFor, planFor } from '../response/plan.ts';
import { orderRestore, restorablesOf } from '../response/restore.ts';
import { planRotation } from '../rotation/plan.ts';
import { orderRotation } from '../rotation/rotations.ts';
import type { Store } from '../sinks/store.ts';
import { closeAlert } from './close-alert.ts';
import type { OperatorCommand } from './command.ts';

/** What came of a command. */
export interface Answer {
  /** Why nothing was done. */
  readonly error?: string;
  /** The alert or order whose steps are made because of it. */
  readonly cause?: string;
  readonly refused?: readonly Refused[];
  readonly alreadyDead?: readonly string[];
  /** Keys of the rotations that are made because of it, also of those that were under way. */
  readonly rotations?: readonly string[];
  readonly drills?: readonly DrillOrder[];
}

export interface Refused {
  readonly credential: string;
  readonly because: string;
}

/** What a command is executed on. */
export interface CommandContext {
  readonly store: Store;
  readonly response: ResponseContext;
  /** As configured. */
  readonly drills: readonly Drill[];
}

/**
 * Asks issuers what has to be asked before; what it returns asks nobody and belongs into one transaction. Steps, rotations and drills
 * are only ordered: whoever makes them finds them in the store.
 * @param givenAt when it was given, milliseconds since the epoch
 * @throws UsageError and CallError, also in what it returns, for what can't be had
 */
export async function prepareCommand(
  command: OperatorCommand,
  givenAt: number,
  context: CommandContext,
): Promise<() => Answer> {
  if (command.say === 'revoke') return prepareRevoke(command, context.response);
  return () => execute(command, givenAt, context);
}

function execute(
  command: Exclude<OperatorCommand, { say: 'revoke' }>,
  givenAt: number,
  { store, response, drills }: CommandContext,
): Answer {
  switch (command.say) {
    case 'halt':
      halt(command.by, response);
      return {};
    case 'resume':
      resume(command.by, response);
      return {};
    case 'approve':
      approve(command.alert, command.by, response);
      return { cause: command.alert };
    case 'decide':
      decideApproval(command.approval, command.decision, command.by, response);
      return { cause: command.approval.alert };
    case 'restore':
      return restoreAll(command.credentials, command.by, response);
    case 'rotate':
      return rotateAll(command.credentials, command.by, response);
    case 'drill':
      return { drills: orderDrills(command.kind, command.by, drills, store) };
    case 'close': {
      const { alert, verdict, because, by } = command;
      const closing = { alert: alert.id, verdict: verdictOfWord(verdict), because, by, at: givenAt };
      closeAlert(closing, store, response);
      return {};
    }
  }
}

async function prepareRevoke(
  { credentials: ids, final, by }: OperatorCommand & { say: 'revoke' },
  response: ResponseContext,
): Promise<() => Answer> {
  const steps = (final ? finalPlanFor : planFor)(ids, response.plan);
  const { wanted, refused, alreadyDead } = await assessOrder(steps, response);
  return () => ({
    cause: placeOrder(wanted, by, response),
    refused: [
      ...refused.map(({ step, because }) => ({ credential: step.credential.id, because })),
      ...unknown(ids, response),
    ],
    alreadyDead: alreadyDead.map(({ credential }) => credential.id),
  });
}

function restoreAll(ids: readonly string[], by: string, response: ResponseContext): Answer {
  const restorables = restorablesOf(ids, response);
  const refused = restorables
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ step, because }) => ({ credential: step.credential.id, because }));
  return { cause: orderRestore(restorables, by, response), refused: [...refused, ...unknown(ids, response)] };
}

function rotateAll(ids: readonly string[], by: string, response: ResponseContext): Answer {
  const { plan } = response;
  const credentials = [...new Set(ids)].flatMap((id) => plan.credentials.get(id) ?? []);
  const cause = `rotation-${randomUUID()}`;
  const rotations: string[] = [];
  const refused = unknown(ids, response);
  for (const each of credentials.map((credential) => planRotation(credential, response))) {
    if (each.blocked === undefined) rotations.push(orderRotation(each, cause, by, response));
    else refused.push({ credential: each.credential.id, because: each.blocked });
  }
  return { rotations, refused };
}

const unknown = (ids: readonly string[], { plan }: ResponseContext): Refused[] =>
  ids
    .filter((id) => !plan.credentials.has(id))
    .map((credential) => ({ credential, because: "the responder's registry does not have it" }));
