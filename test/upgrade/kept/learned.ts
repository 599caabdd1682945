import type { Alert } from '../../../src/alerts/alert.ts';
import type { Store } from '../../../src/sinks/store.ts';
import { listAlerts } from '../../../src/sinks/store-alerts.ts';

/** An alert, as far as every version has it. */
export interface KnownAlert {
  readonly id: string;
  readonly principal: string;
  readonly severity: string;
  readonly detectors: readonly string[];
}

/** What was learned of one principal or group: numbers by field, those that JSON lacks as words. */
export type Numbers = Readonly<Record<string, readonly (number | string)[]>>;

export interface Learned {
  readonly alerts: readonly KnownAlert[];
  /** By `kind name`. */
  readonly baselines: Readonly<Record<string, Numbers>>;
}

export const knownAlert = ({ id, principal, severity, findings }: Alert): KnownAlert => ({
  id,
  principal,
  severity,
  detectors: [...new Set(findings.map(({ detector }) => detector))].sort(),
});

export const learnedIn = (store: Store): Learned => ({
  alerts: listAlerts(store)
    .filter(({ id }) => !id.startsWith('alert-'))
    .map(knownAlert),
  baselines: Object.fromEntries(
    store
      .all('SELECT * FROM baselines ORDER BY kind, name')
      .map(({ kind, name, state, layout }) => [
        `${kind} ${name}`,
        numbersIn(state as Uint8Array, fieldsOf(store, layout) ?? FIRST_LAYOUT),
      ]),
  ),
});

type Kind = 'f64' | 'f32' | 'u32' | 'u16';
type Field = readonly [name: string, kind: Kind, count: number];

const SERIES = 23;
const PER_SERIES = ['sum', 'edge', 'dayMax', 'alarm'];
const TIMES =
  'firstSeen lastSeen day hour cell hourRequests hourBytes hourRows hourDenied hourErrors expectedBefore expectedNow quiet minute'.split(
    ' ',
  );

const tableFields = (name: string, capacity: number): Field[] => [
  [`${name}.hash`, 'u32', capacity],
  [`${name}.days`, 'f32', capacity],
  [`${name}.last`, 'u16', capacity],
  [`${name}.held`, 'u16', capacity],
  [`${name}.kind`, 'u16', capacity],
  [`${name}.size`, 'u16', 1],
  [`${name}.newDays`, 'f32', 1],
  [`${name}.allDays`, 'f32', 1],
  [`${name}.lastNew`, 'u16', 1],
];

/** The first layout: every version wrote it before fields were stored by name and size. */
const FIRST_LAYOUT: readonly Field[] = [
  ...TIMES.map((name): Field => [name, 'f64', 1]),
  ['ring', 'f64', SERIES * 8],
  ...PER_SERIES.map((name): Field => [name, 'f64', SERIES]),
  ['activeDays', 'f32', 1],
  ['top', 'f32', SERIES * 8],
  ['flagged', 'f32', SERIES],
  ['holdLevel', 'f32', SERIES],
  ['explained', 'f32', SERIES],
  ['activePasses', 'f32', 168],
  ['requestsPerPass', 'f32', 168],
  ['cells', 'u32', 1],
  ['minuteNetwork', 'u32', 1],
  ['topDay', 'u16', SERIES * 8],
  ['holdCount', 'u16', SERIES],
  ['holdLast', 'u16', SERIES],
  ['explainedOn', 'u16', SERIES],
  ['flaggedCell', 'u16', SERIES],
  ['hourFlags', 'u16', 1],
  ['minuteShared', 'u16', 1],
  ['quietHeld', 'u16', 24],
  ['quietHeldLast', 'u16', 24],
  ['firstSeenToday', 'u16', 3],
  ...tableFields('actions', 64),
  ...tableFields('networks', 16),
  ...tableFields('subnets', 16),
  ...tableFields('clients', 16),
];

interface Description {
  readonly series: readonly string[];
  readonly tables: Readonly<Record<string, number>>;
  readonly fields: readonly {
    readonly name: string;
    readonly array: Kind;
    readonly each: number;
    readonly of?: string;
  }[];
}

/** The fields of a layout that is described beside the states, as far as that is so. */
function fieldsOf(store: Store, id: unknown): readonly Field[] | undefined {
  const isDescribed = store.first("SELECT 1 FROM sqlite_schema WHERE name = 'layouts'") !== undefined;
  const row = isDescribed ? store.first('SELECT description FROM layouts WHERE id = ?', String(id)) : undefined;
  if (row === undefined) return undefined;
  return fieldsFrom(JSON.parse(String(row['description'])));
}

/** The fields of a layout as it is described. */
export function fieldsFrom({ series, tables, fields }: Description): readonly Field[] {
  const manyOf = (of?: string): number => (of === undefined ? 1 : of === 'series' ? series.length : (tables[of] ?? 0));
  return fields.map(({ name, array, each, of }) => [name, array, each * manyOf(of)] as const);
}

const READERS: readonly (readonly [Kind, bytes: number, (view: DataView, at: number) => number])[] = [
  ['f64', 8, (view, at) => view.getFloat64(at, true)],
  ['f32', 4, (view, at) => view.getFloat32(at, true)],
  ['u32', 4, (view, at) => view.getUint32(at, true)],
  ['u16', 2, (view, at) => view.getUint16(at, true)],
];

const written = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

/** Each kind of number begins where eight bytes begin. */
export function numbersIn(bytes: Uint8Array, layout: readonly Field[] = FIRST_LAYOUT): Numbers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers: Record<string, (number | string)[]> = {};
  let at = 0;
  for (const [kind, size, read] of READERS) {
    for (const [name, , count] of layout.filter((field) => field[1] === kind)) {
      numbers[name] = Array.from({ length: count }, (_, index) => written(read(view, at + index * size)));
      at += count * size;
    }
    at = Math.ceil(at / 8) * 8;
  }
  if (at !== bytes.byteLength)
    throw new Error(`a baseline of ${bytes.byteLength} bytes is not of its layout, which has ${at}`);
  return numbers;
}
