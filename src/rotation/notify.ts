import type { ResponseContext } from '../response/context.ts';
import { stepKey } from '../response/outbox.ts';
import { tell } from '../response/tell.ts';

/** Tells the webhook, where there is one, that a rotation fails: once for good, once if again and again. Part of the transaction that runs. */
export function tellOfFailure(key: string, response: ResponseContext): void {
  const step = response.outbox.step(key);
  if (step === undefined) return;
  const { cause, credential, agent, state, note, attempts } = step;
  const ended = state === 'failed';
  const data = { what: 'failing', credential, agent, ended, note, attempts };
  tellOfRotation(
    cause,
    credential,
    stepKey(cause, credential, `notify-${ended ? 'failed' : 'failing'}`),
    data,
    response,
  );
}

/** One notification of type `wayward.rotation`; the same key twice is one. */
export function tellOfRotation(
  cause: string,
  subject: string,
  key: string,
  data: object,
  response: ResponseContext,
): void {
  tell({ key, type: 'wayward.rotation', cause, origin: 'rotation', subject, data, by: 'rotation' }, response);
}
