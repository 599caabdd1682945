import type { Alert } from '../alerts/alert.ts';
import { type Severity, severityRank } from '../detectors/finding.ts';
import type { Row, Store } from './store.ts';

/** What a person decided about an alert: `true` = a real incident. */
export type Verdict = 'benign' | 'true';

export interface Closing {
  /** Grows by one with each closing: where a reader goes on. */
  readonly seq: number;
  readonly alert: string;
  readonly verdict: Verdict;
  readonly because: string;
  readonly by: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number;
}

export interface AlertFilter {
  readonly status?: 'open' | 'closed';
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
    alert.status,
    severityRank(alert.severity),
    alert.agent ?? null,
    alert.openedAt,
    JSON.stringify(alert),
  );
}

export function loadAlert(store: Store, id: string): Alert | undefined {
  const row = store.first('SELECT document FROM alerts WHERE id = ?', id);
  return row === undefined ? undefined : documentOf(row);
}

/** In the order in which they opened. A closing by a person closes an alert at once, whatever its document says. */
export function listAlerts(store: Store, filter: AlertFilter = {}): Alert[] {
  return store
    .all(
      `SELECT document FROM alerts
       WHERE severity >= ?1 AND (?2 IS NULL OR agent = ?2) AND opened_at >= ?3 AND opened_at < ?4
         AND (?5 IS NULL OR ?5 = iif(status = 'closed' OR id IN (SELECT alert FROM closings), 'closed', 'open'))
       ORDER BY opened_at, id`,
      filter.severity === undefined ? 0 : severityRank(filter.severity),
      filter.agent ?? null,
      filter.since ?? Number.MIN_SAFE_INTEGER,
      filter.until ?? Number.MAX_SAFE_INTEGER,
      filter.status ?? null,
    )
    .map(documentOf);
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

/** The last word on an alert. */
export function closingOfAlert(store: Store, alert: string): Closing | undefined {
  const row = store.first('SELECT * FROM closings WHERE alert = ? ORDER BY seq DESC LIMIT 1', alert);
  return row === undefined ? undefined : closingOf(row);
}

const documentOf = (row: Row): Alert => JSON.parse(String(row.document));

const closingOf = (row: Row): Closing => ({
  seq: Number(row.seq),
  alert: String(row.alert),
  verdict: row.verdict === 'benign' ? 'benign' : 'true',
  because: String(row.because),
  by: String(row.by),
  at: Number(row.at),
});
