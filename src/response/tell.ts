import { cloudEvent } from '../webhook.ts';
import type { ResponseContext } from './context.ts';
import type { Origin } from './earlier.ts';

/** What the webhook is to be told of something that is no alert. */
export interface News {
  /** Names it: the same key twice is one notification. */
  readonly key: string;
  readonly type: string;
  /** Of the alert or order that it comes of. */
  readonly cause: string;
  readonly origin: Origin;
  readonly subject: string;
  readonly data: object;
  /** Who decided what it comes of. */
  readonly by: string;
}

/** Tells the webhook, where there is one. Part of the transaction that runs. */
export function tell(news: News, { config, outbox, now }: ResponseContext): void {
  const { key, type, cause, origin, subject, data, by } = news;
  if (config.webhook === undefined) return;
  const about = { credential: '', agent: '', peerGroup: '', position: 0, eventAt: undefined, expiresAt: undefined };
  const detail = JSON.stringify(cloudEvent(type, { id: key, subject, at: now(), data }));
  outbox.add({ ...about, key, cause, origin, action: 'notify', kind: 'notice', detail, decidedBy: by }, now());
}
