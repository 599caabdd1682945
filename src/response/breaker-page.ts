import { cloudEvent } from '../webhook.ts';
import type { ResponseContext } from './context.ts';
import { type OpenBreaker, openBreaker } from './limits.ts';
import { AUTOMATIC, type OutboxStep, stepKey } from './outbox.ts';

const TYPE = 'wayward.breaker';

/** Puts the one page about a breaker that has just opened because of this alert before everything that waits for the webhook. */
export function pageBreaker(alert: string, { at, because }: OpenBreaker, { outbox, now }: ResponseContext): void {
  const key = stepKey(TYPE, String(at), 'notify');
  const data = { because, opened_at: new Date(at).toISOString() };
  const times = { eventAt: undefined, expiresAt: undefined };
  const about = {
    kind: 'page',
    origin: 'alert',
    credential: '',
    agent: '',
    peerGroup: '',
    position: 0,
    ...times,
  } as const;
  const detail = JSON.stringify(cloudEvent(TYPE, { id: key, subject: alert, at, data }));
  outbox.add({ key, cause: alert, action: 'notify', ...about, detail, decidedBy: AUTOMATIC }, now());
}

export const isPage = ({ kind }: OutboxStep): boolean => kind === 'page';

/** Of a page as it goes out, the data: it says how much waits by now. */
export function pageData(data: unknown, context: ResponseContext): object {
  const { because, opened_at } = data as { because: string; opened_at: string };
  const waiting = context.outbox.waitingNow(context.now());
  return { because, opened_at, waiting, text: textOf(because, opened_at, waiting) };
}

/** What a person must know while the breaker is open; undefined while it is not. */
export function breakerText({ state, outbox, now }: ResponseContext): string | undefined {
  const open = openBreaker(state);
  return open && textOf(open.because, new Date(open.at).toISOString(), outbox.waitingNow(now()));
}

const textOf = (because: string, since: string, waiting: { readonly alerts: number; readonly credentials: number }) =>
  [
    `The breaker opened at ${since}: ${because}.`,
    'Nothing more is revoked automatically until a person closes it.',
    `Waiting for approval: ${waiting.alerts} alerts, ${waiting.credentials} credentials.`,
    'wayward approve lists them, wayward approve ALERT does one, wayward revoke --agent NAME --execute all of one agent;',
    'what nobody approves in time is not done. wayward halt --off closes the breaker and lets the limits count anew.',
  ].join('\n');
