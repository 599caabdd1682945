import { readdirSync } from 'node:fs';
import { isEvent } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/registry.ts';
import { FIXTURES, formatOf, parseAll, recordsOf, sample } from '../formats/records.ts';

function allSamples(): Map<string, readonly Buffer[]> {
  const found = new Map<string, readonly Buffer[]>();
  for (const name of readdirSync(new URL('logs/', FIXTURES))) {
    const format = formatOf(name, formats);
    if (format === undefined) throw new Error(`${name} is of no format`);
    found.set(format.id, [...(found.get(format.id) ?? []), ...recordsOf(format.framing, sample(name))]);
  }
  return found;
}

/** Records of each format, by its id: of every log that is kept. */
export const SAMPLES: ReadonlyMap<string, readonly Buffer[]> = allSamples();

/** Formats of the registry of whose samples none is an event: of those, mutants would say little. */
export const formatsWithoutSamples = (): string[] =>
  formats.filter((format) => !parseAll(format, joined(SAMPLES.get(format.id) ?? [])).some(isEvent)).map(({ id }) => id);

/** Records as they stand in a file. */
export const joined = (records: readonly Buffer[]): Buffer =>
  Buffer.concat(records.flatMap((record) => [record, Buffer.from('\n')]));
