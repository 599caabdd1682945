import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Argument, type Command } from 'commander';
import type { Alert } from '../alerts/alert.ts';
import { loadDetectors } from '../config/detector-files.ts';
import { Lane } from '../pipeline/lane.ts';
import { LocalPipeline } from '../pipeline/local.ts';
import { Merge } from '../pipeline/merge.ts';
import { createResponse } from '../pipeline/response.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Decision } from '../response/guards.ts';
import { respondTo } from '../response/responder.ts';
import { Store } from '../sinks/store.ts';
import { listAlerts } from '../sinks/store-alerts.ts';
import { FileSource } from '../sources/file.ts';
import { HandlePool } from '../sources/handle-pool.ts';
import { alertTable, bySeverity, worstFirst } from './alert-table.ts';
import { type CommandIo, write } from './io.ts';
import { laneOptionsOf } from './logs.ts';
import { namesOf } from './names-of.ts';
import { loadSetup, withExample } from './options.ts';
import { Progress } from './progress.ts';

interface Demo {
  readonly config: string;
  readonly what: string;
  /** Whom the advice at the end takes as an example. */
  readonly agent: string;
  readonly logs: string;
}

const DEMOS = {
  fleet: {
    config: 'demo/wayward.yaml',
    what: 'simulated logs in real formats (nginx as API gateway, PostgreSQL with pgaudit, Vault), 2 to 22 November 2026',
    agent: 'billing-agent-2',
    logs: '/var/log/nginx/*.json',
  },
  llm: {
    config: 'demo/llm/wayward.yaml',
    what: 'the simulated log of a LiteLLM proxy, 2 to 22 November 2026; somebody has the key of one agent',
    agent: 'research-assistant-2',
    logs: '/var/log/litellm/*.jsonl',
  },
} as const satisfies Readonly<Record<string, Demo>>;

export function addDemo(program: Command, io: CommandIo): void {
  const command = program
    .command('demo')
    .summary('The shipped logs through the whole path')
    .description(
      'Runs three weeks of simulated logs (real formats: nginx, PostgreSQL with pgaudit, Vault) through the whole path: alerts\n' +
        'with reasons, and what response would do about them. Calls nobody and changes nothing but its own state folder.',
    )
    .addArgument(
      new Argument('[which]', 'fleet: agents behind a gateway, databases and Vault; llm: the stolen key of a model')
        .choices(Object.keys(DEMOS))
        .default('fleet'),
    )
    .action((which: keyof typeof DEMOS) => demo(DEMOS[which], io));
  withExample(command, 'wayward demo', 'wayward demo llm', 'wayward alerts show ID --config demo/wayward.yaml');
}

async function demo(shown: Demo, io: CommandIo): Promise<void> {
  const file = fileURLToPath(new URL(`../../${shown.config}`, import.meta.url));
  const { config, registry } = loadSetup({ config: file }, io);
  const detectors = loadDetectors(config.detectors).map(({ detector }) => detector);
  rmSync(config.state, { recursive: true, force: true });
  const store = new Store(config.state);
  const started = performance.now();
  try {
    const names = await namesOf(config, io);
    const lanes = await openLanes(config, io);
    const merge = new Merge(lanes, { signal: io.signal });
    const pipeline: LocalPipeline = new LocalPipeline(merge, {
      store,
      registry,
      detectors,
      names,
      respond: (alert) => {
        const decisions = respondTo(alert, atTheTimeOf(alert, createResponse(config, registry, store)));
        if (decisions.length > 0) planned.set(alert.id, decisions);
      },
      saved: () => progress.tick(),
    });
    const planned = new Map<string, readonly Decision[]>();
    const progress = new Progress(io.stderr, () => merge.counts.records);
    await pipeline.run();
    progress.end();
    const alerts = listAlerts(store);
    const { records } = merge.counts;
    const seconds = (performance.now() - started) / 1_000;
    await write(
      io.stdout,
      story(shown, alerts, planned, records, pipeline.core.engine.baselines.size, seconds, io.stdout.columns),
    );
  } finally {
    store.close();
  }
}

type Config = ReturnType<typeof loadSetup>['config'];

async function openLanes(config: Config, io: CommandIo): Promise<Lane[]> {
  const pool = new HandlePool();
  return Promise.all(
    config.sources.map(
      async (source) => new Lane(new FileSource(source.file, pool), await laneOptionsOf(config, io, source)),
    ),
  );
}

/** The logs are of the past: response judges the age of an alert as if it had just happened. */
const atTheTimeOf = (alert: Alert, response: ResponseContext): ResponseContext => ({
  ...response,
  now: () => alert.end,
});

function story(
  { config, what, agent, logs }: Demo,
  alerts: readonly Alert[],
  planned: ReadonlyMap<string, readonly Decision[]>,
  records: number,
  principals: number,
  seconds: number,
  columns: number | undefined,
): string {
  const rate = Math.round(records / seconds).toLocaleString('en-US');
  return [
    `\nWayward demo: ${what}.`,
    `Read ${records.toLocaleString('en-US')} records of ${principals} agent credentials in ${seconds.toFixed(1)} s (${rate} records/s): ${alerts.length} ${alerts.length === 1 ? 'alert' : 'alerts'} (${bySeverity(alerts)}).\n`,
    alertTable(alerts, columns),
    'What response would do (dry-run: nobody is called)\n',
    ...worstFirst(alerts).flatMap((alert) => responseLines(alert, planned.get(alert.id) ?? [])),
    '',
    'What next',
    ...advice([
      [`alerts list --config ${config}`, 'these alerts: what nobody has given a verdict on yet'],
      [
        `alerts show ${alerts.at(-1)?.id.slice(0, 12) ?? 'ID'} --config ${config}`,
        'one alert: evidence, response, record',
      ],
      [`revoke --agent ${agent} --config ${config}`, 'what revoking all that an agent holds would do'],
      [`scan --credentials credentials.yaml ${logs}`, 'your own logs (formats are found from the content)'],
      ['test', 'the tests inside the detectors (detectors/*.yaml)'],
    ]),
    '  docs/run.md: follow live logs, and switch response on\n',
  ].join('\n');
}

const advice = (commands: readonly (readonly [command: string, what: string])[]): string[] => {
  const width = Math.max(...commands.map(([command]) => command.length));
  return commands.map(([command, what]) => `  npx wayward ${command.padEnd(width)}   ${what}`);
};

const responseLines = (alert: Alert, decisions: readonly Decision[]): string[] =>
  decisions.map(({ step, outcome, because }) => {
    const what = outcome === 'dry-run' ? `would ${step.describe}` : `${outcome}: ${because}`;
    return `  ${alert.severity.padEnd(9)} ${(alert.agent ?? alert.principal).padEnd(24)} ${what}`;
  });
