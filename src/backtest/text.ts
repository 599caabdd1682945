import type { Alert } from '../alerts/alert.ts';
import type { Difference, Pair } from './difference.ts';
import type { Group } from './figures.ts';
import {
  alertLine,
  type BacktestReport,
  falseAlertsLine,
  historyLine,
  type SetReport,
  shortNumber,
  sideBySide,
} from './report.ts';

/** How a place shows headings, lists and rows: a terminal, or a page in Markdown. */
export interface Layout {
  heading(text: string): string;
  table(headings: readonly string[], rows: readonly (readonly string[])[]): string;
  /** A sentence of its own. */
  line(text: string): string;
}

/** Alerts shown of each list; all of them are in the JSON. */
const MOST_SHOWN = 50;

/** The report for people. */
export function reportText({ history, budget, set, against, difference }: BacktestReport, layout: Layout): string {
  const sets = [set, ...(against === undefined ? [] : [against])];
  return [
    layout.heading('Backtest'),
    layout.line(historyLine(history)),
    ...sets.map((one) => layout.line(`${one.name}: ${setLine(one)}; ${falseAlertsLine(one, budget)}.`)),
    ...(difference === undefined ? [] : [differenceText(difference, layout)]),
    layout.heading('Alerts a day by detector'),
    groups(set.figures.byDetector, against?.figures.byDetector, 'DETECTOR', layout),
    layout.heading('Alerts a day by agent'),
    groups(set.figures.byAgent, against?.figures.byAgent, 'AGENT', layout),
  ].join('');
}

const setLine = ({ figures: { alerts, perDay, severities } }: SetReport): string => {
  const parts = Object.entries(severities).flatMap(([severity, count]) => (count > 0 ? [`${count} ${severity}`] : []));
  const of = parts.length > 0 ? ` (${parts.toReversed().join(', ')})` : '';
  return `${alerts} ${alerts === 1 ? 'alert' : 'alerts'}${of}, ${shortNumber(perDay)} a day`;
};

function groups(
  now: readonly Group[],
  before: readonly Group[] | undefined,
  what: string,
  { table, line }: Layout,
): string {
  const rows = sideBySide(now, before).map((group) => [
    group.name,
    ...(before === undefined ? [] : [shortNumber(group.before?.perDay ?? 0)]),
    shortNumber(group.now?.perDay ?? 0),
    severities(group.now),
  ]);
  if (rows.length === 0) return line('No alerts.');
  return table([what, ...(before === undefined ? [] : ['BEFORE']), 'A DAY', 'ALERTS'], rows);
}

const severities = (group: Group | undefined): string =>
  Object.entries(group?.severities ?? {})
    .toReversed()
    .flatMap(([severity, count]) => (count > 0 ? [`${count} ${severity}`] : []))
    .join(', ') || 'none';

function differenceText({ gained, lost, severity, other }: Difference, layout: Layout): string {
  const counted = `${gained.length} gained, ${lost.length} lost, ${severity.length} of another severity, ${other.length} told otherwise`;
  return [
    layout.heading('Difference'),
    layout.line(`${counted}.`),
    list('Gained', gained, layout),
    list('Lost', lost, layout),
    pairs(severity, layout),
  ].join('');
}

const HEADINGS = ['OPENED (UTC)', 'SEVERITY', 'PRINCIPAL', 'ID', 'WHY'];

function list(title: string, alerts: readonly Alert[], layout: Layout): string {
  if (alerts.length === 0) return '';
  return layout.heading(title) + layout.table(HEADINGS, shown(alerts).map(alertLine)) + more(alerts, layout);
}

function pairs(changed: readonly Pair[], layout: Layout): string {
  if (changed.length === 0) return '';
  const rows = shown(changed).map(({ before, after }) => {
    const [when = '', , ...rest] = alertLine(after);
    return [when, `${before.severity} to ${after.severity}`, ...rest];
  });
  return layout.heading('Another severity') + layout.table(HEADINGS, rows) + more(changed, layout);
}

const shown = <Item>(items: readonly Item[]): readonly Item[] => items.slice(0, MOST_SHOWN);

const more = (items: readonly unknown[], { line }: Layout): string =>
  items.length > MOST_SHOWN ? line(`and ${items.length - MOST_SHOWN} more; --json has them all.`) : '';
