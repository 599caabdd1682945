import { haltOf } from '../response/context.ts';
import { AUTOMATIC } from '../response/outbox.ts';
import { onSchedule } from '../schedule.ts';
import type { RotationConfig } from './config.ts';
import { causeOf, dueForRotation, remind } from './due.ts';
import type { RotationPlan } from './plan.ts';
import { isWell, makeRotations, orderRotation, type RotationContext, underWay } from './rotations.ts';

/** Who is told of what the service does. */
export interface RotationListener {
  readonly reminded: (due: readonly RotationPlan[]) => void;
  /** Something was due while a person had halted automatic response. */
  readonly paused: (due: readonly RotationPlan[], haltedBy: string) => void;
  /** What should not happen: a store that can't be written. */
  readonly onError: (error: unknown) => void;
}

/** How soon what was interrupted, or is to be tried again, goes on. */
const POLL_MS = 1_000;

/**
 * Goes on with rotations that have begun, whoever ordered them; reminds and rotates by the schedule, as the mode says. One at a time:
 * after one that does not get through, the others wait for the next look. Returns what ends it.
 */
export function startRotation(
  config: RotationConfig | undefined,
  context: RotationContext,
  listener: RotationListener,
): () => Promise<void> {
  let line = Promise.resolve();
  let ended = false;
  const next = (work: () => Promise<void>): Promise<void> => {
    line = line.then(() => (ended ? undefined : work())).catch(listener.onError);
    return line;
  };
  let busy = false;
  const poll = setInterval(async () => {
    if (busy) return;
    busy = true;
    await next(() => makeRotations(context));
    busy = false;
  }, POLL_MS);
  const { mode, schedule } = config ?? { mode: 'off', schedule: '' };
  const unschedule =
    config === undefined || mode === 'off'
      ? async () => undefined
      : onSchedule(schedule, () => next(() => look(config, context, listener)));
  return async () => {
    ended = true;
    clearInterval(poll);
    await unschedule();
    await line;
  };
}

/** Reminds, then rotates what is due. */
export async function look(
  config: RotationConfig,
  context: RotationContext,
  listener: Pick<RotationListener, 'reminded' | 'paused'>,
): Promise<void> {
  const { response } = context;
  const reminded = remind(config, response);
  if (reminded.length > 0) listener.reminded(reminded);
  if (config.mode !== 'auto') return;
  const due = dueForRotation(response);
  const halt = haltOf(response.state);
  if (due.length > 0 && halt !== undefined) return listener.paused(due, halt.by);
  for (const plan of due) {
    if (haltOf(response.state) !== undefined) return; // halted meanwhile
    orderRotation(plan, causeOf(plan), AUTOMATIC, response);
    const key = underWay(plan.credential.id, response.state);
    await makeRotations(context, key);
    const step = key === undefined ? undefined : response.outbox.step(key);
    if (step === undefined || !isWell(step)) return;
  }
}
