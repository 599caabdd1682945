import { join } from 'node:path';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { cleanLine } from '../../src/commands/clean-log.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { toEcs } from '../../src/event-ecs.ts';
import type { Format } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { chance, choice, integer, type Random, seeded } from '../../src/simulate/random.ts';
import { redactor } from '../formats/records.ts';
import { BytesSource } from '../pipeline/lines.ts';
import { MUTATORS } from './mutators.ts';
import { anyIssuedSecret, planted } from './planted.ts';
import { joined, SAMPLES } from './samples.ts';

/** Records that one source gives, all changed in the same way. */
const BATCH = 100;
/** Of a hundred records, so many hold a secret. */
const SHARE_WITH_SECRET = 0.3;
const MOST_PROBLEMS = 20;

const DETECTORS = loadDetectors(join(import.meta.dirname, '..', '..', 'detectors')).map(({ detector }) => detector);
const REGISTRY = createRegistry([]);

export interface Outcome {
  /** Mutants that were made; what holds a line end is read as several records. */
  mutants: number;
  read: number;
  events: number;
  ignored: number;
  deadLetters: number;
  alerts: number;
  planted: number;
  /** By mutator: processor time in microseconds, and bytes. */
  readonly costs: Map<string, { cpu: number; bytes: number }>;
  /** What is wrong, and the seed that makes its batch again. */
  readonly problems: string[];
}

interface Batch {
  readonly format: Format;
  readonly bytes: Buffer;
  readonly secrets: readonly string[];
}

function batchOf(format: Format, mutator: string, random: Random): Batch {
  const change = MUTATORS[mutator] ?? ((record: string) => record);
  const all = [...SAMPLES.values()].flat();
  const own = SAMPLES.get(format.id) ?? all;
  const secrets: string[] = [];
  const records = Array.from({ length: BATCH }, () => {
    const text = choice(random, own).toString('latin1');
    const changed = change(text, random, choice(random, chance(random, 0.8) ? own : all).toString('latin1'));
    if (!chance(random, SHARE_WITH_SECRET)) return Buffer.from(changed, 'latin1');
    const secret = anyIssuedSecret(random);
    secrets.push(secret);
    return Buffer.from(planted(changed, secret, random), 'latin1');
  });
  return { format, bytes: joined(records), secrets };
}

/** Processor time of this thread, microseconds. */
const cpuNow = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** The whole way of a batch, and everything that it writes. */
async function read({ format, bytes }: Batch, outcome: Outcome): Promise<{ cpu: number; outputs: string[] }> {
  const outputs: string[] = [];
  let letters = 0;
  const lane = new Lane(new BytesSource('mutants.log', bytes, 64 * 1024), {
    format,
    detect: () => undefined,
    formatById: () => format,
    context: { redactor },
    tellsReading: true,
    onDeadLetter(letter) {
      letters++;
      outputs.push(JSON.stringify(letter));
    },
    onWarning: (text) => outputs.push(text),
  });
  const alerts = new Map<string, Alert>();
  const core = new Core(REGISTRY, DETECTORS, (alert) => alerts.set(alert.id, alert));
  const merge = new Merge([lane]);
  let cpu = 0;
  let began = cpuNow();
  for await (const batch of merge.batches()) {
    cpu += cpuNow() - began;
    core.process(batch);
    for (const event of batch) outputs.push(JSON.stringify([event.use, toEcs(event.use, event.id())]));
    began = cpuNow();
  }
  cpu += cpuNow() - began;
  for (const alert of alerts.values()) outputs.push(JSON.stringify(alertDocument(alert)));
  const { records, events, ignored } = merge.counts;
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);
  outcome.read += records;
  outcome.events += events;
  outcome.ignored += sum(ignored);
  outcome.deadLetters += letters;
  outcome.alerts += alerts.size;
  if (events + sum(ignored) + letters !== records)
    throw new Error(`${records} records became ${events} events, ${sum(ignored)} ignored and ${letters} dead letters`);
  return { cpu, outputs };
}

/** Lines of a line format are records, empty ones aside: none may vanish before it is counted. */
const linesOf = (bytes: Buffer): number =>
  bytes
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '' && line !== '\r').length;

async function examine(batch: Batch, outcome: Outcome, costs: { cpu: number; bytes: number }): Promise<string[]> {
  const before = outcome.read;
  const { cpu, outputs } = await read(batch, outcome);
  costs.cpu += cpu;
  costs.bytes += batch.bytes.length;
  // Wayward's own log may quote what it could not read.
  for (const line of batch.bytes.toString().split('\n')) outputs.push(cleanLine(line));
  const output = outputs.join('\n');
  const shown = batch.secrets.filter((secret) => output.includes(secret));
  const problems = shown.map((secret) => {
    const where = outputs.find((text) => text.includes(secret)) ?? '';
    const at = where.indexOf(secret);
    return `${secret} comes out: ${JSON.stringify(where.slice(Math.max(0, at - 120), at + secret.length + 60))}`;
  });
  const lines = linesOf(batch.bytes);
  const isCounted =
    batch.format.framing === 'line' && !/^\s*\[|"Records"|"Events"/m.test(batch.bytes.toString('latin1'));
  if (isCounted && outcome.read - before < lines) problems.push(`of ${lines} lines ${outcome.read - before} were read`);
  return problems;
}

/** Reads so many mutants, of these formats and all mutators in turn. The same seed makes the same mutants. */
export async function readMutants(seed: string, mutants: number, of: readonly Format[] = formats): Promise<Outcome> {
  const names = Object.keys(MUTATORS);
  const costs = new Map(names.map((name) => [name, { cpu: 0, bytes: 0 }]));
  const counts = { mutants: 0, read: 0, events: 0, ignored: 0, deadLetters: 0, alerts: 0, planted: 0 };
  const outcome: Outcome = { ...counts, costs, problems: [] };
  const first = integer(seeded(seed), 0, of.length * names.length);
  for (let at = first; outcome.mutants < mutants && outcome.problems.length < MOST_PROBLEMS; at++) {
    const which = at % of.length;
    const format = of[which] as Format;
    // Each round over the formats pairs them with other mutators.
    const mutator = names[(which + Math.floor(at / of.length)) % names.length] ?? '';
    const batch = batchOf(format, mutator, seeded(`${seed}/${at}`));
    outcome.mutants += BATCH;
    outcome.planted += batch.secrets.length;
    try {
      const found = await examine(batch, outcome, costs.get(mutator) ?? { cpu: 0, bytes: 0 });
      outcome.problems.push(...found.map((problem) => `${format.id}, ${mutator}, batch ${seed}/${at}: ${problem}`));
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      outcome.problems.push(`${format.id}, ${mutator}, batch ${seed}/${at}: ${text}`);
    }
  }
  return outcome;
}
