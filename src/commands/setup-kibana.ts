import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig } from '../config/wayward-yaml.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import type { ImportedObject } from '../sinks/kibana/answer.ts';
import { importSavedObjects } from '../sinks/kibana/import.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, secretContext, withExample } from './options.ts';
import { table } from './table.ts';

/** The dashboards that come with Wayward. */
const SAVED_OBJECTS = new URL('../../dashboards/wayward.ndjson', import.meta.url);

/** Kibana's names for people. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['index-pattern', 'data view'],
  ['search', 'saved search'],
]);

interface SetupKibanaOptions {
  readonly config?: string;
}

export function addSetupKibana(setup: Command, io: CommandIo): void {
  const command = setup
    .command('kibana')
    .summary('Dashboards, saved searches and data views')
    .description(
      'Imports the dashboards, saved searches and data views that come with Wayward into Kibana, and says of ' +
        'each what was done. Those of an earlier import are replaced: what you changed in Kibana under the same name of ours is lost.',
    )
    .addOption(configOption())
    .action((options: SetupKibanaOptions) => run(options, io));
  withExample(command, 'wayward setup kibana', 'wayward setup kibana --config /etc/wayward/wayward.yaml');
}

async function run(options: SetupKibanaOptions, io: CommandIo): Promise<void> {
  const config = loadConfig(options.config);
  const { kibana } = config;
  if (kibana === undefined)
    throw new UsageError(
      'kibana is not configured; write kibana: { url: https://kibana.example.com:5601 } into wayward.yaml',
    );
  await config.resolveSecrets(['kibana'], secretContext(io));
  const objects = await importSavedObjects(kibana, readFileSync(SAVED_OBJECTS, 'utf8'));
  await write(io.stdout, table(['RESULT', 'KIND', 'NAME'], objects.map(row)));
  const refused = objects.filter(({ result }) => result === 'refused');
  if (refused.length > 0)
    throw new ServerUnavailableError(
      `Kibana refused ${refused.length} of ${objects.length} objects; the reasons stand above`,
    );
}

const row = ({ type, title, result, reason }: ImportedObject): string[] => [
  result,
  KINDS.get(type) ?? type,
  reason === undefined ? title : `${title} (${reason})`,
];
