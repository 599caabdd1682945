import type { Alert } from '../alerts/alert.ts';
import { SEVERITIES } from '../detectors/finding.ts';
import type { ResponseContext } from './context.ts';
import { AUTOMATIC, stepKey } from './outbox.ts';
import type { ResponseState, Row } from './state.ts';
import { tell } from './tell.ts';

const TYPE = 'wayward.history';
const FIRST = 'response.first_start';
/** Before an alert's id, in `decided`: what was known of it while it was history. */
export const HISTORY = 'history ';
/** On Kafka the end of the history is not known: it is taken to be over after so long without an older alert, milliseconds. */
const QUIET = 60_000;

/** When Wayward began to work on an empty store. Times by the wall clock, milliseconds. */
interface FirstStart {
  readonly at: number;
  /** Whether the history has been read, as far as anybody here knows. */
  readonly isRead: boolean;
  /** When the last alert of it came. */
  readonly lastAt: number;
  /** Alerts of it that were summed so far. */
  readonly told: number;
}

const firstStart = (state: ResponseState): FirstStart | undefined => state.setting(FIRST) as FirstStart | undefined;

/** The first start: alerts from older records are history. */
export function beginWithHistory({ state, now }: ResponseContext, isRead: boolean): void {
  if (firstStart(state) !== undefined) return;
  state.setSetting(FIRST, { at: now(), isRead, lastAt: now(), told: 0 } satisfies FirstStart);
}

/** All that was there at the first start has been read. The worker says what it came to. */
export function historyIsRead({ state }: Pick<ResponseContext, 'state'>): void {
  const first = firstStart(state);
  if (first !== undefined && !first.isRead) state.setSetting(FIRST, { ...first, isRead: true, lastAt: 0 });
}

/** Whether all evidence of an alert is from before the first start, by more than response may act on. */
export const isHistory = ({ end }: Alert, { state, config }: Pick<ResponseContext, 'state' | 'config'>): boolean => {
  const first = firstStart(state);
  return first !== undefined && end < first.at - config.max_alert_age;
};

/** Another alert of it came, which will be summed. */
export function countHistory({ state, now }: ResponseContext): void {
  const first = firstStart(state);
  if (first?.isRead) state.setSetting(FIRST, { ...first, lastAt: now() });
}

/** Sums in one message what the history had, once it is read; undefined where there is nothing to say now. */
export function sumOfHistory(context: ResponseContext): string | undefined {
  const { state, now } = context;
  const first = firstStart(state);
  if (!first?.isRead || now() < first.lastAt + QUIET) return undefined;
  return state.transaction(() => {
    const counted = Number(
      state.first(`SELECT count(*) AS alerts FROM decided WHERE alert GLOB '${HISTORY}*' AND mode > 0`)?.alerts,
    );
    state.setSetting(FIRST, { ...first, lastAt: Number.MAX_SAFE_INTEGER, told: counted });
    return counted > first.told ? say(first, counted, context) : undefined;
  });
}

function say({ at, told }: FirstStart, counted: number, context: ResponseContext): string {
  const { state, config, audit, now } = context;
  const rows = state.all(
    `SELECT severity, count(*) AS alerts, min(opened_at) AS first, max(opened_at) AS last FROM alerts
     WHERE json_extract(document, '$.end') < ? GROUP BY severity ORDER BY severity DESC`,
    at - config.max_alert_age,
  );
  const text = textOf(rows, told);
  const alerts = Object.fromEntries(rows.map(({ severity, alerts }) => [severityOf(severity), Number(alerts)]));
  const key = stepKey(TYPE, String(at), String(counted));
  const about = { key, type: TYPE, cause: TYPE, origin: 'alert', subject: 'history', by: AUTOMATIC } as const;
  tell({ ...about, data: { started_at: new Date(at).toISOString(), alerts, text } }, context);
  audit.append({ type: 'history', by: AUTOMATIC, alerts, because: text }, now());
  return text;
}

function textOf(rows: readonly Row[], told: number): string {
  const times = rows.flatMap(({ first, last }) => [Number(first), Number(last)]);
  const counts = rows.map(({ severity, alerts }) => `${Number(alerts)} ${severityOf(severity)}`).join(', ');
  const span = `from ${iso(Math.min(...times))} to ${iso(Math.max(...times))}`;
  const more = told === 0 ? '' : ' by now, with what was read after the first message';
  return `What was read from before the first start has these alerts${more}: ${counts}, ${span}. Nobody was called for them, and nothing is done about them unless a person wants it: wayward alerts list shows them.`;
}

const severityOf = (rank: Row[string] | undefined): string => SEVERITIES[Number(rank)] ?? 'low';

const iso = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString() : 'unknown');
