import type { Alert } from '../alerts/alert.ts';
import { loadedAlert, statusOf, storedAlert } from '../alerts/stored.ts';
import { judged, type Verdict, type VerdictValue, verdictOfWord } from '../alerts/verdict.ts';
import { type Severity, severityRank } from '../detectors/finding.ts';
import type { Row, Store } from './store.ts';

/** A person's verdict on an alert, as it was recorded. */
export interface Closing {
  /** Grows by one with each closing: where a reader goes on. */
  readonly seq: number;
  readonly alert: string;
  readonly verdict: VerdictValue;
  readonly because: string;
  readonly by: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
}

export interface AlertFilter {
  readonly state?: Alert['state'];
  readonly verdict?: VerdictValue | 'new';
  /** At least this. */
  readonly severity?: Severity;
  readonly agent?: string;
  /** Opened at or after, and before: event times, milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
}

/** Keeps each alert's newest form. An older revision never replaces a newer one, so a replay is harmless. */
export function saveAlert(store: Store, alert: Alert): void {
  store.run(
    `INSERT INTO alerts (id, revision, status, severity, agent, opened_at, document) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, status = excluded.status,
       severity = excluded.severity, document = excluded.document
     WHERE excluded.revision >= revision`,
    alert.id,
    alert.revision,
    statusOf(alert),
    severityRank(alert.severity),
    alert.agent ?? null,
    alert.openedAt,
    JSON.stringify(storedAlert(alert)),
  );
}

/** As it was saved, without a verdict that came after. */
export function loadAlert(store: Store, id: string): Alert | undefined {
  const row = store.first('SELECT document FROM alerts WHERE id = ?', id);
  return row === undefined ? undefined : documentOf(row);
}

/** With the last verdict on it, also where nothing runs that would have taken it in. */
export function withVerdict(alert: Alert, closing: Closing | undefined): Alert {
  return closing === undefined ? alert : judged(alert, verdictIn(closing));
}

export const verdictIn = ({ verdict: value, by, at, because }: Closing): Verdict => ({ value, by, at, because });

/** In the order in which they opened, each with the last verdict on it. */
export function listAlerts(store: Store, filter: AlertFilter = {}): Alert[] {
  return store
    .all(`SELECT document, closings.* ${CHOSEN} ORDER BY opened_at, id`, ...valuesOf(filter))
    .map((row) => withVerdict(documentOf(row), row.seq === null ? undefined : closingOf(row)));
}

export const countAlerts = (store: Store, filter: AlertFilter): number =>
  Number(store.first(`SELECT count(*) AS count ${CHOSEN}`, ...valuesOf(filter))?.count);

/** A verdict ends an incident at once, also where the alert's document does not say so yet. */
const CHOSEN = `
  FROM alerts LEFT JOIN closings ON seq = (SELECT max(seq) FROM closings WHERE alert = alerts.id)
  WHERE severity >= ?1 AND (?2 IS NULL OR agent = ?2) AND opened_at >= ?3 AND opened_at < ?4
    AND (?5 IS NULL OR ?5 = iif(status = 'closed' OR seq IS NOT NULL, 'over', 'running'))
    AND (?6 IS NULL OR ?6 = CASE verdict WHEN 'benign' THEN 'benign' ELSE iif(seq IS NULL, 'new', 'confirmed') END)`;

const valuesOf = ({ severity, agent, since, until, state, verdict }: AlertFilter) => [
  severity === undefined ? 0 : severityRank(severity),
  agent ?? null,
  since ?? Number.MIN_SAFE_INTEGER,
  until ?? Number.MAX_SAFE_INTEGER,
  state ?? null,
  verdict ?? null,
];

/** Those whose last verdict is not in their saved form yet: an earlier version kept none there. */
export function alertsToJudge(store: Store): { readonly alert: Alert; readonly closing: Closing }[] {
  return store
    .all(
      `SELECT document, closings.* FROM closings JOIN alerts ON alerts.id = closings.alert
       WHERE seq IN (SELECT max(seq) FROM closings GROUP BY alert) ORDER BY seq`,
    )
    .map((row) => ({ alert: documentOf(row), closing: closingOf(row) }))
    .filter(({ alert, closing }) => withVerdict(alert, closing) !== alert);
}

/** The ids that begin so, two at most: enough to know whether a short form is unique. */
export function alertIdsLike(store: Store, prefix: string): string[] {
  const end = `${prefix}\u{10ffff}`;
  return store.all('SELECT id FROM alerts WHERE id >= ? AND id < ? LIMIT 2', prefix, end).map((row) => String(row.id));
}

export function saveClosing(store: Store, closing: Omit<Closing, 'seq'>): void {
  const { alert, verdict, because, by, at } = closing;
  store.run(
    'INSERT INTO closings (alert, verdict, because, by, at) VALUES (?, ?, ?, ?, ?)',
    alert,
    verdict,
    because,
    by,
    at,
  );
}

/** Closings that came after the one with this `seq` (0 = all), oldest first: the pipeline reads them as control records. */
export function closingsAfter(store: Store, seq: number): Closing[] {
  return store.all('SELECT * FROM closings WHERE seq > ? ORDER BY seq', seq).map(closingOf);
}

/** The last verdict on an alert, of all or of those before a `seq`. */
export function closingOfAlert(store: Store, alert: string, before = Number.MAX_SAFE_INTEGER): Closing | undefined {
  const row = store.first(
    'SELECT * FROM closings WHERE alert = ? AND seq < ? ORDER BY seq DESC LIMIT 1',
    alert,
    before,
  );
  return row === undefined ? undefined : closingOf(row);
}

const documentOf = (row: Row): Alert => loadedAlert(JSON.parse(String(row.document)));

const closingOf = (row: Row): Closing => ({
  seq: Number(row.seq),
  alert: String(row.alert),
  verdict: verdictOfWord(row.verdict === 'benign' ? 'benign' : 'true'), // earlier versions wrote true for confirmed
  because: String(row.because),
  by: String(row.by),
  at: Number(row.at),
});
