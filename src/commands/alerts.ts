import { type Command, Option } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';
import { withUrl } from '../alerts/links.ts';
import { VERDICT_WORDS, type VerdictWord, verdictOfWord, wordOfVerdict } from '../alerts/verdict.ts';
import { UsageError } from '../errors.ts';
import type { Store } from '../sinks/store.ts';
import { closingOfAlert, loadAlert, withVerdict } from '../sinks/store-alerts.ts';
import { alertIdOf } from './alert-id.ts';
import { alertText } from './alert-text.ts';
import { addAlertsList } from './alerts-list.ts';
import { type CommandIo, write } from './io.ts';
import type { Operator } from './operator.ts';
import { configOption, credentialsOption, jsonOption, type SetupOptions, withExample } from './options.ts';
import { type OpenResponse, type ResponseOptions, stepDocument, whoDecides, withResponse } from './response.ts';
import { printable } from './table.ts';

interface CloseOptions extends SetupOptions {
  readonly as: VerdictWord;
  readonly because: string;
  readonly by?: string;
}

export function addAlerts(program: Command, io: CommandIo): void {
  const alerts = program
    .command('alerts')
    .summary('The alerts in the local store')
    .description('Looks at the alerts in the local store, and gives verdicts on them.');
  addAlertsList(alerts, io);
  addShow(alerts, io);
  addClose(alerts, io);
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
      withResponse(options, io, (open) => printOne(loadOne(id, open.store), open, options, io)),
    );
  withExample(show, 'wayward alerts show 5f2a91');
}

function addClose(alerts: Command, io: CommandIo): void {
  const close = alerts
    .command('close <id>')
    .summary('Says what an alert was, so that the baseline can learn from it')
    .description(
      'Gives a verdict on an alert, running or over; what comes then is another incident. What is benign becomes part of the baseline, and\n' +
        'revocations that wait because of it are dropped. A later verdict counts instead; the same one once more changes nothing.',
    )
    .addOption(
      new Option('--as <verdict>', 'benign, or confirmed (true is the same) for a real incident')
        .choices(VERDICT_WORDS)
        .makeOptionMandatory(),
    )
    .requiredOption('--because <text>', 'why, for those who come after you')
    .option('--by <name>', 'who decides, for the record (default: this user)')
    .addOption(configOption())
    .action((id: string, options: CloseOptions) =>
      withResponse(options, io, ({ store, operator }) => closeOne(loadOne(id, store), store, operator, options, io)),
    );
  withExample(close, 'wayward alerts close 5f2a91 --as benign --because "new release"');
}

function loadOne(written: string, store: Store): Alert {
  const alert = loadAlert(store, alertIdOf(written, store));
  if (alert === undefined) throw new UsageError(`no alert "${written}"; wayward alerts list --all shows all`);
  return alert;
}

async function printOne(
  alert: Alert,
  { store, response, console }: OpenResponse,
  { json }: ResponseOptions,
  io: CommandIo,
): Promise<void> {
  const closing = closingOfAlert(store, alert.id);
  const now = withVerdict(alert, closing);
  const steps = response.outbox.ofCause(alert.id).filter(({ action }) => action === 'revoke');
  const record = response.audit.ofCause(alert.id);
  if (json !== true && io.stdout.isTTY === true) return write(io.stdout, alertText(now, steps, record));
  const document = {
    ...withUrl(alertDocument(now), now, console),
    // Until the next minor version, as wayward.status.
    closing: closing && { ...closing, verdict: wordOfVerdict(closing.verdict) },
    response: { steps: steps.map(stepDocument), record },
  };
  await write(io.stdout, `${JSON.stringify(document)}\n`);
}

async function closeOne(
  alert: Alert,
  store: Store,
  operator: Operator,
  { as, because, by }: CloseOptions,
  io: CommandIo,
): Promise<void> {
  const verdict = verdictOfWord(as);
  const before = closingOfAlert(store, alert.id);
  if (before?.verdict === verdict) {
    io.stderr.write(`${alert.id} is ${verdict} already, by ${before.by}: ${printable(before.because)}\n`);
    return;
  }
  const { id, principal, peerGroup, start, end } = alert;
  await operator.execute({
    ...{ say: 'close', verdict: wordOfVerdict(verdict), because, by: whoDecides(by) },
    alert: { id, principal, start, end, ...(peerGroup !== undefined && { peerGroup }) },
  });
  const instead = before === undefined ? '' : `, no longer as ${before.verdict}`;
  io.stderr.write(`Closed ${alert.id} as ${verdict}${instead}.\n`);
}
