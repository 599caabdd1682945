import type { CustomFormatSpec, ReadingSpec } from './custom-spec.ts';
import { valueAt } from './field-path.ts';
import type { AboutFormat, Claim, Format, Parsed, ParserContext, Unusable } from './format.ts';
import { fractionOf, fractionOfObjects, isFailure, isObject, type JsonObject, readJson } from './json.ts';
import { type ConditionSpec, condition } from './language/condition.ts';
import type { Note } from './language/note.ts';
import { type Reading, reading } from './language/reading.ts';
import { optionalValue, value } from './language/value.ts';
import type { ReceiptChain, SavedReceiptChain } from './receipt-chain.ts';
import type { Redactor } from './redact.ts';
import { insideOf, MAX_WRAPPERS, objectIn } from './wrappers.ts';

/** Paths such as `Records.0.eventName`: whoever wrote them reads the object around the array as the record. */
const INTO_ARRAYS = /\b(?:[Rr]ecords|logEvents|[Ee]vents|items|value|data|entries|receipts)\.\d/;
/** What only a built-in format says. */
export interface BuiltIn {
  /** What the docs' table says of what proves an identity. */
  readonly proof: string;
  readonly about: AboutFormat;
  /** What every record of the log has, also those that are ignored: how the log is known without being named. Of several, any one. */
  readonly knownBy: ConditionSpec | readonly ConditionSpec[];
  /** Fields of the record that hold SHA-256 of a secret, whatever their names say. */
  readonly digests?: readonly string[];
  /** Of a log whose records come in batches; made once per source. */
  readonly batches?: () => Batches;
  /** Of a log whose records form a chain; made once per source. */
  readonly chain?: (redactor: Redactor) => ReceiptChain;
}

/** Takes batches apart, and gives each record what its batch says of all of them. */
export interface Batches {
  /** As `batch` of a parser. */
  each(bytes: Buffer, start: number, end: number, record: (start: number, end: number) => void): boolean;
  whole(record: JsonObject): JsonObject;
}

/** The format that a description in YAML makes. Every text is redacted; secrets anywhere in the record become leaks. */
export const customFormat = (spec: CustomFormatSpec, builtIn?: BuiltIn): Format => {
  const { id, title, input = 'json', fields = {}, unwrap, cases = [], ...base } = spec;
  const readingOf = (one: ReadingSpec): Reading => reading(id, one, builtIn?.digests);
  const readings: Reading[] = cases.map((one) =>
    readingOf({
      ...base,
      ...defined(one),
      dataset: one.dataset ?? base.dataset,
      time: one.time ?? base.time,
      identities: one.identities ?? base.identities,
    }),
  );
  if (base.action !== undefined || base.request_line !== undefined) readings.push(readingOf(base));
  const wrapped = optionalValue(unwrap);
  const signs = [builtIn?.knownBy ?? []].flat().map((spec) => ({ spec, holds: condition(spec) }));

  const parts = Object.entries(fields).map(([name, where]) => [name, value(where)] as const);
  /** With the parts of its texts; a field of the record's own that has such a name does not count. */
  const withParts = (record: JsonObject): JsonObject => {
    if (parts.length === 0) return record;
    const whole: Record<string, unknown> = { ...record };
    // A part may be taken from one before it.
    for (const [name, where] of parts) whole[name] = where.find(whole)?.text;
    return whole;
  };

  const isOurs = (outer: JsonObject): boolean => {
    const record = withParts(outer);
    return builtIn === undefined
      ? readings.some((one) => one.applies(record) && one.fits(record))
      : signs.some(({ holds }) => holds(record));
  };

  /** The record, or what it is wrapped around: what fits as it is, is not looked into. */
  const unwrapped = (record: JsonObject): JsonObject => {
    if (wrapped !== undefined) {
      for (const path of wrapped.paths) {
        const inside = valueAt(record, path);
        const inner = typeof inside === 'string' ? objectIn(inside) : inside;
        if (isObject(inner)) return inner;
      }
      return record;
    }
    let inner = insideOf(record);
    if (inner === undefined || isOurs(record)) return record;
    for (let depth = 1; inner !== undefined && depth < MAX_WRAPPERS; depth++) {
      if (isOurs(inner)) return inner;
      inner = insideOf(inner);
    }
    return record;
  };

  const parseRecord = (outer: JsonObject, context: ParserContext, note?: Note): Parsed => {
    const record = withParts(unwrapped(outer));
    const fitting = readings.find((one) => one.applies(record));
    if (fitting === undefined) return { ignored: 'condition-not-met' };
    return fitting.read(record, context, note);
  };

  const claimOf = (outer: JsonObject, context: ParserContext): Claim | undefined => {
    const record = withParts(unwrapped(outer));
    return readings.find((one) => one.applies(record))?.claim(record, context);
  };

  const readRecord = (bytes: Buffer, start: number, end: number, isCut = false): JsonObject | Unusable =>
    input === 'text' ? { line: bytes.toString('utf8', start, end) } : readJson(bytes, start, end, isCut);

  /** Of JSON only: of lines of text it would say nothing. */
  const lacks = (record: JsonObject): { missing: readonly string[]; of: number } => {
    const inner = withParts(unwrapped(insideOf(record) ?? record));
    const known = signs
      .map(({ spec }) =>
        Object.entries(spec).map(([field, test]) => ({ field, holds: condition({ [field]: test })(inner) })),
      )
      .toSorted((a, b) => a.filter(({ holds }) => !holds).length - b.filter(({ holds }) => !holds).length)[0];
    const lacks = readings.map((one) => one.lacks(inner)).toSorted((a, b) => a.missing.length - b.missing.length)[0];
    const unmet = (known ?? []).flatMap(({ field, holds }) => (holds ? [] : [field]));
    return { missing: [...unmet, ...(lacks?.missing ?? [])], of: (known?.length ?? 0) + (lacks?.of ?? 0) };
  };

  return {
    id,
    title: title ?? `${input === 'text' ? 'Text' : 'JSON'}, as defined by ${id}`,
    dataset: spec.dataset,
    proof: builtIn?.proof ?? (spec.proof === undefined ? 'nothing: declared' : 'what its `proof:` names'),
    ...(builtIn && { about: builtIn.about }),
    framing: input === 'text' || INTO_ARRAYS.test(JSON.stringify(spec)) ? 'line' : 'json',
    ...(input === 'json' && (builtIn === undefined || signs.length > 0) && { lacks }),
    detect: (lines) =>
      input === 'text'
        ? fractionOf(lines, (line) => isOurs({ line }))
        : fractionOfObjects(lines, (record) => isOurs(unwrapped(record))),
    parser: (context) => {
      const batches = builtIn?.batches?.();
      const chain = builtIn?.chain?.(context.redactor);
      const readWhole = (bytes: Buffer, start: number, end: number, isCut = false): JsonObject | Unusable => {
        const record = readRecord(bytes, start, end, isCut);
        return batches === undefined || isFailure(record) ? record : batches.whole(record);
      };
      return {
        ...(batches && { batch: batches.each.bind(batches) }),
        ...(chain && {
          broken: (isEnd) => chain.take(isEnd),
          save: () => chain.save(),
          load: (saved) => chain.load(saved as SavedReceiptChain),
        }),
        parse(bytes, start, end, length) {
          const record = readWhole(bytes, start, end, length !== undefined);
          if (isFailure(record)) return record;
          // Of a record that is cut off, the hash may be missing.
          const wrong = length === undefined ? chain?.check(unwrapped(record)) : undefined;
          const parsed = wrong ?? parseRecord(record, context);
          return 'unusable' in parsed ? { ...parsed, claim: claimOf(record, context) } : parsed;
        },
        explain(bytes, start, end, note) {
          const record = readWhole(bytes, start, end);
          if (isFailure(record)) return record;
          return chain?.check(unwrapped(record)) ?? parseRecord(record, context, note);
        },
      };
    },
  };
};

const defined = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
