import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';
import { withUrl } from '../alerts/links.ts';
import type { Difference, Pair } from './difference.ts';
import type { Figures, Group, History } from './figures.ts';

/** One set of detectors: how it was named, and what it makes of the history. */
export interface SetReport {
  readonly name: string;
  readonly figures: Figures;
}

export interface BacktestReport {
  readonly history: History;
  /** Accepted false alerts of medium or above, per 1,000 principal-days. */
  readonly budget: number;
  readonly set: SetReport;
  /** What it is compared with. */
  readonly against?: SetReport;
  readonly difference?: Difference;
  /** Where people look at alerts, if anywhere. */
  readonly console?: string | undefined;
}

const iso = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** The report as JSON: alerts are whole documents, as `scan` writes them. */
export const reportDocument = ({
  history,
  budget,
  set,
  against,
  difference,
  console,
}: BacktestReport): Record<string, unknown> => ({
  history: {
    from: iso(history.from),
    to: iso(history.to),
    days: rounded(history.days),
    events: history.events,
    principal_days: history.principalDays,
  },
  budget,
  set: setDocument(set, budget),
  ...(against && { against: setDocument(against, budget) }),
  ...(difference && {
    difference: {
      gained: difference.gained.map((alert) => whole(alert, console)),
      lost: difference.lost.map((alert) => whole(alert, console)),
      severity: difference.severity.map((pair) => pairDocument(pair, console)),
      other: difference.other.map((pair) => pairDocument(pair, console)),
    },
  }),
});

const whole = (alert: Alert, console: string | undefined) => withUrl(alertDocument(alert), alert, console);
const pairDocument = ({ before, after }: Pair, console: string | undefined) => ({
  before: whole(before, console),
  after: whole(after, console),
});

const setDocument = ({ name, figures }: SetReport, budget: number) => {
  const { confirmed, benign, unjudged, estimated, rate } = figures.falseAlerts;
  return {
    detectors: name,
    alerts: figures.alerts,
    per_day: rounded(figures.perDay),
    severities: figures.severities,
    false_alerts: {
      confirmed,
      benign,
      unjudged,
      estimated: rounded(estimated),
      per_1000_principal_days: rounded(rate),
      within_budget: rate <= budget,
    },
    by_detector: figures.byDetector.map(groupDocument),
    by_agent: figures.byAgent.map(groupDocument),
  };
};

const groupDocument = ({ name, alerts, perDay, severities }: Group) => ({
  name,
  alerts,
  per_day: rounded(perDay),
  severities,
});

/** One line on an alert. */
export const alertLine = ({ openedAt, severity, principal, reason, id }: Alert): string[] => [
  new Date(openedAt).toISOString().slice(0, 16).replace('T', ' '),
  severity,
  principal,
  id.slice(0, 12),
  reason,
];

/** `0.4`, `12`: enough to compare. */
export const shortNumber = (value: number): string =>
  value === 0 ? '0' : value < 10 ? value.toFixed(value < 1 ? 2 : 1) : Math.round(value).toLocaleString('en-US');

/** Names of both sets' groups, those with most alerts first, each with its figures in both. */
export const sideBySide = (
  now: readonly Group[],
  before: readonly Group[] | undefined,
): readonly { readonly name: string; readonly now: Group | undefined; readonly before: Group | undefined }[] => {
  const names = [...new Set([...now, ...(before ?? [])].map(({ name }) => name))];
  const find = (groups: readonly Group[] | undefined, name: string) => groups?.find((group) => group.name === name);
  return names.map((name) => ({ name, now: find(now, name), before: find(before, name) }));
};

/** What was read, in a sentence. */
export const historyLine = ({ from, to, days, events, principalDays }: History): string =>
  from === undefined || to === undefined
    ? 'No use of any credential was read.'
    : `${shortNumber(days)} days, ${day(from)} to ${day(to)}: ${count(events)} events, ${count(principalDays)} principal-days.`;

/** What is estimated of one set, in a sentence. */
export const falseAlertsLine = ({ figures: { falseAlerts } }: SetReport, budget: number): string => {
  const { confirmed, benign, unjudged, rate } = falseAlerts;
  const verdicts = `${confirmed} confirmed, ${benign} benign, ${unjudged} that nobody judged`;
  const how = rate <= budget ? 'within' : 'beyond';
  return `about ${shortNumber(rate)} false alerts of medium or above per 1,000 principal-days (${verdicts}), ${how} the budget of ${shortNumber(budget)}`;
};

const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
const count = (value: number): string => value.toLocaleString('en-US');
