import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { differenceOf } from '../backtest/difference.ts';
import { figuresOf } from '../backtest/figures.ts';
import type { BacktestReport } from '../backtest/report.ts';
import { curveSvg } from '../backtest/tuning/curve-svg.ts';
import { type Tuning, tuningOf } from '../backtest/tuning/proposal.ts';
import { isChange, overlayText, tuningDocument, tuningText } from '../backtest/tuning/report.ts';
import { Scores } from '../backtest/tuning/scores.ts';
import { LOCAL, loadDetectors, SHIPPED_DETECTORS } from '../config/detector-files.ts';
import { DEFAULT_CONFIG } from '../config/wayward-yaml.ts';
import type { Detector } from '../detectors/detector.ts';
import { UsageError } from '../errors.ts';
import { Trial } from '../pipeline/trial.ts';
import { budgetOption } from './backtest.ts';
import { type CommandIo, EXIT_INTERRUPTED, warn, write } from './io.ts';
import { judgedAlerts } from './judged-alerts.ts';
import { countsLine, type LogOptions, openLogs } from './logs.ts';
import { checkSpan, jsonOption, kafkaOption, loadSetup, type Setup, withExample, withHistory } from './options.ts';
import { readHistory } from './read-history.ts';
import { terminalLayout } from './terminal-layout.ts';

interface TuneOptions extends LogOptions {
  readonly detectors?: string;
  readonly budget: number;
  readonly since?: number;
  readonly until?: number;
  readonly svg?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function addTune(program: Command, io: CommandIo): void {
  const command = withHistory(
    program
      .command('tune')
      .summary('Proposes severities for a budget, from your history and your verdicts')
      .description(
        'Measures on your history how rare the scores of each detector are, and proposes from how many bits on they should be medium: as many false\n' +
          'alerts as the budget accepts, fewer after benign verdicts, more after confirmed ones. Nothing is changed; --write writes files of\n' +
          `detectors/${LOCAL}/, which count after wayward reload.`,
      ),
  )
    .addOption(budgetOption())
    .addOption(kafkaOption())
    .addOption(new Option('--svg <file>', 'write the trade-off there as a picture'))
    .addOption(new Option('--write', `write the proposal into ${LOCAL}/ of the folder of detectors`))
    .addOption(jsonOption())
    .action((files: string[], options: TuneOptions) => tune(files, options, io));
  withExample(
    command,
    'wayward tune --since 28d "logs/*.gz"',
    'wayward tune --budget 0.5 --svg tune.svg --write "logs/*.gz"',
  );
}

async function tune(files: readonly string[], options: TuneOptions, io: CommandIo): Promise<void> {
  const { since, until, budget } = options;
  checkSpan(since, until);
  const setup = loadSetup(options, io);
  const { config, registry } = setup;
  const folder = options.detectors ?? config.detectors;
  const all = loadDetectors(folder).map(({ detector }) => detector);
  const tunable = tunableOf(all);
  const judged = await judgedAlerts(setup, io);
  const verdicts = new Map(judged.map(({ id, verdict }) => [id, verdict?.value]));
  const scores = new Scores();
  const now = new Trial(
    registry,
    all.map((detector) => (tunable.includes(detector) ? scores.noted(detector) : detector)),
  );
  await readInto(now, files, options, setup, io);
  if (stopped(io)) return;
  const history = now.history(since);
  const alerts = now.alerts(since);
  const tuning = tuningOf({
    ...{ detectors: tunable, alerts, judged, budget, principalDays: history.principalDays },
    scores: (detector) => scores.of(detector, since),
  });
  const setOf = (trial: Trial, name: string) => ({
    name,
    figures: figuresOf(trial.alerts(since), history, (id) => verdicts.get(id)),
  });
  const asIs = setOf(now, options.detectors ?? relative('', folder));
  const console = config.console?.url;
  let backtest: BacktestReport = { history, budget, console, set: asIs };
  const goesOn = options.elasticsearch !== undefined || options.kafka === true || options.authensor === true;
  const isThereAgain = !files.includes('-') && (files.length > 0 || goesOn);
  if (isThereAgain && tuning.proposals.some(isChange)) {
    const then = new Trial(registry, proposedSet(all, tunable, tuning));
    // What has come meanwhile is no difference of the two.
    const until = options.until ?? (goesOn && history.to !== undefined ? history.to + 1 : undefined);
    await readInto(then, files, { ...options, ...(until !== undefined && { until }) }, setup, io);
    if (stopped(io)) return;
    const difference = differenceOf(alerts, then.alerts(since));
    backtest = { history, budget, console, set: setOf(then, 'as proposed'), against: asIs, difference };
  }
  const report = { tuning, backtest };
  if (options.svg !== undefined) writeText('--svg', options.svg, curveSvg(tuning.curve, budget));
  await write(
    io.stdout,
    options.json === true
      ? `${JSON.stringify(tuningDocument(report))}\n`
      : tuningText(report, terminalLayout(io.stdout.columns)),
  );
  if (options.write === true) writeOverlays(localFolder(folder, options), tuning, backtest, io);
}

/** Those with bits that no file is beside for some: of each, the one for all. */
function tunableOf(all: readonly Detector[]): Detector[] {
  const lastOf = new Map(all.map((detector) => [detector.id, detector]));
  return [...lastOf.values()].filter(({ severity }) => typeof severity !== 'string');
}

async function readInto(
  trial: Trial,
  files: readonly string[],
  options: TuneOptions,
  { config }: Setup,
  io: CommandIo,
): Promise<void> {
  const logs = await openLogs(files, options, config, io);
  try {
    await readHistory(logs, [trial], options.until, io);
    warn(io, countsLine(logs.merge.counts));
  } finally {
    logs.close();
  }
}

function stopped(io: CommandIo): boolean {
  if (io.signal.aborted) io.exitCode = EXIT_INTERRUPTED;
  return io.signal.aborted;
}

function proposedSet(all: readonly Detector[], tunable: readonly Detector[], { proposals }: Tuning): Detector[] {
  const severities = new Map(proposals.map(({ detector, proposed }) => [detector, proposed]));
  return all.map((detector) =>
    tunable.includes(detector) ? { ...detector, severity: severities.get(detector.id) ?? detector.severity } : detector,
  );
}

/** Beside the configuration where the set is the one that comes with Wayward: that folder is not the user's. */
const localFolder = (folder: string, { config = DEFAULT_CONFIG }: TuneOptions): string =>
  join(resolve(folder) === SHIPPED_DETECTORS ? join(dirname(resolve(config)), 'detectors') : folder, LOCAL);

function writeOverlays(folder: string, tuning: Tuning, backtest: BacktestReport, io: CommandIo): void {
  const changes = tuning.proposals.filter(isChange);
  if (changes.length === 0) {
    warn(io, 'nothing to write: everything stays as it is');
    return;
  }
  for (const proposal of changes) {
    const file = join(folder, `tuned-${proposal.detector}.yaml`);
    writeText('--write', file, overlayText(proposal, backtest));
    warn(io, `${relative('', file)}: written`);
  }
}

function writeText(option: string, file: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${option} ${file}: cannot be written (${code}); name a folder of yours`, { cause });
  }
}
