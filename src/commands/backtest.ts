import { relative } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { differenceOf } from '../backtest/difference.ts';
import { figuresOf } from '../backtest/figures.ts';
import { markdown } from '../backtest/markdown.ts';
import { type BacktestReport, reportDocument } from '../backtest/report.ts';
import { reportText } from '../backtest/text.ts';
import { loadDetectors } from '../config/detector-files.ts';
import { Trial } from '../pipeline/trial.ts';
import { type CommandIo, EXIT_INTERRUPTED, warn } from './io.ts';
import { judgedAlerts } from './judged-alerts.ts';
import { countsLine, type LogOptions, openLogs } from './logs.ts';
import { checkSpan, jsonOption, kafkaOption, loadSetup, withExample, withHistory } from './options.ts';
import { outputTo } from './output-file.ts';
import { readHistory } from './read-history.ts';
import { terminalLayout } from './terminal-layout.ts';

interface BacktestOptions extends LogOptions {
  readonly detectors?: string;
  readonly against?: string;
  readonly budget: number;
  readonly since?: number;
  readonly until?: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function addBacktest(program: Command, io: CommandIo): void {
  const command = withHistory(
    program
      .command('backtest')
      .summary('What a set of detectors does on history, and how two of them differ')
      .description(
        'Reads logs once and says how many alerts a day each detector gives and each agent gets, and how many of them are likely false. With\n' +
          '--against, also what another set tells of the same history: alerts gained, lost, and of another severity. Nothing is changed.',
      ),
  )
    .addOption(new Option('--against <dir>', 'compare with this folder of detectors, which stands for what was before'))
    .addOption(budgetOption())
    .addOption(kafkaOption())
    .addOption(new Option('--out <file>', 'write the report there; replaced when all is read'))
    .addOption(jsonOption())
    .addOption(new Option('--markdown', 'as Markdown, for a pull request').conflicts('json'))
    .action((files: string[], options: BacktestOptions) => backtest(files, options, io));
  withExample(
    command,
    'wayward backtest --since 28d "logs/*.gz"',
    'wayward backtest --elasticsearch "logs-nginx.access-*"',
    'wayward backtest --detectors detectors --against main/detectors --markdown --out backtest.md "logs/*.gz"',
  );
}

export const budgetOption = () =>
  new Option(
    '--budget <number>',
    'false alerts of medium or above that are accepted per 1,000 principal-days (a day on which an agent used a credential)',
  )
    .default(1)
    .argParser((written) => {
      const budget = Number(written);
      if (!(budget > 0 && budget <= 1_000)) throw new InvalidArgumentError('Write a number above 0, such as 1 or 0.5.');
      return budget;
    });

async function backtest(files: readonly string[], options: BacktestOptions, io: CommandIo): Promise<void> {
  const { since, until, budget } = options;
  checkSpan(since, until);
  const setup = loadSetup(options, io);
  const { config, registry } = setup;
  const trialOf = (folder: string) =>
    new Trial(
      registry,
      loadDetectors(folder).map(({ detector }) => detector),
    );
  const folder = options.detectors ?? config.detectors;
  const now = trialOf(folder);
  const before = options.against === undefined ? undefined : trialOf(options.against);
  const verdicts = new Map((await judgedAlerts(setup, io)).map(({ id, verdict }) => [id, verdict?.value]));
  const logs = await openLogs(files, options, config, io);
  const output = outputTo(options.out, io);
  try {
    await readHistory(logs, before === undefined ? [now] : [now, before], until, io);
    warn(io, countsLine(logs.merge.counts));
    if (io.signal.aborted) {
      io.exitCode = EXIT_INTERRUPTED;
      return;
    }
    const history = now.history(since);
    const setOf = (trial: Trial, name: string) => ({
      name,
      figures: figuresOf(trial.alerts(since), history, (id) => verdicts.get(id)),
    });
    const report: BacktestReport = {
      ...{ history, budget, console: config.console?.url, set: setOf(now, options.detectors ?? relative('', folder)) },
      ...(before && {
        against: setOf(before, options.against ?? ''),
        difference: differenceOf(before.alerts(since), now.alerts(since)),
      }),
    };
    await output.write(shown(report, options, io));
    await output.finish();
  } finally {
    output.discard();
    logs.close();
  }
}

function shown(report: BacktestReport, options: BacktestOptions, io: CommandIo): string {
  if (options.markdown === true) return reportText(report, markdown);
  if (options.json === true) return `${JSON.stringify(reportDocument(report))}\n`;
  return reportText(report, terminalLayout(io.stdout.columns));
}
