import { cloudEvent } from '../webhook.ts';
import type { ResponseContext } from './context.ts';
import { SURE } from './guards.ts';
import { type OpenBreaker, openBreaker } from './limits.ts';
import { AUTOMATIC, type OutboxStep, stepKey } from './outbox.ts';

const TYPE = 'wayward.breaker';

/** Puts the one page about a breaker that has just opened because of this alert before everything that waits for the webhook. */
export function pageBreaker(alert: string, breaker: OpenBreaker, { outbox, now }: ResponseContext): void {
  const { at, because, sparesGrave = false } = breaker;
  const key = stepKey(TYPE, String(at), sparesGrave ? 'notify' : 'notify of all');
  const data = { because, opened_at: new Date(at).toISOString(), spares_critical: sparesGrave };
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
  const page = data as { because: string; opened_at: string; spares_critical?: boolean };
  const { because, opened_at, spares_critical = false } = page; // an earlier version's spared nothing
  const waiting = context.outbox.waitingNow(context.now());
  return { ...page, waiting, text: textOf(because, opened_at, spares_critical, waiting) };
}

/** What a person must know while the breaker is open; undefined while it is not. */
export function breakerText({ state, outbox, now }: ResponseContext): string | undefined {
  const open = openBreaker(state);
  if (open === undefined) return undefined;
  const { because, at, sparesGrave = false } = open;
  return textOf(because, new Date(at).toISOString(), sparesGrave, outbox.waitingNow(now()));
}

const textOf = (
  because: string,
  since: string,
  sparesGrave: boolean,
  waiting: { readonly alerts: number; readonly credentials: number },
) =>
  [
    `The breaker opened at ${since}: ${because}.`,
    sparesGrave
      ? `Until a person closes it, only a critical alert with an attribution of ${SURE} or more still revokes automatically.`
      : 'Nothing more is revoked automatically until a person closes it.',
    `Waiting for approval: ${waiting.alerts} alerts, ${waiting.credentials} credentials.`,
    'wayward approve lists them, wayward approve ALERT does one, wayward revoke --agent NAME --execute all of one agent;',
    'what nobody approves in time is not done, and asked again while misuse goes on. wayward halt --off closes the breaker and lets the limits count anew.',
  ].join('\n');
