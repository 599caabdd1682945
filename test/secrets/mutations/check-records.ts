import { cleanLine } from '../../../src/commands/clean-log.ts';
import { toEcs } from '../../../src/event-ecs.ts';
import { type DecodedText, decodeOnce } from '../../../src/formats/decoded-text.ts';
import { cleanExcerpt } from '../../../src/formats/excerpt.ts';
import { isEvent, type Parser } from '../../../src/formats/format.ts';
import { formatById } from '../../../src/formats/registry.ts';
import { choice, seeded } from '../../../src/simulate/random.ts';
import { caddy, redactor } from '../../formats/records.ts';
import { FORMAT_IDS, type MutatedRecord, mutatedRecord } from './mutated-records.ts';

export interface Outcome {
  read: number;
  events: number;
  ignored: number;
  deadLetters: number;
  withLeaks: number;
  /** A line for each record whose secret came out, or that a parser threw at: what, where, how to make it again. */
  readonly problems: string[];
}

const MOST_PROBLEMS = 20;

/** The forms of a secret that give it away: itself, and base64 of a text that it stands in. */
const formsOf = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6)),
  );
  return [secret, ...inBase64];
};

/** Whether it stands in a text, also encoded as often as somebody may take apart. */
const standsIn = (text: string, forms: readonly string[]): boolean => {
  let layer: DecodedText | undefined = { text, places: undefined };
  for (let depth = 0; layer !== undefined && depth < 4; depth++) {
    const { text: decoded }: DecodedText = layer;
    if (forms.some((form) => decoded.includes(form))) return true;
    layer = decodeOnce(layer);
  }
  return false;
};

const parserOf = (format: string): Parser => (formatById(format) ?? caddy).parser({ redactor });

/** Everything that Wayward would write of a record: the event, the dead letter's excerpt, and a line of its own log that quotes it. */
const outputsOf = (
  parser: Parser,
  { bytes, isLiteral }: MutatedRecord,
  outcome: Outcome,
): Readonly<Record<string, string>> => {
  const parsed = parser.parse(bytes, 0, bytes.length);
  const log = isLiteral ? '' : cleanLine(`cannot read ${bytes.toString()}`);
  if (!isEvent(parsed)) {
    if ('ignored' in parsed) outcome.ignored++;
    else outcome.deadLetters++;
    return { 'the dead letter': cleanExcerpt(bytes) + JSON.stringify(parsed), log };
  }
  outcome.events++;
  if (parsed.leaks.length > 0) outcome.withLeaks++;
  return { 'the event': JSON.stringify([parsed, toEcs(parsed, 'id')]), log };
};

/** Reads so many records with planted secrets, and says what came out that must not. The same seed makes the same records. */
export const checkRecords = (seed: string, records: number): Outcome => {
  const random = seeded(seed);
  const parsers = new Map(FORMAT_IDS.map((format) => [format, parserOf(format)]));
  const outcome: Outcome = { read: 0, events: 0, ignored: 0, deadLetters: 0, withLeaks: 0, problems: [] };
  for (; outcome.read < records && outcome.problems.length < MOST_PROBLEMS; outcome.read++) {
    const record = mutatedRecord(random, choice(random, FORMAT_IDS));
    const forms = formsOf(record.secret);
    try {
      const outputs = outputsOf(parsers.get(record.format) as Parser, record, outcome);
      for (const [name, text] of Object.entries(outputs)) {
        if (!standsIn(text, forms)) continue;
        const { how, secret } = record;
        outcome.problems.push(`${how}: ${secret} stands in ${name} of record ${outcome.read}: ${text.slice(0, 700)}`);
      }
    } catch (error) {
      outcome.problems.push(`${record.how}: record ${outcome.read} of seed ${seed}: ${String(error)}`);
    }
  }
  return outcome;
};
