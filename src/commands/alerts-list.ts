import { type Command, Option } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';
import { withUrl } from '../alerts/links.ts';
import type { Status } from '../alerts/stored.ts';
import { VERDICTS } from '../alerts/verdict.ts';
import { SEVERITIES, type Severity, severityRank } from '../detectors/finding.ts';
import type { Store } from '../sinks/store.ts';
import { type AlertFilter, countAlerts, listAlerts } from '../sinks/store-alerts.ts';
import { type CommandIo, warn, write } from './io.ts';
import { configOption, jsonOption, sinceOption, untilOption, withExample } from './options.ts';
import { type ResponseOptions, withResponse } from './response.ts';
import { table } from './table.ts';

/** Enough of an id to type and still be unique. */
const SHORT_ID = 12;
const MOST_PRINCIPAL = 48;

interface ListOptions extends ResponseOptions {
  readonly all?: boolean;
  readonly verdict?: (typeof VERDICTS)[number];
  readonly state?: Alert['state'];
  readonly status?: Status;
  readonly severity?: Severity;
  readonly agent?: string;
  readonly since?: number;
  readonly until?: number;
}

export function addAlertsList(alerts: Command, io: CommandIo): void {
  const list = alerts
    .command('list')
    .summary('The alerts that need a look, the worst first')
    .description(
      'Lists the alerts on which nobody has given a verdict yet, the worst first, and of those the newest, whether their incident still\n' +
        'runs or is over: a table on a terminal, else one ECS document a line.',
    )
    .addOption(new Option('--all', 'also those that have a verdict').conflicts(['verdict', 'status']))
    .addOption(new Option('--verdict <verdict>', 'only these').choices(VERDICTS).conflicts('status'))
    .addOption(
      new Option('--state <state>', 'only of these incidents').choices(['running', 'over']).conflicts('status'),
    )
    .addOption(new Option('--severity <severity>', 'this one or worse').choices(SEVERITIES))
    .option('--agent <name>', 'only of this agent')
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(new Option('--status <status>').choices(['open', 'closed']).hideHelp())
    .addOption(configOption())
    .addOption(jsonOption())
    .action((options: ListOptions) =>
      withResponse(options, io, ({ store, console }) => printList(store, console, options, io)),
    );
  withExample(list, 'wayward alerts list --severity high', 'wayward alerts list --all --since 7d --json');
}

async function printList(
  store: Store,
  console: string | undefined,
  options: ListOptions,
  io: CommandIo,
): Promise<void> {
  const { status } = options;
  if (status !== undefined) {
    const instead = status === 'open' ? '--state running' : '--all --state over';
    warn(io, `--status goes away with the next minor version: write ${instead}, or nothing for what needs a look`);
  }
  const filter = filterOf(options);
  const found = listAlerts(store, filter);
  const alerts = status === undefined ? found.toSorted(worstAndNewestFirst) : found; // the oldest first, as it was
  if (options.json === true || io.stdout.isTTY !== true) {
    for (const alert of alerts)
      await write(io.stdout, `${JSON.stringify(withUrl(alertDocument(alert), alert, console))}\n`);
    return;
  }
  const hidden = filter.verdict === 'new' ? countAlerts(store, filterOf({ ...options, all: true })) - alerts.length : 0;
  const rows = alerts.map(rowOf);
  await write(io.stdout, rows.length > 0 ? table(HEADINGS, rows) : hidden > 0 ? '' : 'No alerts.\n');
  if (hidden > 0) await write(io.stdout, hiddenText(rows.length, hidden));
}

/** What an earlier version called open has neither come to its end nor a verdict, and that is what still runs. */
function filterOf({ all, status, ...options }: ListOptions): AlertFilter {
  if (status !== undefined) return { ...options, state: status === 'open' ? 'running' : 'over' };
  return all === true || options.verdict !== undefined ? options : { ...options, verdict: 'new' };
}

const worstAndNewestFirst = (a: Alert, b: Alert): number =>
  severityRank(b.severity) - severityRank(a.severity) || b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1);

const HEADINGS = ['OPENED (UTC)', 'SEVERITY', 'PRINCIPAL', 'INCIDENT', 'VERDICT', 'ID', 'WHY'];

const rowOf = (alert: Alert): string[] => [
  new Date(alert.openedAt).toISOString().slice(0, 16).replace('T', ' '),
  alert.severity,
  alert.principal.slice(0, MOST_PRINCIPAL),
  alert.state,
  alert.verdict?.value ?? 'new',
  alert.id.slice(0, SHORT_ID),
  alert.reason,
];

const hiddenText = (shown: number, hidden: number): string => {
  const others =
    hidden === 1 ? '1 alert has a verdict; --all shows it' : `${hidden} alerts have a verdict; --all shows them`;
  return `${shown === 0 ? 'Nothing needs a look. ' : ''}${others}, too.\n`;
};
