import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createRegistry, type Registry } from '../../src/attribution/registry.ts';
import type { CommandIo } from '../../src/commands/io.ts';
import { openLogs } from '../../src/commands/logs.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { isEvent, type Parser } from '../../src/formats/format.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById } from '../../src/formats/registry.ts';
import { inOrder, type OrderedUse, PendingUse } from '../../src/pipeline/ordered.ts';
import { buildWorld } from '../../src/simulate/world/build.ts';
import { logLines, registryOf } from '../../src/simulate/world/files.ts';
import { type Labels, labelsOf } from '../../src/simulate/world/labels.ts';
import { type Choice, optionsOf } from '../../src/simulate/world/options.ts';
import type { System } from '../../src/simulate/world/world.ts';

/** Labelled events in order of time, wherever they come from. */
export interface LabelledStream {
  readonly registry: Registry;
  readonly labels: Labels;
  /** Events of a day or so at a time. */
  readonly batches: () => AsyncIterable<readonly OrderedUse[]> | Iterable<readonly OrderedUse[]>;
}

const FORMS: ReadonlyMap<System, string> = new Map([
  ['http', 'nginx-json'],
  ['sql', 'pgaudit-json'],
  ['vault', 'vault-audit'],
]);

/** A world of `wayward simulate`, through the text of its logs, without files. */
export function simulated(choice: Choice): LabelledStream {
  const world = buildWorld(optionsOf(choice));
  return { registry: registryFrom(registryOf(world)), labels: labelsOf(world), batches: () => parsed(world) };
}

function* parsed(world: ReturnType<typeof buildWorld>): Generator<PendingUse[]> {
  const context = { redactor: createRedactor(Buffer.alloc(32, 1)), identity: 'from-key-map' } as const;
  const parsers = new Map([...FORMS].map(([system, id]) => [system, formatById(id)?.parser(context) as Parser]));
  let batch: PendingUse[] = [];
  const seen = new Set<System>();
  for (const { system, lines } of logLines(world, FORMS)) {
    // Each system has one batch a day: the next of the same one begins a day.
    if (seen.has(system)) {
      yield batch.sort(inOrder);
      batch = [];
      seen.clear();
    }
    seen.add(system);
    for (const line of lines) {
      const bytes = Buffer.from(line);
      const event = parsers.get(system)?.parse(bytes, 0, bytes.length);
      if (event !== undefined && isEvent(event)) batch.push(new PendingUse(event, bytes, 0, bytes.length, 0));
    }
  }
  yield batch.sort(inOrder);
}

function registryFrom(yaml: string): Registry {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-quality-'));
  try {
    const file = join(folder, 'credentials.yaml');
    writeFileSync(file, yaml);
    return createRegistry(loadCredentials(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A folder with credentials.yaml, labels.json and logs, as `wayward simulate` or others write it; `wayward.yaml` if their format is one's
 * own. A benign.ndjson.gz beside an events.ndjson.gz is the same without attacks, and left out.
 */
export async function fromFolder(folder: string): Promise<LabelledStream> {
  const ours = existsSync(join(folder, 'wayward.yaml')) ? join(folder, 'wayward.yaml') : undefined;
  const config = loadConfig(ours);
  const registry = createRegistry(loadCredentials(join(folder, 'credentials.yaml')));
  const files = readdirSync(folder)
    .filter(
      (name) =>
        /\.(ndjson|jsonl|log|csv|json)(\.gz)?$/.test(name) && name !== 'labels.json' && !name.startsWith('benign.'),
    )
    .map((name) => join(folder, name));
  const format = config.formats.length === 1 ? config.formats[0]?.id : undefined;
  const options = { ...(format !== undefined && { format }), identity: 'from-key-map' as const };
  return {
    registry,
    labels: JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8')) as Labels,
    batches: async function* () {
      const logs = await openLogs(files, options, config, SILENT);
      for await (const batch of logs.merge.batches()) yield batch;
      logs.close();
    },
  };
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
const SILENT: CommandIo = {
  stdin: process.stdin,
  stdout: nowhere(),
  stderr: nowhere(),
  signal: new AbortController().signal,
  env: {},
  exitCode: 0,
};
