import type { ResponseContext } from '../response/context.ts';
import { stepKey } from '../response/outbox.ts';
import type { CloudEvent } from '../webhook.ts';

/** Tells the webhook, where there is one, that a rotation fails: for good, or again and again. Part of the transaction that runs. */
export function tellOfFailure(key: string, response: ResponseContext): void {
  const step = response.outbox.step(key);
  if (step === undefined) return;
  const { cause, credential, agent, state, note, attempts } = step;
  const data = { what: 'failing', credential, agent, ended: state === 'failed', note, attempts };
  tell(cause, credential, stepKey(cause, credential, `notify-${attempts}`), data, response);
}

/** One notification of type `wayward.rotation`; the same id twice is one. */
export function tell(cause: string, subject: string, id: string, data: object, response: ResponseContext): void {
  const { config, outbox, now } = response;
  if (config.webhook === undefined) return;
  const event: CloudEvent = {
    specversion: '1.0',
    id,
    source: 'wayward',
    type: 'wayward.rotation',
    subject,
    time: new Date(now()).toISOString(),
    datacontenttype: 'application/json',
    data,
  };
  const about = { credential: '', agent: '', peerGroup: '', position: 0, eventAt: undefined, expiresAt: undefined };
  outbox.add(
    { ...about, key: id, cause, action: 'notify', detail: JSON.stringify(event), decidedBy: 'rotation' },
    now(),
  );
}
