import { createHmac } from 'node:crypto';
import { CallError } from './errors.ts';
import { type HttpAnswer, isSuccess, isTransientStatus, request } from './http.ts';

/** https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same for every attempt, so that a receiver can drop repeats. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly data: unknown;
}

/** What Wayward tells: `at` in milliseconds since the epoch. */
export const cloudEvent = (
  type: string,
  { id, subject, at, data }: { id: string; subject: string; at: number; data: unknown },
): CloudEvent => ({
  specversion: '1.0',
  id,
  source: 'wayward',
  type,
  subject,
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json',
  data,
});

export interface WebhookReceiver {
  readonly url: string;
  /** The signing key; `whsec_` and base64, or any text of which the UTF-8 bytes are taken. */
  readonly secret: string;
}

/**
 * Posts an event, signed as https://www.standardwebhooks.com describes, so that its libraries verify it: HMAC-SHA-256
 * over `id.timestamp.body`. A receiver refuses old timestamps and ids that it has seen.
 * @throws CallError unless the answer is 2xx
 */
export async function deliver({ url, secret }: WebhookReceiver, event: CloudEvent): Promise<HttpAnswer> {
  const body = JSON.stringify(event);
  const timestamp = Math.floor(Date.now() / 1000).toString();
  const headers = {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-id': event.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${sign(secret, `${event.id}.${timestamp}.${body}`)}`,
  };
  const answer = await request({ service: 'webhook receiver', url, headers, body, secrets: [url, secret] });
  if (isSuccess(answer.status)) return answer;
  const redirect = answer.status >= 300 && answer.status < 400 ? ' (redirects are not followed)' : '';
  throw new CallError(`webhook receiver answered ${answer.status}${redirect}`, isTransientStatus(answer.status));
}

function sign(secret: string, text: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(text).digest('base64');
}
