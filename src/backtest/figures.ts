import type { Alert } from '../alerts/alert.ts';
import { ruleOf } from '../alerts/document.ts';
import type { VerdictValue } from '../alerts/verdict.ts';
import { SEVERITIES, type Severity } from '../detectors/finding.ts';

/** What was read. */
export interface History {
  /** Event times of the first and the last use, milliseconds since the epoch; undefined where there was none. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly days: number;
  readonly events: number;
  readonly principalDays: number;
}

/** Alerts of one detector (the one that weighs most in each), or about one agent. */
export interface Group {
  readonly name: string;
  readonly alerts: number;
  readonly perDay: number;
  readonly severities: Readonly<Record<Severity, number>>;
}

/** Alerts of medium or above that are likely no misuse. */
export interface FalseAlerts {
  readonly confirmed: number;
  readonly benign: number;
  /** On which nobody gave a verdict. */
  readonly unjudged: number;
  readonly estimated: number;
  /** Per 1,000 principal-days. */
  readonly rate: number;
}

/** What one set of detectors makes of a history. */
export interface Figures {
  readonly alerts: number;
  readonly perDay: number;
  readonly severities: Readonly<Record<Severity, number>>;
  readonly byDetector: readonly Group[];
  readonly byAgent: readonly Group[];
  readonly falseAlerts: FalseAlerts;
}

type VerdictOf = (alert: string) => VerdictValue | undefined;

export const figuresOf = (alerts: readonly Alert[], history: History, verdictOf: VerdictOf): Figures => ({
  alerts: alerts.length,
  perDay: perDay(alerts.length, history),
  severities: severitiesOf(alerts),
  byDetector: groupsOf(alerts, (alert) => ruleOf(alert)?.detector ?? '-', history),
  byAgent: groupsOf(alerts, ({ agent, principal }) => agent ?? principal, history),
  falseAlerts: falseAlertsOf(alerts, history, verdictOf),
});

/** Of those that nobody judged, as many are taken to be false as of those that somebody did; all of them where nobody did. */
function falseAlertsOf(alerts: readonly Alert[], { principalDays }: History, verdictOf: VerdictOf): FalseAlerts {
  const telling = alerts.filter(({ severity }) => severity !== 'low');
  const count = (wanted: VerdictValue | undefined) => telling.filter(({ id }) => verdictOf(id) === wanted).length;
  const [confirmed, benign, unjudged] = [count('confirmed'), count('benign'), count(undefined)];
  const share = (benign + 1) / (benign + confirmed + 1);
  const estimated = benign + unjudged * share;
  return {
    confirmed,
    benign,
    unjudged,
    estimated,
    rate: principalDays === 0 ? 0 : (estimated * 1_000) / principalDays,
  };
}

const perDay = (count: number, { days }: History): number => (days === 0 ? 0 : count / days);

function groupsOf(alerts: readonly Alert[], nameOf: (alert: Alert) => string, history: History): Group[] {
  return [...Map.groupBy(alerts, nameOf)]
    .map(([name, own]) => ({
      name,
      alerts: own.length,
      perDay: perDay(own.length, history),
      severities: severitiesOf(own),
    }))
    .sort((a, b) => b.alerts - a.alerts || (a.name < b.name ? -1 : 1));
}

const severitiesOf = (alerts: readonly Alert[]): Record<Severity, number> =>
  Object.fromEntries(
    SEVERITIES.map((severity) => [severity, alerts.filter((alert) => alert.severity === severity).length]),
  ) as Record<Severity, number>;
