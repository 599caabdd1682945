import { type ArrayName, countOf, type Field, type Layout, layoutId, placesOf } from './layout.ts';
import { SERIES } from './series.ts';

/**
 * All that is known of one principal: numbers at fixed places in one buffer, about 7 KB.
 * No strings and no growth, so memory is constant, and a snapshot is a copy of the bytes.
 */
export interface State {
  readonly buffer: ArrayBuffer;
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly u32: Uint32Array;
  readonly u16: Uint16Array;
}

/** Sub-buckets of a sliding window, a power of two: a window's sum covers between 7/8 and all of its length. */
export const BUCKETS = 8;
/** Greatest daily values kept per series. */
export const TOP = 8;
export const HOURS_OF_WEEK = 168;

/** Places of a table of known things (see repertoire.ts). */
export interface TableLayout {
  readonly capacity: number;
  /** u32: names, in two halves; an entry whose upper half is 0 has a name of 32 bits, from before they had 64. */
  readonly low: number;
  readonly high: number;
  /** f32: distinct days on which it was seen, decayed. */
  readonly days: number;
  /** u16: last day seen. */
  readonly last: number;
  /** u16: 0 = learned, else days held out of the baseline so far. */
  readonly held: number;
  /** u16: class of the thing (actions only). */
  readonly kind: number;
  /** u16: entries in use. */
  readonly size: number;
  /** f32: decayed days on which something new was learned, and decayed days in all. */
  readonly newDays: number;
  readonly allDays: number;
  /** u16: last day that counted as new. */
  readonly lastNew: number;
}

type More = Partial<Omit<Field, 'name' | 'array'>>;

/** Hands out places of the arrays, one after the other, and keeps the layout that comes of it. */
class Plan {
  readonly series = SERIES.map(({ metric, window }) => `${metric}/${window}`);
  readonly tables: Record<string, number> = {};
  readonly fields: Field[] = [];
  readonly #used: Record<ArrayName, number> = { f64: 0, f32: 0, u32: 0, u16: 0 };

  take(array: ArrayName, name: string, { each = 1, ...rest }: More = {}): number {
    const field: Field = { name, array, each, ...rest };
    this.fields.push(field);
    const first = this.#used[array];
    this.#used[array] += countOf(this, field);
    return first;
  }
}

const plan = new Plan();
const f64 = (name: string, more?: More): number => plan.take('f64', name, more);
const f32 = (name: string, more?: More): number => plan.take('f32', name, more);
const u32 = (name: string, more?: More): number => plan.take('u32', name, more);
const u16 = (name: string, more?: More): number => plan.take('u16', name, more);
const of = 'series';

const table = (name: string, capacity: number): TableLayout => {
  plan.tables[name] = capacity;
  const byEntry = { of: name, part: name };
  const alone = { part: name };
  return {
    capacity,
    low: u32(`${name}.hash`, byEntry),
    high: u32(`${name}.hashHigh`, byEntry),
    days: f32(`${name}.days`, byEntry),
    last: u16(`${name}.last`, byEntry),
    held: u16(`${name}.held`, byEntry),
    kind: u16(`${name}.kind`, byEntry),
    size: u16(`${name}.size`, alone),
    newDays: f32(`${name}.newDays`, alone),
    allDays: f32(`${name}.allDays`, alone),
    lastNew: u16(`${name}.lastNew`, alone),
  };
};

/**
 * Where everything is. Times are milliseconds, days are days since the epoch, hours are hours since the epoch.
 * A field that an earlier version did not have begins at 0, so 0 must mean that nothing is known.
 */
export const AT = {
  firstSeen: f64('firstSeen'),
  lastSeen: f64('lastSeen'),
  day: f64('day'),
  hour: f64('hour', { part: 'hour' }),
  cell: f64('cell', { part: 'cell' }),
  hourRequests: f64('hourRequests', { part: 'hour' }),
  hourBytes: f64('hourBytes', { part: 'hour' }),
  hourRows: f64('hourRows', { part: 'hour' }),
  hourDenied: f64('hourDenied', { part: 'hour' }),
  hourErrors: f64('hourErrors', { part: 'hour' }),
  expectedBefore: f64('expectedBefore', { part: 'hour' }),
  expectedNow: f64('expectedNow', { part: 'hour' }),
  minute: f64('minute', { part: 'minute' }),
  ring: f64('ring', { of, each: BUCKETS, part: 'window' }),
  sum: f64('sum', { of, part: 'window' }),
  edge: f64('edge', { of, part: 'window' }),
  dayMax: f64('dayMax', { of, part: 'today' }),
  alarm: f64('alarm', { of, part: 'today' }),
  activeDays: f32('activeDays'),
  top: f32('top', { of, each: TOP, part: 'top' }),
  flagged: f32('flagged', { of, part: 'today' }),
  holdLevel: f32('holdLevel', { of, part: 'hold' }),
  explained: f32('explained', { of, part: 'explained' }),
  activePasses: f32('activePasses', { each: HOURS_OF_WEEK, part: 'week' }),
  requestsPerPass: f32('requestsPerPass', { each: HOURS_OF_WEEK, part: 'week' }),
  cells: u32('cells', { part: 'cell' }),
  minuteNetwork: u32('minuteNetwork', { part: 'minute' }),
  minuteNetworkHigh: u32('minuteNetworkHigh', { part: 'minute' }),
  topDay: u16('topDay', { of, each: TOP, part: 'top' }),
  holdCount: u16('holdCount', { of, part: 'hold' }),
  holdLast: u16('holdLast', { of, part: 'hold' }),
  explainedOn: u16('explainedOn', { of, part: 'explained' }),
  flaggedCell: u16('flaggedCell', { of, part: 'today' }),
  hourFlags: u16('hourFlags', { part: 'hour' }),
  minuteShared: u16('minuteShared', { part: 'minute' }),
  quietHeld: u16('quietHeld', { each: 24, part: 'quietHeld' }),
  quietHeldLast: u16('quietHeldLast', { each: 24, part: 'quietHeld' }),
  firstSeenToday: u16('firstSeenToday', { each: 3 }),
  /** Active days that had passed before a series was known: they say nothing about it. */
  missedDays: u16('missedDays', { of }),
  /** Last day on which entries with names of 32 bits are known; 0 where there are none. */
  legacyUntil: u16('legacyUntil'),
  /** First day on which the shapes of its statements were learned. */
  shapesSince: u16('shapesSince'),
  actions: table('actions', 64),
  networks: table('networks', 16),
  subnets: table('subnets', 16),
  clients: table('clients', 16),
};
export const TABLES: readonly TableLayout[] = [AT.actions, AT.networks, AT.subnets, AT.clients];

export const LAYOUT: Layout = { series: plan.series, tables: plan.tables, fields: plan.fields };
/** Beside each saved state, so that bytes of another layout are never read as if they were of this one. */
export const LAYOUT_ID = layoutId(LAYOUT);

const { arrays, bytes } = placesOf(LAYOUT);
/** Bytes of one principal's state. */
export const STATE_BYTES = bytes;

/** A view of `buffer` (as a snapshot gave it), or a new empty state. */
export const openState = (buffer: ArrayBuffer = new ArrayBuffer(STATE_BYTES)): State => ({
  buffer,
  f64: new Float64Array(buffer, arrays.f64.from, arrays.f64.length),
  f32: new Float32Array(buffer, arrays.f32.from, arrays.f32.length),
  u32: new Uint32Array(buffer, arrays.u32.from, arrays.u32.length),
  u16: new Uint16Array(buffer, arrays.u16.from, arrays.u16.length),
});

/** Typed reads of places that are always there: `noUncheckedIndexedAccess` cannot know. */
export const get = (array: Float64Array | Float32Array | Uint32Array | Uint16Array, at: number): number =>
  array[at] as number;
