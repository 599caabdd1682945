import { haltOf, type ResponseContext } from './context.ts';
import { AUTOMATIC, type OutboxStep, stepKey } from './outbox.ts';
import { tell } from './tell.ts';

const TYPE = 'wayward.revocation';

/** Whether so many attempts were made in vain; those that only waited do not count as such. The step as it was after the attempt before this one. */
export const isStuck = ({ attempts, note, waits }: OutboxStep, most: number): boolean =>
  attempts >= most && note !== undefined && !waits;

/**
 * Tells a person that a revocation or restore that was decided did not come through. Not of drills, which have a report of their own; nor of what a
 * person ended by a halt. Part of the transaction that runs.
 */
export function tellOfEnd(step: OutboxStep, context: ResponseContext): void {
  const { key, action, origin, state, doneAt, decidedAt, note = '' } = step;
  if ((action !== 'revoke' && action !== 'restore') || origin === 'drill' || decidedAt === undefined) return;
  const isGivenUp = state === 'expired' && action === 'revoke' && haltOf(context.state) === undefined;
  if (state !== 'failed' && !isGivenUp) return;
  const text = `${step.credential} is NOT ${doneWord(step)}: ${note}. Nothing more is tried: ${byHand(step)}`;
  tellOf(step, stepKey(TYPE, key, state, doneAt ?? 0), note, text, context);
}

/**
 * Tells a person, once, that a step that is half made fails again and again: it is never given up. Anew where the webhook itself could not be
 * reached. Part of the transaction that runs.
 */
export function tellOfStuck(step: OutboxStep, note: string, context: ResponseContext): void {
  const text = `${step.credential} is not ${doneWord(step)} yet: ${note}. It is half made, and is tried again without end until it comes through.`;
  tellOf(step, stepKey(TYPE, step.key, 'failing', step.decidedAt ?? 0), note, text, context);
}

const doneWord = ({ action }: OutboxStep): string => (action === 'restore' ? 'restored' : 'revoked');

const byHand = ({ action, credential }: OutboxStep): string =>
  `wayward ${action} --credential ${credential} --execute does it by hand.`;

function tellOf(step: OutboxStep, key: string, note: string, text: string, context: ResponseContext): void {
  const { cause, origin, credential, agent, detail, attempts, doneAt, decidedBy = AUTOMATIC } = step;
  const ended = doneAt !== undefined;
  const data = { what: 'failing', credential, agent, would: detail, by: decidedBy, ended, note, attempts, text };
  tell({ key, type: TYPE, cause, origin, subject: credential, data, by: decidedBy }, context);
}
