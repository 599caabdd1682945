import type { Command } from 'commander';
import { loadConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { asking, createElasticsearch } from '../sinks/elasticsearch/client.ts';
import { featuresOf } from '../sinks/elasticsearch/features.ts';
import { applyStep, planSetup, type SetupStep } from '../sinks/elasticsearch/setup.ts';
import type { ServerFeatures } from '../sinks/elasticsearch/templates.ts';
import { type CommandIo, warn, write } from './io.ts';
import { configOption, secretContext, withExample } from './options.ts';
import { table } from './table.ts';

interface SetupElasticsearchOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
}

export function addSetupElasticsearch(setup: Command, io: CommandIo): void {
  const command = setup
    .command('elasticsearch')
    .summary('Index templates, and the index of alerts')
    .description(
      'Puts the templates of every data stream of Wayward, makes the index wayward-alerts-latest, and says of each what was ' +
        'done. Your own settings belong into the templates ...@custom, which are never touched.',
    )
    .addOption(configOption())
    .option('--dry-run', 'only print the requests that would be made')
    .action((options: SetupElasticsearchOptions) => run(options, io));
  withExample(command, 'wayward setup elasticsearch --dry-run', 'wayward setup elasticsearch');
}

async function run({ config: file, dryRun = false }: SetupElasticsearchOptions, io: CommandIo): Promise<void> {
  const config = loadConfig(file);
  const { elasticsearch: settings } = config;
  if (settings === undefined)
    throw new UsageError(
      'Elasticsearch is not configured; write elasticsearch: { node: https://elasticsearch.example.com:9200 } into wayward.yaml',
    );
  await config.resolveSecrets(['elasticsearch'], secretContext(io));
  const client = createElasticsearch(settings);
  try {
    const features = await asking(settings, () => featuresOf(client));
    const plan = await asking(settings, () => planSetup(client, features, settings.namespace));
    if (dryRun)
      await write(
        io.stdout,
        plan
          .filter(({ result }) => result !== 'unchanged')
          .map(asRequest)
          .join(''),
      );
    else {
      const done: SetupStep[] = [];
      for (const step of plan) done.push(await asking(settings, () => applyStep(client, step)));
      const rows = done.map(({ result, kind, name }) => [result, kind, name]);
      await write(io.stdout, table(['RESULT', 'KIND', 'NAME'], rows));
      for (const step of done) if (step.result === 'differs') warn(io, howToMend(step));
    }
    for (const lack of lacksOf(features)) warn(io, lack);
  } finally {
    await client.close();
  }
}

/** As Kibana's Dev Tools take it. */
const asRequest = ({ method, path, body }: SetupStep): string =>
  `${method} ${path}\n${JSON.stringify(body, null, 2)}\n\n`;

const howToMend = ({ kind, name }: SetupStep): string =>
  kind === 'data stream'
    ? `${name}: some fields have another type there; POST ${name}/_rollover makes an index with the new ones`
    : `${name}: some fields have another type there; delete the index and repeat this, it fills again as alerts change`;

function* lacksOf({ missingTypes, lifecycle }: ServerFeatures): Generator<string> {
  if (missingTypes.size > 0)
    yield `this Elasticsearch lacks the field types ${[...missingTypes].join(' and ')}: text and keyword stand in for them`;
  if (!lifecycle) yield 'this Elasticsearch has no data stream lifecycle: old documents stay until you delete them';
}
