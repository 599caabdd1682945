import { z } from 'zod';
import type { FieldPath } from '../field-path.ts';
import { valueAt } from '../field-path.ts';
import { isObject, type JsonObject } from '../json.ts';
import { lacksZone, readTime } from '../read-time.ts';
import { isZone, NamedZone } from './named-zone.ts';
import type { Note } from './note.ts';
import { value, valueSchema } from './value.ts';

const oneSchema = z.strictObject({
  field: valueSchema,
  /** `iso` reads every written form, also that of Common Log Format; the others count since 1970. */
  unit: z.enum(['iso', 's', 'ms', 'us', 'ns']),
  /** The zone of times that name none, such as `Europe/Berlin`. */
  zone: z.string().refine(isZone, 'is no time zone; write a name such as Europe/Berlin or UTC').optional(),
});

/** One time, or several of which the first that can be read counts. */
export const timeSchema = z.union([oneSchema, z.array(oneSchema).min(1).max(8)]);
export type TimeSpec = z.infer<typeof timeSchema>;

/** Digits of a second's fraction in each unit. */
const DIGITS = { s: 0, ms: 3, us: 6, ns: 9 } as const;

/** Milliseconds of a count since 1970, digit by digit: a double would be 1 ms low at times. */
const sinceEpoch = (text: string, unit: keyof typeof DIGITS): number => {
  const [, whole, fraction = ''] = /^(\d{1,19})(?:\.(\d{1,19}))?$/.exec(text) ?? [];
  if (whole === undefined) return Number.NaN;
  const shift = 3 - DIGITS[unit];
  return shift <= 0
    ? Number(whole.slice(0, whole.length + shift) || '0')
    : Number(whole) * 10 ** shift + Number(fraction.slice(0, shift).padEnd(shift, '0'));
};

/** MongoDB's `{"$date": …}` and `{"$numberLong": "…"}`: the text, and whether it counts milliseconds. */
const extended = (raw: unknown): { text: string; counts: boolean } | undefined => {
  if (!isObject(raw)) return undefined;
  const { $date: date, $numberLong: long } = raw;
  if (typeof long === 'string') return { text: long, counts: true };
  if (typeof date === 'number') return { text: String(date), counts: true };
  return typeof date === 'string' ? { text: date, counts: false } : extended(date);
};

interface Clock {
  readonly named: string;
  readonly zone: string | undefined;
  read(record: JsonObject): { time: number; text: string; field: FieldPath } | undefined;
}

const clock = (spec: z.infer<typeof oneSchema>): Clock => {
  const where = value(spec.field);
  const zone = spec.zone === undefined ? undefined : new NamedZone(spec.zone);
  const fromLocal = zone && ((local: number) => zone.toUtc(local));
  const { unit } = spec;
  return {
    named: where.named,
    zone: spec.zone,
    read(record) {
      const found = where.find(record);
      if (found !== undefined) {
        const { text, field } = found;
        return { time: unit === 'iso' ? readTime(text, fromLocal) : sinceEpoch(text, unit), text, field };
      }
      for (const field of where.paths) {
        const inside = extended(valueAt(record, field));
        if (inside === undefined) continue;
        const { text, counts } = inside;
        return { time: counts ? sinceEpoch(text, 'ms') : readTime(text, fromLocal), text, field };
      }
      return undefined;
    },
  };
};

export interface TimeReader {
  /** Where it looks, for a person. */
  readonly named: string;
  /** Milliseconds since the epoch, NaN where there is no time. */
  read(record: JsonObject, note?: Note): number;
  /** Why `read` gave none, for a person. */
  problem(record: JsonObject): string;
}

export const timeReader = (spec: TimeSpec): TimeReader => {
  const clocks = (Array.isArray(spec) ? spec : [spec]).map(clock);
  const named = clocks.map((one) => one.named).join(' or ');
  return {
    named,
    read(record, note) {
      for (const one of clocks) {
        const found = one.read(record);
        if (found === undefined || !(found.time >= 0 && found.time <= 8.64e15)) continue;
        note?.('time', found.field.text);
        return found.time;
      }
      return Number.NaN;
    },
    problem(record) {
      for (const one of clocks) {
        const found = one.zone === undefined ? one.read(record) : undefined;
        if (found !== undefined && lacksZone(found.text))
          return `The time in ${found.field.text} names no zone; write the server's beside it: zone: Europe/Berlin, or have the server write one.`;
      }
      return `The field ${named} is not a time in the unit that the format names.`;
    },
  };
};
