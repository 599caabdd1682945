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

const PREFIX = 'whsec_';

function sign(secret: string, text: string): string {
  const isBase64 = secret.startsWith(PREFIX);
  const key = isBase64 ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  return createHmac('sha256', key).update(text).digest('base64');
}

/** Base64 of the 24 to 64 bytes that a signing key of Standard Webhooks has; text in hex only looks like it. */
const LIKE_BASE64 = /^(?![\da-f]+$)(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/-]{32,86}={0,2}$/;
const BASE64 = /^[\w+/-]+={0,2}$/;

/** What is doubtful about a signing key: a receiver that takes it for another one refuses every signature. */
export function doubtAboutKey(secret: string): string | undefined {
  if (!secret.startsWith(PREFIX))
    return LIKE_BASE64.test(secret)
      ? 'looks like base64 and signs as the text that it is; write whsec_ before it where the receiver decodes it'
      : undefined;
  return BASE64.test(secret.slice(PREFIX.length))
    ? undefined
    : 'begins with whsec_, and no base64 follows; write whsec_ and base64, or a text without whsec_';
}
