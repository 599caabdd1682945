import { createHash } from 'node:crypto';
import { SERIES_COUNT } from './series.ts';

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
  /** u32: hashes. */
  readonly hash: number;
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

/** Hands out places of one of the arrays, one after the other. */
class Places {
  used = 0;
  readonly take = (count = 1): number => {
    const first = this.used;
    this.used += count;
    return first;
  };
}

const f64 = new Places();
const f32 = new Places();
const u32 = new Places();
const u16 = new Places();
const at64 = f64.take;
const at32 = f32.take;
const atU32 = u32.take;
const at16 = u16.take;

const table = (capacity: number): TableLayout => ({
  capacity,
  hash: atU32(capacity),
  days: at32(capacity),
  last: at16(capacity),
  held: at16(capacity),
  kind: at16(capacity),
  size: at16(),
  newDays: at32(),
  allDays: at32(),
  lastNew: at16(),
});

/** Where everything is. Times are milliseconds, days are days since the epoch, hours are hours since the epoch. */
export const AT = {
  // f64
  firstSeen: at64(),
  lastSeen: at64(),
  day: at64(),
  hour: at64(),
  cell: at64(),
  hourRequests: at64(),
  hourBytes: at64(),
  hourRows: at64(),
  hourDenied: at64(),
  hourErrors: at64(),
  expectedBefore: at64(),
  expectedNow: at64(),
  quiet: at64(),
  minute: at64(),
  ring: at64(SERIES_COUNT * BUCKETS),
  sum: at64(SERIES_COUNT),
  edge: at64(SERIES_COUNT),
  dayMax: at64(SERIES_COUNT),
  alarm: at64(SERIES_COUNT),
  // f32
  activeDays: at32(),
  top: at32(SERIES_COUNT * TOP),
  flagged: at32(SERIES_COUNT),
  holdLevel: at32(SERIES_COUNT),
  explained: at32(SERIES_COUNT),
  activePasses: at32(HOURS_OF_WEEK),
  requestsPerPass: at32(HOURS_OF_WEEK),
  // u32
  cells: atU32(),
  minuteNetwork: atU32(),
  // u16
  topDay: at16(SERIES_COUNT * TOP),
  holdCount: at16(SERIES_COUNT),
  holdLast: at16(SERIES_COUNT),
  explainedOn: at16(SERIES_COUNT),
  flaggedCell: at16(SERIES_COUNT),
  hourFlags: at16(),
  minuteShared: at16(),
  quietHeld: at16(24),
  quietHeldLast: at16(24),
  firstSeenToday: at16(3),
  // tables
  actions: table(64),
  networks: table(16),
  subnets: table(16),
  clients: table(16),
};

/** Rounded up so that each array starts where its element size asks for. */
const roundUp = (count: number, to: number): number => Math.ceil(count / to) * to;
const F64 = f64.used;
const F32 = roundUp(f32.used, 2);
const U32 = roundUp(u32.used, 2);
const U16 = roundUp(u16.used, 4);
/** Bytes of one principal's state. */
export const STATE_BYTES = F64 * 8 + F32 * 4 + U32 * 4 + U16 * 2;
/** Changes with any place: bytes of another layout must never be read as if they were of this one. */
export const STATE_LAYOUT = createHash('sha256').update(JSON.stringify(AT)).digest('hex').slice(0, 16);

/** A view of `buffer` (as a snapshot gave it), or a new empty state. */
export const openState = (buffer: ArrayBuffer = new ArrayBuffer(STATE_BYTES)): State => ({
  buffer,
  f64: new Float64Array(buffer, 0, F64),
  f32: new Float32Array(buffer, F64 * 8, F32),
  u32: new Uint32Array(buffer, F64 * 8 + F32 * 4, U32),
  u16: new Uint16Array(buffer, F64 * 8 + F32 * 4 + U32 * 4, U16),
});

/** Typed reads of places that are always there: `noUncheckedIndexedAccess` cannot know. */
export const get = (array: Float64Array | Float32Array | Uint32Array | Uint16Array, at: number): number =>
  array[at] as number;
