import type { OutboxStep } from './outbox.ts';

/** How an entry of the audit trail says which step it is about, beside the words for people. */
export const namesOf = ({ key, step, action, kind, origin }: OutboxStep) => ({
  key,
  ...(step === '' ? {} : { step }),
  did: kind === 'rotate' ? kind : action,
  origin,
});
