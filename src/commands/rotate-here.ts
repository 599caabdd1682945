import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { RotationPlan } from '../rotation/plan.ts';
import { isWell, makeRotations, orderRotation } from '../rotation/rotations.ts';
import type { CommandIo } from './io.ts';
import { printable } from './table.ts';

/** What came of an order to rotate. */
export interface RotationOrder {
  readonly refused: readonly { readonly credential: string; readonly because: string }[];
  /** The rotations, as they ended or as far as they came. */
  readonly steps: readonly OutboxStep[];
}

const POLL_MS = 100;
/** Then it goes on in `wayward run`, or at the next call. */
const PATIENCE_MS = 60_000;

/** Rotates one after another, in this process or in a `wayward run` beside it. */
export async function rotateHere(
  plans: readonly RotationPlan[],
  by: string,
  response: ResponseContext,
  io: CommandIo,
): Promise<RotationOrder> {
  const cause = `rotation-${randomUUID()}`;
  const refused: RotationOrder['refused'][number][] = [];
  const steps: OutboxStep[] = [];
  for (const plan of plans) {
    if (plan.blocked !== undefined) {
      refused.push({ credential: plan.credential.id, because: plan.blocked });
      continue;
    }
    const step = await carriedOut(orderRotation(plan, cause, by, response), response, io);
    if (step !== undefined) steps.push(step);
  }
  return { refused, steps };
}

/** Waits for its end, whoever makes it; or until it only has to wait, maybe for hours. */
async function carriedOut(key: string, response: ResponseContext, io: CommandIo): Promise<OutboxStep | undefined> {
  const onStep = (step: OutboxStep) => io.stderr.write(`${rotationText(step)}\n`);
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    await makeRotations({ response, onStep }, key);
    const step = response.outbox.step(key);
    if (step === undefined || isOver(step) || io.signal.aborted || Date.now() > end) return step;
  }
}

/** Whether nobody need watch it any longer. */
export const isOver = (step: OutboxStep): boolean => step.doneAt !== undefined || isWell(step);

export const rotationText = ({ credential, state, note }: OutboxStep): string =>
  printable(`${credential}: ${state}${note === undefined ? '' : `: ${note}`}`);
