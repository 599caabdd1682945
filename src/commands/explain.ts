import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { alertDocument } from '../alerts/document.ts';
import { UsageError } from '../errors.ts';
import { toEcs } from '../event-ecs.ts';
import { isObject, type JsonObject } from '../formats/json.ts';
import { objectIn } from '../formats/wrappers.ts';
import { PendingUse } from '../pipeline/ordered.ts';
import { asking, createElasticsearch } from '../sinks/elasticsearch/client.ts';
import { LATEST } from '../sinks/elasticsearch/streams.ts';
import { loadAlert } from '../sinks/store-alerts.ts';
import { openSources } from '../sources/open.ts';
import { alertIdOf } from './alert-id.ts';
import { explainText, type FoundRecord } from './explain-text.ts';
import { type CommandIo, EXIT_INTERRUPTED, write } from './io.ts';
import { type LogOptions, openLogs } from './logs.ts';
import {
  configOption,
  credentialsOption,
  formatOption,
  identityOption,
  jsonOption,
  loadSetup,
  logLinePrefixOption,
  logTimezoneOption,
  secretContext,
  withExample,
} from './options.ts';
import { withResponse } from './response.ts';

interface ExplainOptions extends LogOptions {
  readonly alerts?: string;
  readonly fromElasticsearch?: boolean;
  readonly json?: boolean;
}

export function addExplain(program: Command, io: CommandIo): void {
  const command = program
    .command('explain')
    .summary('What happened in an alert, and the records that it rests on')
    .description(
      'Tells what an alert is about: what was done, from where, what is usual, what to look at. With logs it also shows the records that the\n' +
        'alert rests on, redacted, with file and place. The alert comes from the local store (run, scan --save), or from where --alerts or\n' +
        '--from-elasticsearch says.',
    )
    .argument('<id>', 'the id of an alert, or the first characters of it')
    .argument('[files...]', 'the logs that its records stand in')
    .addOption(new Option('--alerts <file>', 'alerts that scan --json or --out wrote'))
    .addOption(new Option('--from-elasticsearch', 'alerts of the server of wayward.yaml').conflicts('alerts'))
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(formatOption())
    .addOption(identityOption())
    .addOption(logLinePrefixOption())
    .addOption(logTimezoneOption())
    .addOption(jsonOption())
    .action((id: string, files: string[], options: ExplainOptions) => explain(id, files, options, io));
  withExample(
    command,
    'wayward explain 5f2a91 /var/log/nginx/access.json',
    'wayward scan --out alerts.ndjson access.json; wayward explain 5f2a91 --alerts alerts.ndjson access.json',
  );
}

async function explain(id: string, files: readonly string[], options: ExplainOptions, io: CommandIo): Promise<void> {
  const alert = await alertOf(id, options, io);
  const records = files.length === 0 ? undefined : await recordsOf(alert, files, options, io);
  if (io.signal.aborted) {
    io.exitCode = EXIT_INTERRUPTED;
    return;
  }
  if (options.json === true || io.stdout.isTTY !== true)
    await write(io.stdout, `${JSON.stringify(records === undefined ? alert : { ...alert, records })}\n`);
  else await write(io.stdout, explainText(alert, records));
}

async function alertOf(id: string, options: ExplainOptions, io: CommandIo): Promise<JsonObject> {
  if (options.alerts !== undefined) return chosen(id, fileAlerts(options.alerts), options.alerts);
  if (options.fromElasticsearch === true) return chosen(id, await elasticAlerts(id, options, io), LATEST);
  let found: JsonObject | undefined;
  await withResponse(options, io, async ({ store }) => {
    const alert = loadAlert(store, alertIdOf(id, store));
    if (alert !== undefined) found = alertDocument(alert);
  });
  if (found === undefined) throw new UsageError(`no alert begins with "${id}"; wayward alerts list --all shows all`);
  return found;
}

function fileAlerts(file: string): JsonObject[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map(objectIn)
      .filter((alert) => alert !== undefined);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`--alerts ${file}: cannot be read (${code}); name what scan --out wrote`, { cause });
  }
}

async function elasticAlerts(id: string, options: ExplainOptions, io: CommandIo): Promise<JsonObject[]> {
  const { config } = loadSetup(options, io);
  const { elasticsearch: settings } = config;
  if (settings === undefined)
    throw new UsageError('no server is known; write elasticsearch: { node: "https://…" } into wayward.yaml');
  await config.resolveSecrets(['elasticsearch'], secretContext(io));
  const client = createElasticsearch(settings);
  try {
    const query = { prefix: { 'event.id': { value: id } } };
    const { hits } = await asking(settings, () => client.search<JsonObject>({ index: LATEST, query, size: 2 }));
    return hits.hits.flatMap(({ _source }) => (_source === undefined ? [] : [_source]));
  } finally {
    await client.close();
  }
}

function chosen(id: string, alerts: readonly JsonObject[], where: string): JsonObject {
  const fitting = new Map(
    alerts.flatMap((alert): [string, JsonObject][] => {
      const known = isObject(alert['event']) ? alert['event']['id'] : undefined;
      return typeof known === 'string' && known.startsWith(id) ? [[known, alert]] : [];
    }),
  );
  const [first, other] = fitting.values();
  if (first === undefined) throw new UsageError(`${where}: no alert begins with "${id}"`);
  if (other !== undefined && !fitting.has(id))
    throw new UsageError(`${where}: several alerts begin with "${id}"; write more of the id`);
  return fitting.get(id) ?? first;
}

/** The records whose events an alert names, one log after the other, so that their places are known. */
async function recordsOf(
  alert: JsonObject,
  files: readonly string[],
  options: ExplainOptions,
  io: CommandIo,
): Promise<FoundRecord[]> {
  const wanted = eventsOf(alert);
  const { config } = loadSetup(options, io);
  const found: FoundRecord[] = [];
  for (const { name } of await openSources(files, { stdin: io.stdin, signal: io.signal })) {
    const logs = await openLogs([name], options, config, io);
    try {
      for await (const batch of logs.merge.batches())
        for (const event of batch) {
          if (event.use.reading !== undefined || !wanted.mayHold(event.use.time) || !wanted.ids.has(event.id()))
            continue;
          const position = event instanceof PendingUse ? event.position : 0;
          found.push({ file: name, position, event: toEcs(event.use, event.id()) });
        }
    } finally {
      logs.close();
    }
  }
  return found;
}

interface Wanted {
  readonly ids: ReadonlySet<string>;
  /** Making an id costs more than looking at the time. */
  mayHold(time: number): boolean;
}

/** An hour of slack: a finding's window began before the alert did. */
const SLACK = 3_600_000;

function eventsOf(alert: JsonObject): Wanted {
  const own = isObject(alert['wayward']) ? alert['wayward'] : {};
  const activity = isObject(own['activity']) ? own['activity'] : {};
  const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
  const ids = [
    ...list(own['findings']).flatMap(({ evidence }) => (Array.isArray(evidence) ? evidence : [])),
    ...list(activity['examples']).map((example) => example['event_id']),
  ].filter((id): id is string => typeof id === 'string');
  const event = isObject(alert['event']) ? alert['event'] : {};
  const [from, to] = [event['start'], event['end']].map((time) => Date.parse(String(time)));
  // What came after the last finding is part of what happened for two hours more.
  return {
    ids: new Set(ids),
    mayHold: (time) => !(time < (from ?? 0) - SLACK || time > (to ?? 0) + 3 * SLACK),
  };
}
