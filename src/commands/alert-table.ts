import type { Alert } from '../alerts/alert.ts';
import { SEVERITIES, severityRank } from '../detectors/finding.ts';
import { printable } from './table.ts';

const LEAST_REASON = 40;
const WIDTH = 120;

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

export const worstFirst = (alerts: readonly Alert[]): Alert[] =>
  alerts.toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity) || a.openedAt - b.openedAt);

/** Alerts for a person, the worst first: when, how severe, who, and the reason wrapped to the terminal's width. */
export function alertTable(alerts: readonly Alert[], columns = WIDTH): string {
  if (alerts.length === 0) return 'No alerts.\n';
  const sorted = worstFirst(alerts);
  const who = sorted.reduce((most, { principal }) => Math.min(48, Math.max(most, principal.length)), 9);
  const indent = 16 + 2 + 8 + 2 + who + 2;
  const width = Math.max(LEAST_REASON, columns - indent);
  const head = `${'OPENED (UTC)'.padEnd(18)}${'SEVERITY'.padEnd(10)}${'PRINCIPAL'.padEnd(who + 2)}REASON\n`;
  const rows = sorted.map((alert) => {
    const when = new Date(alert.openedAt).toISOString().slice(0, 16).replace('T', ' ');
    const [first = '', ...rest] = wrap(printable(alert.reason), width);
    const name = printable(alert.principal)
      .slice(0, who)
      .padEnd(who + 2);
    return [
      `${when}  ${alert.severity.padEnd(10)}${name}${first}`,
      ...rest.map((line) => ' '.repeat(indent) + line),
    ].join('\n');
  });
  return `${head}${rows.join('\n')}\n`;
}

/** `2 critical, 1 high`. */
export const bySeverity = (alerts: readonly Alert[]): string =>
  SEVERITIES.toReversed()
    .map((severity) => [alerts.filter((alert) => alert.severity === severity).length, severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => `${count} ${severity}`)
    .join(', ');
