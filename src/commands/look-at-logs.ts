import { basename } from 'node:path';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { type GuessedFormat, guessFormat } from '../discovery/guess-format.ts';
import { UsageError } from '../errors.ts';
import { customFormat } from '../formats/custom.ts';
import { type CustomFormatSpec, customFormatSchema } from '../formats/custom-spec.ts';
import type { IdentitySource } from '../formats/http.ts';
import { isObject, type JsonObject } from '../formats/json.ts';
import { objectIn, textInside } from '../formats/wrappers.ts';
import type { LaneCounts } from '../pipeline/counts.ts';
import type { Explained } from '../pipeline/explained.ts';
import { FormatSample } from '../pipeline/format-sample.ts';
import { Lane } from '../pipeline/lane.ts';
import { openSources, SourceNotFound } from '../sources/open.ts';
import type { Source } from '../sources/source.ts';
import type { CommandIo } from './io.ts';
import { laneOptionsOf } from './logs.ts';

/** Records by which a log is judged. */
const ENOUGH = 400;
/** Reads by which a log is judged: lines may be long. */
const MOST_READS = 16;
const READ = 64 * 1024;

/** What the beginning of a log tells. */
export interface LookedAt {
  /** As the user named it. */
  readonly name: string;
  /** Id of its format, as it was found; undefined where it is of none, also with what was guessed. */
  readonly format: string | undefined;
  readonly guessed?: { readonly spec: CustomFormatSpec; readonly doubts: readonly string[] };
  readonly counts: LaneCounts;
  /** How its first event was read. */
  readonly example?: Explained;
  /** What to say of a log of no format. */
  readonly advice?: string;
}

/** Reads the beginning of each log; one of no known format is tried with a description that is guessed from its records. */
export async function lookAtLogs(
  names: readonly string[],
  identity: IdentitySource | undefined,
  config: WaywardConfig,
  io: CommandIo,
): Promise<LookedAt[]> {
  const looked: LookedAt[] = [];
  const ids = new Set<string>();
  for (const { name } of await sourcesOf(names, io)) {
    const found = await tried(name, identity, config, io);
    const isUnknown = found.counts.events === 0 && total(found.counts.deadLetters) > total(found.counts.ignored);
    const guess = isUnknown ? guessFormat(await recordsOf(name, io), idFor(name, ids)) : undefined;
    const again = guess && (await triedWith(guess, name, identity, config, io));
    looked.push(again ?? found);
    if (again?.guessed !== undefined) ids.add(again.guessed.spec.id);
  }
  return looked;
}

const sourcesOf = async (names: readonly string[], io: CommandIo): Promise<Source[]> => {
  try {
    return await openSources(names, { stdin: io.stdin, signal: io.signal });
  } catch (cause) {
    throw cause instanceof SourceNotFound ? new UsageError(cause.message, { cause }) : cause;
  }
};

async function triedWith(
  { spec: written, doubts }: GuessedFormat,
  name: string,
  identity: IdentitySource | undefined,
  config: WaywardConfig,
  io: CommandIo,
): Promise<LookedAt | undefined> {
  const checked = customFormatSchema.safeParse(written);
  if (!checked.success) return undefined;
  const spec = checked.data;
  const found = await tried(name, identity, { ...config, formats: [...config.formats, spec] }, io, spec);
  return found.counts.events * 2 < found.counts.records ? undefined : { ...found, guessed: { spec, doubts } };
}

async function tried(
  name: string,
  identity: IdentitySource | undefined,
  config: WaywardConfig,
  io: CommandIo,
  spec?: CustomFormatSpec,
): Promise<LookedAt> {
  const [source] = await sourcesOf([name], io);
  if (source === undefined) throw new UsageError(`${name}: there is no such file.`);
  const seen: { example?: Explained; format?: string | undefined; advice?: string | undefined } = {};
  const options = await laneOptionsOf(config, io, { identity }, undefined, true);
  const lane = new Lane(source, {
    ...options,
    ...(spec !== undefined && { format: customFormat(spec) }),
    onExplained: (explained) => {
      if (!('action' in explained.parsed)) return;
      seen.example ??= explained;
      seen.format ??= explained.format;
    },
    onDeadLetter: ({ detail }) => {
      seen.advice ??= detail;
    },
    onWarning: () => undefined,
  });
  try {
    for (let reads = 0; reads < MOST_READS && lane.state === 'open' && lane.counts.records < ENOUGH; reads++)
      await lane.read(READ, [], undefined);
    // Events whose place in time is not settled yet are events, too.
    lane.counts.events = lane.counts.records - total(lane.counts.ignored) - total(lane.counts.deadLetters);
  } finally {
    await source.close();
  }
  const { example, format, advice } = seen;
  return { name, format, counts: lane.counts, ...(example && { example }), ...(advice !== undefined && { advice }) };
}

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Objects of JSON at the beginning of a log, taken out of what a shipper wrapped them into. */
async function recordsOf(name: string, io: CommandIo): Promise<JsonObject[]> {
  const [source] = await sourcesOf([name], io);
  if (source === undefined) return [];
  const sample = new FormatSample(0, () => undefined);
  let isAll = false;
  try {
    while (!sample.enough) {
      const chunk = await source.read(READ);
      if (!Buffer.isBuffer(chunk)) {
        sample.end();
        isAll = true;
        break;
      }
      sample.push(chunk);
    }
  } finally {
    await source.close();
  }
  const elements = sample.elements(isAll);
  return (elements.length > 0 ? elements : sample.lines).flatMap((line) => {
    const outer = objectIn(line);
    if (outer === undefined) return [];
    const text = textInside(outer);
    const inner = text === undefined ? undefined : objectIn(text);
    return isObject(inner) ? [inner] : [outer];
  });
}

/** Of the file's name, and no other's. */
function idFor(name: string, taken: ReadonlySet<string>): string {
  const base =
    basename(name)
      .replace(/\..*$/, '')
      .replaceAll(/[\d_-]+$/g, '') || 'my-log';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}
