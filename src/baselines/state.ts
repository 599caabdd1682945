import { type ArrayName, countOf, type Field, type Layout, layoutId, placesOf } from './layout.ts';
import { SERIES, VOLUME_COUNT } from './series.ts';

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

/** Active days whose greatest values are kept one by one: enough for a median and for what was usual two weeks ago. */
export const DAYS = 28;
export const HOURS_OF_WEEK = 168;
export const SIZES = 40;
export const ID_ACTIONS = 8;
export const IDS = 8;
export const BUSY = 20;
export const ADDRESSES = 12;

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
  /** u16: first day seen; 0 where an earlier version knew it already. */
  readonly first: number;
  /** u16: 0 = learned, else days held out of the baseline so far. */
  readonly held: number;
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
  readonly series = SERIES.map(({ metric, fades }) => `${metric}~${Math.round(fades)}`);
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
    first: u16(`${name}.first`, byEntry),
    held: u16(`${name}.held`, byEntry),
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
  hourRequests: f64('hourRequests', { part: 'hour' }),
  hourBytes: f64('hourBytes', { part: 'hour' }),
  hourRows: f64('hourRows', { part: 'hour' }),
  hourDenied: f64('hourDenied', { part: 'hour' }),
  hourErrors: f64('hourErrors', { part: 'hour' }),
  /** When something was flagged last; 0 once the incident was found to be over. */
  flaggedAt: f64('flaggedAt'),
  /** Longest time without a use, milliseconds. */
  longestPause: f64('longestPause'),
  /** Each series: its value, and when it was that. */
  level: f64('level', { of, part: 'level' }),
  levelAt: f64('levelAt', { of, part: 'level' }),
  activeDays: f32('activeDays'),
  /** The greatest of the days before; today is never in it. */
  record: f32('record', { of, part: 'record' }),
  /** Today's greatest, the value from which it is worth a look, and the one that was told. */
  greatest: f32('greatest', { of, part: 'today' }),
  alarm: f32('alarm', { of, part: 'today' }),
  flagged: f32('flagged', { of, part: 'today' }),
  holdLevel: f32('holdLevel', { of, part: 'hold' }),
  holdCount: u16('holdCount', { of, part: 'hold' }),
  holdLast: u16('holdLast', { of, part: 'hold' }),
  /** The last DAYS active days, by day number, and each volume's greatest of each (see `packed`). */
  pastDay: u16('pastDay', { each: DAYS, part: 'past' }),
  past: u16('past', { each: DAYS * VOLUME_COUNT, part: 'past' }),
  activePasses: f32('activePasses', { each: HOURS_OF_WEEK, part: 'week' }),
  requestsPerPass: f32('requestsPerPass', { each: HOURS_OF_WEEK, part: 'week' }),
  /** Cells of five minutes with activity in each hour of today, UTC. */
  cellsToday: u16('cellsToday', { each: 24, part: 'cells' }),
  cell: f64('activeCell', { part: 'cells' }),
  cellUses: u16('cellUses', { part: 'cells' }),
  cellBits: f32('cellBits', { part: 'cells' }),
  /** Of a group: days of members in all and with activity at unusual hours, fading. Of a principal, the last such day. */
  memberDays: f32('memberDays', { part: 'nights' }),
  memberNights: f32('memberNights', { part: 'nights' }),
  lastNight: u16('lastNight', { part: 'nights' }),
  /** 1 where today's unusual hours are the whole group's. */
  nightExplained: u16('nightExplained', { part: 'nights' }),
  /** Sizes of answers, in bins of half a power of two. */
  sizes: f32('sizes', { each: SIZES, part: 'sizes' }),
  /** Ids asked for last, of the actions (index + 1) asked for last; how many were in order, of how many. */
  idAction: u16('idAction', { each: ID_ACTIONS, part: 'ids' }),
  ids: u32('ids', { each: ID_ACTIONS * IDS, part: 'ids' }),
  idCount: u16('idCount', { each: ID_ACTIONS, part: 'ids' }),
  idNext: u16('idNext', { part: 'ids' }),
  inOrder: f32('inOrder', { part: 'ids' }),
  asked: f32('asked', { part: 'ids' }),
  /** The busiest actions: index in `actions` + 1, values over ten minutes and eight hours, records, today's greatest. */
  busy: u16('busy', { each: BUSY, part: 'busy' }),
  busyAt: f64('busyAt', { each: BUSY, part: 'busy' }),
  busyLevel: f32('busyLevel', { each: BUSY * 2, part: 'busy' }),
  busyRecord: f32('busyRecord', { each: BUSY * 2, part: 'busy' }),
  busyGreatest: f32('busyGreatest', { each: BUSY * 2, part: 'busy' }),
  busyDays: u16('busyDays', { each: BUSY, part: 'busy' }),
  /** The last day on which it was far above its record, and told. */
  busyTold: u16('busyTold', { each: BUSY, part: 'busy' }),
  /** Sum of `actions.days`, to give shares. */
  actionDays: f32('actionDays'),
  /** The action that was denied last: index + 1. */
  deniedLast: u16('deniedLast'),
  /** Lower half of the name of the one that failed last. */
  failedLast: u32('failedLast'),
  /** Episodes in which it used an area that neither it nor its peers knew; the one that is going on (index + 1). */
  areaEpisodes: f32('areaEpisodes', { part: 'area' }),
  areaNow: u16('areaNow', { part: 'area' }),
  /** The area of the unknown action before (index + 1). */
  noveltyArea: u16('noveltyArea'),
  areaUses: f32('areaUses', { part: 'area' }),
  areaAt: f64('areaAt', { part: 'area' }),
  /** Addresses used last: name and time. */
  address: u32('address', { each: ADDRESSES, part: 'addresses' }),
  addressHigh: u32('addressHigh', { each: ADDRESSES, part: 'addresses' }),
  addressAt: f64('addressAt', { each: ADDRESSES, part: 'addresses' }),
  /** Place of the one in use: index + 1. */
  addressNow: u16('addressNow', { part: 'addresses' }),
  /** The foreign network it is used from: its name, uses, days, returns to the old one, and when it was used last. */
  foreign: u32('foreign', { part: 'foreign' }),
  foreignHigh: u32('foreignHigh', { part: 'foreign' }),
  foreignAt: f64('foreignAt', { part: 'foreign' }),
  foreignUses: f32('foreignUses', { part: 'foreign' }),
  foreignDays: u16('foreignDays', { part: 'foreign' }),
  foreignReturns: u16('foreignReturns', { part: 'foreign' }),
  foreignNow: u16('foreignNow', { part: 'foreign' }),
  foreignDay: u16('foreignDay', { part: 'foreign' }),
  /** A client that it never had, at its own places: its name, when it was used last, uses, days, and whether its own was used again. */
  guest: u32('guest', { part: 'guest' }),
  guestHigh: u32('guestHigh', { part: 'guest' }),
  guestAt: f64('guestAt', { part: 'guest' }),
  guestUses: u16('guestUses', { part: 'guest' }),
  guestDays: u16('guestDays', { part: 'guest' }),
  guestReturns: u16('guestReturns', { part: 'guest' }),
  guestNow: u16('guestNow', { part: 'guest' }),
  guestDay: u16('guestDay', { part: 'guest' }),
  /** Uses so far, up to the few that say where it lives. */
  firstUses: u16('firstUses'),
  /** The day on which it was told that volumes have drifted. */
  driftTold: u16('driftTold'),
  firstSeenToday: u16('firstSeenToday', { each: 3 }),
  /** Active days that had passed before a series was known: they say nothing about it. */
  missedDays: u16('missedDays', { of }),
  /** Last day on which entries with names of 32 bits are known; 0 where there are none. */
  legacyUntil: u16('legacyUntil'),
  /** First day on which the shapes of its statements were learned. */
  shapesSince: u16('shapesSince'),
  /** Shapes that its statements usually have: a bit for each of SHAPES. */
  shapes: u16('shapes'),
  actions: table('actions', 138),
  areas: table('areas', 16),
  networks: table('networks', 16),
  /** Of the first octet, or the first group of IPv6. */
  regions: table('regions', 8),
  clients: table('clients', 16),
};
export const TABLES: readonly TableLayout[] = [AT.actions, AT.areas, AT.networks, AT.regions, AT.clients];

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
