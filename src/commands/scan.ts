import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { alertDocument } from '../alerts/document.ts';
import { FinalOrder } from '../alerts/final-order.ts';
import { withUrl } from '../alerts/links.ts';
import { principalOf } from '../attribution/credential.ts';
import type { Registry } from '../attribution/registry.ts';
import { loadDetectors } from '../config/detector-files.ts';
import { SEVERITIES, type Severity, severityRank } from '../detectors/finding.ts';
import type { ObservedFinding } from '../detectors/observed-finding.ts';
import { Core } from '../pipeline/core.ts';
import { alertsSince } from '../pipeline/trial.ts';
import { alertTable } from './alert-table.ts';
import { idleExceptions } from './idle-exceptions.ts';
import { type CommandIo, EXIT_INTERRUPTED, EXIT_NOTHING_READ, warn, write } from './io.ts';
import { type KeptScan, keepScan } from './kept-scan.ts';
import { countsLine, type LogOptions, type Logs, openLogs, warnOfProof } from './logs.ts';
import { tellFormats, warnOfBlindness } from './logs-by-format.ts';
import { noteObserved, observedLines } from './observed-lines.ts';
import {
  checkSpan,
  deadLettersOption,
  jsonOption,
  loadSetup,
  type Setup,
  withExample,
  withHistory,
} from './options.ts';
import { outputTo } from './output-file.ts';
import { readHistory } from './read-history.ts';

interface ScanOptions extends LogOptions {
  readonly detectors?: string;
  readonly since?: number;
  readonly until?: number;
  readonly failOn?: Severity;
  readonly save?: boolean;
  readonly json?: boolean;
}

export function addScan(program: Command, io: CommandIo): void {
  const command = withHistory(
    program
      .command('scan')
      .summary('Reads logs, writes alerts')
      .description(
        'Reads any mix of logs in time order, learns what is usual, and writes one alert per incident: a table on a\n' +
          'terminal, else one ECS document a line. No response is executed: nothing is changed at any issuer.',
      ),
  )
    .addOption(new Option('--out <file>', 'write the alerts there as NDJSON; replaced when all is read'))
    .addOption(new Option('--fail-on <severity>', 'exit 1 if an alert is at least this severe').choices(SEVERITIES))
    .addOption(saveOption())
    .addOption(deadLettersOption())
    .addOption(jsonOption())
    .action((files: string[], options: ScanOptions) => scan(files, options, io));
  withExample(
    command,
    'wayward scan --credentials credentials.yaml access.json pgaudit.json',
    'zcat old/*.gz | wayward scan - --json | jq .event.reason',
    'wayward scan --save --since 1d "logs/*.json" && wayward alerts list',
  );
}

const saveOption = () =>
  new Option(
    '--save',
    'keep alerts and what was learned in the local store: the next scan with --save, or wayward run, goes on from there',
  ).conflicts('until');

async function scan(files: readonly string[], options: ScanOptions, io: CommandIo): Promise<void> {
  checkSpan(options.since, options.until);
  const setup = loadSetup(options, io);
  const kept = options.save === true ? await keepScan(setup, io) : undefined;
  try {
    await scanWith(kept, files, options, setup, io);
  } finally {
    kept?.close();
  }
}

async function scanWith(
  kept: KeptScan | undefined,
  files: readonly string[],
  options: ScanOptions,
  { config, registry }: Setup,
  io: CommandIo,
): Promise<void> {
  const loaded = loadDetectors(options.detectors ?? config.detectors);
  const detectors = loaded.map(({ detector }) => detector);
  for (const idle of idleExceptions(loaded, registry)) warn(io, idle);
  const order = new FinalOrder();
  const observing: ObservedFinding[] = [];
  const core = new Core(registry, detectors, (alert) => order.take(alert), {
    names: kept?.names,
    observing: (finding) => noteObserved(observing, finding),
  });
  const names = kept === undefined ? files : files.map((name) => (name === '-' ? name : resolve(name)));
  const logs = await openLogs(names, options, config, io, kept && { resume: kept.resume });
  kept?.load(core, logs.merge);
  const known = new Set(order.all());
  const output = outputTo(options.out, io);
  const asTable = options.out === undefined && options.json !== true && io.stdout.isTTY === true;
  const shown: Alert[] = [];
  const counts = new Map<Severity, number>();
  const emit = async (alerts: readonly Alert[]): Promise<void> => {
    for (const alert of alerts) counts.set(alert.severity, (counts.get(alert.severity) ?? 0) + 1);
    if (asTable) for (const alert of alerts) shown.push(alert);
    else
      for (const alert of alerts)
        await output.write(`${JSON.stringify(withUrl(alertDocument(alert), alert, config.console?.url))}\n`);
  };
  const started = performance.now();
  try {
    await readHistory(
      logs,
      [{ process: (batch) => core.process(batch), end: () => core.decide(Number.POSITIVE_INFINITY) }],
      options.until,
      io,
    );
    const found = order.all().filter((alert) => !known.has(alert));
    await emit(alertsSince(found, options.since));
    if (asTable) await write(io.stdout, alertTable(shown, io.stdout.columns));
    if (!io.signal.aborted) await output.finish();
    if (!io.signal.aborted) kept?.save(order.all(), core, logs.merge);
  } finally {
    output.discard();
    logs.close();
  }
  for (const line of observedLines(observing, core.engine.counts.observing)) warn(io, line);
  summarise(logs, core, counts, performance.now() - started, io);
  if (io.signal.aborted) io.exitCode = EXIT_INTERRUPTED;
  else if (
    options.failOn &&
    [...counts.keys()].some((severity) => severityRank(severity) >= severityRank(options.failOn as Severity))
  ) {
    io.exitCode = 1;
  } else if (isBlind(logs, core, registry, io)) io.exitCode = EXIT_NOTHING_READ;
}

/** Reasons of what is no log at all. */
const UNREAD = ['directory', 'unreadable'];

/** Whether silence means nothing: a log could not be read, nothing in it could be used, or none of it is anybody's. */
function isBlind({ merge }: Logs, { engine }: Core, { credentials }: Registry, io: CommandIo): boolean {
  const { records, events, deadLetters } = merge.counts;
  if (UNREAD.some((reason) => deadLetters[reason] !== undefined)) return true;
  if (records === 0) return false;
  const isAnybody = credentials.some((credential) => engine.baselines.find(principalOf(credential)) !== undefined);
  if (credentials.length > 0 && engine.counts.seen > 0 && !isAnybody)
    warn(
      io,
      'no use in these logs is of a credential of the registry: wayward credentials discover shows whose they are',
    );
  return events === 0 || engine.counts.seen === 0;
}

function summarise(
  logs: Logs,
  core: Core,
  counts: ReadonlyMap<Severity, number>,
  milliseconds: number,
  io: CommandIo,
): void {
  const read = logs.merge.counts;
  const { seen, unattributed, late, excepted, repeated, modest, common } = core.engine.counts;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const bySeverity = SEVERITIES.toReversed().flatMap((severity) =>
    counts.has(severity) ? [`${counts.get(severity)} ${severity}`] : [],
  );
  const number = (count: number): string => count.toLocaleString('en-US');
  warnOfBlindness(logs.merge.lanes, io);
  warnOfProof(logs, io);
  tellFormats(logs.merge.lanes, io);
  warn(io, countsLine(read));
  const quiet = [
    [late, 'late'],
    [excepted, 'times that an exception kept a detector quiet'],
    [repeated, 'repeated'],
    [modest, 'lowered while the baseline is young'],
    [common, 'of what a peer group does together'],
    [core.incidents.dropped, 'beyond the findings that an alert holds'],
    [read.reorder_overflow, 'out of order for lack of room'],
    [core.attributor.stats().overflow, 'of identities beyond the bound'],
  ] as const;
  const kept = quiet.flatMap(([count, what]) => (count > 0 ? [`${number(count)} ${what}`] : []));
  warn(
    io,
    `attributed ${number(seen)} uses of ${number(core.engine.baselines.size)} principals; ${number(unattributed)} of nobody${kept.length > 0 ? `; ${kept.join(', ')}` : ''}`,
  );
  warn(
    io,
    `${number(total)} ${total === 1 ? 'alert' : 'alerts'}${bySeverity.length > 0 ? ` (${bySeverity.join(', ')})` : ''} in ${(milliseconds / 1_000).toFixed(1)} s, ` +
      `${number(Math.round((read.events / Math.max(1, milliseconds)) * 1_000))} events/s${io.signal.aborted ? '; stopped before the end' : ''}`,
  );
}
