import type { ResponseContext } from './context.ts';
import { whyNever } from './guards.ts';
import type { WantedStep } from './next-step.ts';
import { AUTOMATIC, type OutboxStep } from './outbox.ts';

/** Times that a person is asked about one step, the first one included, unless the alert becomes more severe. */
const MOST_ASKED = 6;

/** Ended without a call and without a denial: not approved in time, or decided but not made in time or before a halt. */
export const isInVain = ({ action, state, decidedBy }: OutboxStep): boolean =>
  action === 'revoke' && state === 'expired' && (decidedBy === undefined || decidedBy === AUTOMATIC);

/** Notes when it is to be looked at whether misuse goes on. Part of the transaction that ends the step. */
export function lookAgainLater(step: OutboxStep, context: ResponseContext): void {
  if (isInVain(step) && step.origin === 'alert') context.outbox.lookAgain(step.key, againAt(step, context));
}

/**
 * The step, to be put before a person once more, where there is evidence that is later than what was known when it was last decided about.
 * None where it is too soon for that, where it was asked often enough, or where nothing may be done.
 */
export function askedAgain(wanted: WantedStep, context: ResponseContext): WantedStep[] {
  const { inVain, usedAt, step } = wanted;
  const { outbox, config, now } = context;
  if (inVain === undefined || inVain.asked >= MOST_ASKED || whyNever(step, config) !== undefined) return [];
  const knownUntil = inVain.knownUntil ?? inVain.eventAt ?? 0;
  if (usedAt <= knownUntil + config.escalate_after) return [];
  const at = againAt(inVain, context);
  if (now() < at) {
    outbox.lookAgain(inVain.key, at);
    return [];
  }
  const asked = inVain.asked + 1;
  const times = asked === 1 ? 'a person is asked' : `a person is asked again, ${asked} of at most ${MOST_ASKED} times`;
  const because = `${times}: ${inVain.note}, and misuse went on until ${new Date(usedAt).toISOString()}`;
  return [{ ...wanted, eventAt: usedAt, again: { asked, because } }];
}

/** At once the first time, then after 1, 3, 7, … times as long as an approval waits. Wall clock, milliseconds. */
const againAt = ({ asked, doneAt = 0 }: OutboxStep, { config }: ResponseContext): number =>
  doneAt + config.approval_timeout * Math.max(0, 2 ** (asked - 1) - 1);
