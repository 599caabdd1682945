import { type Command, Option } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';
import { SEVERITIES, type Severity } from '../detectors/finding.ts';
import { UsageError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Store } from '../sinks/store.ts';
import { closingOfAlert, listAlerts, loadAlert, type Verdict } from '../sinks/store-alerts.ts';
import { alertIdOf } from './alert-id.ts';
import { alertText } from './alert-text.ts';
import type { Desk } from './desk.ts';
import { type CommandIo, write } from './io.ts';
import {
  configOption,
  credentialsOption,
  jsonOption,
  type SetupOptions,
  sinceOption,
  untilOption,
  withExample,
} from './options.ts';
import { type ResponseOptions, stepDocument, whoDecides, withResponse } from './response.ts';
import { table } from './table.ts';

/** Enough of an id to type and still be unique. */
const SHORT_ID = 12;

interface ListOptions extends ResponseOptions {
  readonly status?: 'open' | 'closed';
  readonly severity?: Severity;
  readonly agent?: string;
  readonly since?: number;
  readonly until?: number;
}

interface CloseOptions extends SetupOptions {
  readonly as: Verdict;
  readonly because: string;
  readonly by?: string;
}

export function addAlerts(program: Command, io: CommandIo): void {
  const alerts = program
    .command('alerts')
    .summary('The alerts in the local store')
    .description('Looks at the alerts in the local store, and closes them.');
  addList(alerts, io);
  addShow(alerts, io);
  addClose(alerts, io);
}

function addList(alerts: Command, io: CommandIo): void {
  const list = alerts
    .command('list')
    .summary('Every alert, oldest first')
    .description(
      'Lists the alerts in the local store, oldest first: a table on a terminal, else one ECS document a line.',
    )
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'closed']))
    .addOption(new Option('--severity <severity>', 'this one or worse').choices(SEVERITIES))
    .option('--agent <name>', 'only of this agent')
    .addOption(sinceOption())
    .addOption(untilOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action((options: ListOptions) => withResponse(options, io, ({ store }) => printList(store, options, io)));
  withExample(list, 'wayward alerts list --status open --severity high', 'wayward alerts list --since 7d --json');
}

function addShow(alerts: Command, io: CommandIo): void {
  const show = alerts
    .command('show <id>')
    .summary('One alert, with what was found and what was done')
    .description(
      'Shows one alert (its id, or the first characters of it): its findings, and what response did about it.',
    )
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .action((id: string, options: ResponseOptions) =>
      withResponse(options, io, ({ store, response }) => printOne(loadOne(id, store), store, response, options, io)),
    );
  withExample(show, 'wayward alerts show 5f2a91');
}

function addClose(alerts: Command, io: CommandIo): void {
  const close = alerts
    .command('close <id>')
    .summary('Says what an alert was, so that the baseline can learn from it')
    .description(
      'Closes an alert. What is closed as benign becomes part of the baseline; revocations that wait because of it are dropped.',
    )
    .addOption(
      new Option('--as <verdict>', 'benign, or true for a real incident')
        .choices(['benign', 'true'])
        .makeOptionMandatory(),
    )
    .requiredOption('--because <text>', 'why, for those who come after you')
    .option('--by <name>', 'who decides, for the record (default: this user)')
    .addOption(configOption())
    .action((id: string, options: CloseOptions) =>
      withResponse(options, io, ({ store, desk }) => closeOne(loadOne(id, store), desk, options, io)),
    );
  withExample(close, 'wayward alerts close 5f2a91 --as benign --because "new release"');
}

function loadOne(written: string, store: Store): Alert {
  const alert = loadAlert(store, alertIdOf(written, store));
  if (alert === undefined) throw new UsageError(`no alert "${written}"; wayward alerts list shows all`);
  return alert;
}

async function printList(store: Store, options: ListOptions, io: CommandIo): Promise<void> {
  const alerts = listAlerts(store, options);
  if (options.json === true || io.stdout.isTTY !== true) {
    for (const alert of alerts) await write(io.stdout, `${JSON.stringify(alertDocument(alert))}\n`);
    return;
  }
  const rows = alerts.map((alert) => [
    new Date(alert.openedAt).toISOString().slice(0, 16).replace('T', ' '),
    alert.severity,
    closingOfAlert(store, alert.id)?.verdict ?? alert.status,
    alert.id.slice(0, SHORT_ID),
    alert.reason,
  ]);
  await write(
    io.stdout,
    rows.length === 0 ? 'No alerts.\n' : table(['OPENED (UTC)', 'SEVERITY', 'STATUS', 'ID', 'WHY'], rows),
  );
}

async function printOne(
  alert: Alert,
  store: Store,
  response: ResponseContext,
  { json }: ResponseOptions,
  io: CommandIo,
): Promise<void> {
  const closing = closingOfAlert(store, alert.id);
  const steps = response.outbox.ofCause(alert.id).filter(({ action }) => action === 'revoke');
  const record = response.audit.ofCause(alert.id);
  if (json !== true && io.stdout.isTTY === true) return write(io.stdout, alertText(alert, closing, steps, record));
  const document = { ...alertDocument(alert), closing, response: { steps: steps.map(stepDocument), record } };
  await write(io.stdout, `${JSON.stringify(document)}\n`);
}

async function closeOne(alert: Alert, desk: Desk, options: CloseOptions, io: CommandIo): Promise<void> {
  const { as: verdict, because } = options;
  await desk.close(alert, { verdict, because, by: whoDecides(options.by) });
  io.stderr.write(`Closed ${alert.id} as ${verdict}.\n`);
}
