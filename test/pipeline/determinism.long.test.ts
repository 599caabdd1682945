import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { alertDocument } from '../../src/alerts/document.ts';
import { FinalOrder } from '../../src/alerts/final-order.ts';
import type { Registry } from '../../src/attribution/registry.ts';
import type { Activity } from '../../src/baselines/activity.ts';
import { Names } from '../../src/baselines/names.ts';
import { observedDocument } from '../../src/documents/observed.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/pipeline/checkpoint.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge, savedPositions } from '../../src/pipeline/merge.ts';
import { Store } from '../../src/sinks/store.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';
import { BytesSource } from './lines.ts';
import { LOADING } from './loading.ts';
import { type Misuse, misuse } from './misuse.ts';
import { MORE_CREDENTIALS, moreLogs } from './more-misuse.ts';
import { withCut, withGarbled, withRaised } from './unreadable-lines.ts';

/**
 * Same input, same alerts and the same documents beside them, byte for byte, however the input is cut, ordered or
 * interrupted.
 */

const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const detectors = shippedDetectors();

/** A log file: its name and its bytes. */
type File = readonly [name: string, bytes: Buffer];

interface Way {
  readonly files: readonly File[];
  /** Events in a batch at most. */
  readonly batch?: number;
  /** Bytes that a read gives at most. */
  readonly chunk?: number;
  readonly key?: number;
  /** Batches after which it is stopped, each counted from the stop before. */
  readonly stops?: readonly number[];
  /** How what it knew is kept over a stop. */
  readonly kept?: 'serialized' | 'store';
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

let input: Misuse;
let registry: Registry;
let whole: readonly File[];
let expected: readonly string[];
let expectedBeside: readonly string[];

interface Scanned {
  /** As `wayward scan` writes them. */
  readonly alerts: readonly string[];
  /** Activity and inventory. */
  readonly beside: readonly string[];
}

async function scan(way: Way): Promise<Scanned> {
  const order = new FinalOrder();
  const beside: string[] = [];
  const show = (activity: Activity): unknown => beside.push(JSON.stringify(observedDocument(activity)));
  const keeper = way.kept === 'store' ? new StoreKeeper() : new MemoryKeeper();
  const stops = [...(way.stops ?? [])];
  for (let stop = stops.shift(); ; stop = stops.shift()) {
    const key = Buffer.alloc(32, way.key ?? 1);
    const names = new Names(key);
    const core = new Core(registry, detectors, (alert) => order.take(alert), { observed: show, names });
    const context = { redactor: createRedactor(key) };
    const saved = keeper.load(names);
    const positions = saved === undefined ? undefined : savedPositions(saved.merge);
    const lanes = way.files.map(
      ([name, bytes]) =>
        new Lane(new BytesSource(name, bytes, way.chunk, positions?.get(name)?.offset ?? 0), {
          detect: (lines) => detectFormat(lines, formats),
          formatById,
          context,
          tellsReading: true,
        }),
    );
    const merge = new Merge(lanes, way.batch === undefined ? {} : { maxBatch: way.batch });
    if (saved !== undefined) {
      merge.load(saved.merge);
      core.load(saved.core);
    }
    let left = stop ?? Number.POSITIVE_INFINITY;
    for await (const batch of merge.batches()) {
      core.process(batch);
      if (--left > 0) continue;
      keeper.save(merge, core);
      break;
    }
    if (left > 0) break;
  }
  keeper.close();
  const alerts = order.all().map((alert) => JSON.stringify(alertDocument(alert)));
  return { alerts, beside };
}

interface Kept {
  readonly merge: ReturnType<Merge['save']>;
  readonly core: ReturnType<Core['save']>;
}

class MemoryKeeper {
  #bytes: Uint8Array | undefined;

  save(merge: Merge, core: Core): void {
    this.#bytes = serialize({ merge: merge.save(), core: core.save() } satisfies Kept);
  }

  load(): Kept | undefined {
    return this.#bytes === undefined ? undefined : deserialize(this.#bytes);
  }

  close(): void {
    this.#bytes = undefined;
  }
}

/** As `wayward run` keeps it: in the local store, of the baselines only what has changed. */
class StoreKeeper {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wayward-'));
  readonly #store = new Store(this.#folder);

  save(merge: Merge, core: Core): void {
    this.#store.transaction(() =>
      saveCheckpoint(this.#store, { merge: merge.save(), core: core.saveChanges(), closing: 0, deadLetters: 0 }),
    );
  }

  load({ id }: Names): Kept | undefined {
    return loadCheckpoint(this.#store, { ...LOADING, key: id });
  }

  close(): void {
    this.#store.close();
    rmSync(this.#folder, { recursive: true });
  }
}

beforeAll(async () => {
  const { logs, registry: credentials } = misuse();
  input = {
    logs: { ...logs, appdb: withCut(withRaised(withGarbled(logs.appdb))) },
    registry:
      credentials.replace(/^( *)- id: cred-billing-agent-2-vault$/m, '$&\n$1  honeytoken: true').trimEnd() +
      MORE_CREDENTIALS,
  };
  registry = registryOf(input.registry);
  whole = Object.entries({ ...input.logs, ...moreLogs }).map(([name, lines]) => [`${name}.log`, bytesOf(lines)]);
  ({ alerts: expected, beside: expectedBeside } = await scan({ files: whole }));
});

afterEach(() => {
  vi.useRealTimers();
});

const sameLines = (got: readonly string[], wanted: readonly string[]): void => {
  expect(got.length).toBe(wanted.length);
  for (const [index, document] of got.entries()) expect(document).toBe(wanted[index]);
};

const same = ({ alerts, beside }: Scanned): void => {
  sameLines(alerts, expected);
  sameLines(beside, expectedBeside);
};

/** These say nothing before three weeks of history, or a pause of two; the input has two weeks. */
const NEEDS_WEEKS: ReadonlySet<string> = new Set(['dormant', 'drift', 'new-area', 'peers-work']);

test('the input is worth it: at least 50 alerts, and every detector that a scan can run has found something', () => {
  const found = new Set(
    expected.flatMap((document) =>
      JSON.parse(document).wayward.findings.map((finding: { detector: string }) => finding.detector),
    ),
  );
  // Of what is revoked a scan knows nothing; test/pipeline/kafka/partition-detector.test.ts shows the same of that one.
  const scanned = detectors.filter(({ kind }) => kind.id !== 'revoked' && !NEEDS_WEEKS.has(kind.id));
  expect([...found].sort()).toEqual(scanned.map(({ id }) => id).sort());
  expect(expected.length).toBeGreaterThanOrEqual(50);
});

test('beside the alerts, all kinds of activity are in it, no document twice', () => {
  const documents = expectedBeside.map((line) => JSON.parse(line));
  const kinds = Map.groupBy(documents, ({ stream, document }) => `${stream} ${document.event.action ?? 'hour'}`);
  expect([...kinds.keys()].sort()).toEqual([
    'activity first-seen',
    'activity hour',
    'inventory day-over',
    'inventory first-use',
    'inventory stream-started',
  ]);
  expect(documents.length).toBeGreaterThan(500);
  expect(new Set(documents.map(({ id }) => id)).size).toBe(documents.length);
});

test('alerts come in order of (@timestamp, event.id), and no id twice', () => {
  const keys = expected.map((document) => {
    const { '@timestamp': time, event } = JSON.parse(document);
    return `${time} ${event.id}`;
  });
  expect(keys).toEqual(keys.toSorted());
  expect(new Set(keys.map((key) => key.split(' ')[1])).size).toBe(keys.length);
});

/** Some numbers that cut lists of any length. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });

/** A log cut into files of consecutive records, as rotation leaves it. */
const rotated = (name: string, lines: readonly string[], at: readonly number[]): File[] => {
  const limits = [0, ...at.map((part) => Math.floor(part * lines.length)).sort((a, b) => a - b), lines.length];
  return limits.slice(1).map((to, index) => [`${name}.${index}`, bytesOf(lines.slice(limits[index], to))] as const);
};

/** A gateway of several machines: each line is in the log of one of them. */
const dealt = (name: string, lines: readonly string[], machines: number): File[] =>
  Array.from(
    { length: machines },
    (_, machine) =>
      [
        `${name}-${machine}`,
        bytesOf(lines.filter((_line, index) => ((index * 7) % 11) % machines === machine)),
      ] as const,
  );

describe('the same alerts and documents, byte for byte', () => {
  test('whatever the size of batches and reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20_000 }),
        fc.integer({ min: 1_000, max: 500_000 }),
        async (batch, chunk) => {
          same(await scan({ files: whole, batch, chunk }));
        },
      ),
      { numRuns: 10, examples: [[1, 300_000]] },
    );
  });

  test('whatever the order of the files, and however they were rotated or dealt to machines', async () => {
    await fc.assert(
      fc.asyncProperty(
        cuts,
        cuts,
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        async (gateway, vault, machines, random) => {
          const files: File[] = [
            ...rotated('gateway', input.logs.gateway, gateway).flatMap(([name, bytes]) =>
              dealt(name, bytes.toString().split('\n').slice(0, -1), machines),
            ),
            ...rotated('vault', input.logs.vault, vault),
            ['appdb', bytesOf(input.logs.appdb)],
            ['warehouse', bytesOf(input.logs.warehouse)],
            ...Object.entries(moreLogs).map(([name, lines]): File => [name, bytesOf(lines)]),
          ];
          const keyed = files.map((file) => [random.next().value ?? 0, file] as const);
          same(await scan({ files: keyed.sort(([a], [b]) => a - b).map(([, file]) => file) }));
        },
      ),
      { numRuns: 10 },
    );
  });

  test('however often it is stopped, at whatever batch, and goes on from what it saved', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 50, max: 3_000 }),
        fc.integer({ min: 5_000, max: 200_000 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom('serialized' as const, 'store' as const),
        async (batch, chunk, stops, kept) => {
          same(await scan({ files: whole, batch, chunk, stops, kept }));
        },
      ),
      { numRuns: 14 },
    );
  });

  test('with another fingerprint key, from which that of names in baselines comes', async () => {
    same(await scan({ files: whole, key: 7 }));
  });

  test('from other folders, plain or compressed, on another day, in another zone, with another key: wayward scan', async () => {
    const scanIn = async (folder: string, compressed: boolean): Promise<string> => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'wayward.yaml'), `state: ${join(folder, 'state')}\n`);
      writeFileSync(join(folder, 'credentials.yaml'), input.registry);
      const files = whole.map(([name, bytes]) => {
        const file = join(folder, compressed ? `${name}.gz` : name);
        writeFileSync(file, compressed ? gzipSync(bytes) : bytes);
        return file;
      });
      const out = join(folder, 'alerts.ndjson');
      const options = ['--config', join(folder, 'wayward.yaml'), '--credentials', join(folder, 'credentials.yaml')];
      const { code, stderr } = await run(['scan', ...options, '--detectors', DETECTORS, '--out', out, ...files]);
      expect(code, stderr).toBe(0);
      return readFileSync(out, 'utf8');
    };
    const folder = temporaryFolder();
    const zone = process.env['TZ'];
    try {
      expect(await scanIn(join(folder, 'here'), false)).toBe(`${expected.join('\n')}\n`);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2031, 5, 1) });
      process.env['TZ'] = 'Pacific/Auckland';
      expect(await scanIn(join(folder, 'some where', 'else'), true)).toBe(`${expected.join('\n')}\n`);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});
