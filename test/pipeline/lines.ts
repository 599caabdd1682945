import { NOTHING_ELSE } from '../../src/event.ts';
import type { Format, Parsed } from '../../src/formats/format.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import { Merge, type MergeOptions } from '../../src/pipeline/merge.ts';
import type { OrderedUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';
import type { DeadLetter } from '../../src/sources/dead-letter.ts';
import type { Source } from '../../src/sources/source.ts';

const parse = (text: string): Parsed => {
  if (text.startsWith('#')) return { ignored: 'server-line' };
  const [time, action] = text.split(' ');
  if (time === undefined || action === undefined || !/^-?\d+$/.test(time)) return { unusable: 'not-a-line' };
  return {
    ...NOTHING_ELSE,
    time: Number(time),
    format: 'lines',
    dataset: 'test.lines',
    action,
    result: 'success',
    proof: PROOF.request,
    identities: [],
  };
};

/** The smallest format there is: a line is `TIME ACTION`, TIME in milliseconds since the epoch. */
const lines: Format = {
  id: 'lines',
  title: 'Test lines',
  dataset: 'test.lines',
  proof: 'nothing',
  framing: 'line',
  detect: (sample) => (sample.some((line) => /^\d+ \w/.test(line)) ? 1 : 0),
  parser: () => ({ parse: (bytes, start, end) => parse(bytes.toString('utf8', start, end)) }),
};

/** 2026-01-01T00:00:00Z. */
export const T0 = 1_767_225_600_000;

export interface TestLanes {
  readonly letters: DeadLetter[];
  readonly warnings: string[];
  readonly lane: (source: Source, more?: Partial<LaneOptions>) => Lane;
}

/** The format is given, or found by the sample that each lane then takes first. */
export const testLanes = (format: 'given' | 'found' = 'given'): TestLanes => {
  const letters: DeadLetter[] = [];
  const warnings: string[] = [];
  const options: LaneOptions = {
    format: format === 'given' ? lines : undefined,
    detect: (sample, source) => (lines.detect(sample, source) > 0 ? lines : undefined),
    formatById: (id) => (id === 'lines' ? lines : undefined),
    context: { redactor: { clean: (text) => text, show: (text) => text, fingerprint: () => '' } },
    onDeadLetter: (letter) => letters.push(letter),
    onWarning: (text) => warnings.push(text),
  };
  return { letters, warnings, lane: (source, more) => new Lane(source, { ...options, ...more }) };
};

/** What a test compares: all of an ordered event that anything later depends on. */
export const shown = (event: OrderedUse): string =>
  `${event.orderTime - T0} ${event.use.time - T0} ${event.use.action} ${event.id()}${event.lateMs > 0 ? ' late' : ''}`;

export const collect = async (merge: Merge): Promise<string[]> => {
  const all: string[] = [];
  for await (const batch of merge.batches()) all.push(...batch.map(shown));
  return all;
};

export const mergeOf = (sources: readonly Source[], options: MergeOptions = {}, lanes = testLanes()): Merge =>
  new Merge(
    sources.map((source) => lanes.lane(source)),
    options,
  );

/** Gives these bytes in pieces of `size`. */
export class BytesSource implements Source {
  readonly name: string;
  readonly startsAt: number;
  readonly #bytes: Buffer;
  readonly #size: number;
  #at: number;

  constructor(name: string, bytes: Buffer | string, size = Number.POSITIVE_INFINITY, startsAt = 0) {
    this.name = name;
    this.#bytes = Buffer.from(bytes);
    this.#size = size;
    this.startsAt = startsAt;
    this.#at = startsAt;
  }

  async read(): Promise<Buffer | 'end'> {
    if (this.#at >= this.#bytes.length) return 'end';
    const chunk = Buffer.from(this.#bytes.subarray(this.#at, this.#at + this.#size));
    this.#at += chunk.length;
    return chunk;
  }

  problem(): undefined {
    return undefined;
  }

  save(offset: number): { name: string; offset: number; identity: string } {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {}
}
