import { VERDICT_WORDS, type Verdict, type VerdictWord, verdictOfWord } from '../../alerts/verdict.ts';
import { DEEDS, type Deed } from '../../attribution/deed.ts';
import {
  CHAIN_BREAKS,
  type CredentialUse,
  type Identity,
  type Leak,
  PROOF_STATES,
  type Proof,
  type ProofState,
  type Reading,
  SHAPES,
  type Shape,
  type Spent,
} from '../../event.ts';
import { isTime as isTimeOfMessage } from '../../kafka/message.ts';
import { PROOF, storedProof } from '../../proof.ts';
import type { ClosedAlert } from '../core.ts';
import { PendingUse } from '../ordered.ts';
import type { ReloadOrder } from '../rules-in-use.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';

/** Raised when what an older version reads would be wrong. */
const VERSION = 2;
/** Its events have no proof. */
const WITHOUT_PROOF = 1;

/** A person's word on an alert, on its way to the partition that detects for its principal. */
export interface ClosingRecord {
  readonly alert: ClosedAlert;
  readonly verdict: VerdictWord;
  /** Of the person. An earlier version does not hand it on. */
  readonly said?: Omit<Verdict, 'value'>;
}

/** The whole verdict, where it was handed on. */
export const verdictOf = ({ verdict, said }: ClosingRecord): Verdict | undefined =>
  said && { value: verdictOfWord(verdict), ...said };

/** One message of the events topic: what a reader of one raw partition has to say to one events partition. */
export interface EventsMessage {
  /** The raw partition, `topic/partition`. */
  readonly from: string;
  /** All raw partitions there are, as partitions by topic: detection waits for each of them. */
  readonly of: Readonly<Record<string, number>>;
  /** Nothing before it is yet to come from that raw partition (milliseconds); null while nothing is known. */
  readonly watermark: number | null;
  /** The greatest event time that came from that raw partition; null before the first. */
  readonly high: number | null;
  /** The least time of what was read; absent where nothing was, and in what earlier versions wrote. */
  readonly low?: number | undefined;
  /** The raw partition had been read to its end: don't wait for more before looking at these. */
  readonly live: boolean;
  /** For what comes late. Absent in what earlier versions wrote, and where a message tells of no reading. */
  readonly own?: OwnReading | undefined;
  readonly events: readonly PendingUse[];
  readonly closings: readonly ClosingRecord[];
  readonly deeds?: readonly Deed[];
  /** From here on other rules apply. An earlier version passes it by. */
  readonly reload?: ReloadOrder;
}

/** How far a raw partition has come by itself, whatever time did meanwhile; milliseconds. */
export interface OwnReading {
  /** By the times of its own records: none before it is yet to come; null while nothing is known. */
  readonly watermark: number | null;
  /** Wall clock: when this was read … */
  readonly readAt: number;
  /** … and before when a record was read so that it has had its time to settle; null while there is more to read. */
  readonly settled: number | null;
}

type Wire = readonly [
  orderTime: number,
  time: number,
  late: 0 | 1,
  id: string,
  format: string,
  dataset: string,
  action: string,
  result: CredentialUse['result'],
  identities: readonly (readonly [Identity['key'], string])[],
  uses: 0 | 1,
  sourceIp: string | null,
  client: string | null,
  bytes: number,
  rows: number,
  status: number | null,
  method: string | null,
  path: string | null,
  statement: string | null,
  service: string | null,
  traceId: string | null,
  session: string | null,
  leaks: readonly Leak[],
  proof?: ProofState,
  by?: string,
];

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isBit = (value: unknown): boolean => value === 0 || value === 1;

/** What stands in each column of `Wire`. */
const COLUMNS: readonly ((value: unknown) => boolean)[] = [
  Number.isFinite,
  Number.isFinite,
  isBit,
  isText,
  isText,
  isText,
  isText,
  isText,
  (value) =>
    Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText)),
  isBit,
  isTextOrNull,
  isTextOrNull,
  Number.isFinite,
  Number.isFinite,
  (value) => value === null || Number.isFinite(value),
  ...Array.from({ length: 6 }, () => isTextOrNull),
  (value) => Array.isArray(value) && value.every(isObject),
];
const PROOF_COLUMNS: typeof COLUMNS = [(value) => PROOF_STATES.some((state) => state === value), isText];

/** What models cost: of few events, so beside the rows, where an earlier version passes it by. */
type SpentRow = readonly [event: number, inputTokens: number, outputTokens: number, cost: number];

const spentByEvent = (rows: unknown): ReadonlyMap<number, Spent> => {
  if (rows === undefined) return new Map();
  if (
    !Array.isArray(rows) ||
    !rows.every((row) => Array.isArray(row) && row.length === 4 && row.every(Number.isFinite))
  )
    throw new ForeignMessage('it is no message of events, though it has a version');
  return new Map(
    rows.map(([at, inputTokens, outputTokens, cost]: SpentRow) => [at, { inputTokens, outputTokens, cost }] as const),
  );
};

const spentAt = (spent: ReadonlyMap<number, Spent>, at: number): Pick<CredentialUse, 'spent'> => {
  const found = spent.get(at);
  return found === undefined ? {} : { spent: found };
};

/** JSON, with each event as a row of values: the field names would be most of the bytes. */
export function encodeEvents(message: EventsMessage): string {
  const { events, ...rest } = message;
  const uses: Wire[] = [];
  const sightings: Wire[] = [];
  const readings: (readonly [Wire, Reading])[] = [];
  const beside = nothingBeside();
  // One pass: of most events nothing stands beside their row.
  for (const event of events) {
    const { use } = event;
    if (use.reading !== undefined) readings.push([toWire(event), use.reading]);
    else if (event.sight === 'only') sightings.push(toWire(event));
    else {
      noteBeside(use, uses.length, beside);
      uses.push(toWire(event));
    }
  }
  return JSON.stringify({
    v: VERSION,
    ...rest,
    events: uses,
    ...Object.fromEntries(Object.entries(beside).filter(([, places]) => places.length > 0)),
    // Also where there are none: it says that sources are looked at where they belong.
    sightings,
    ...(readings.length > 0 && { readings }),
  });
}

/** @throws ForeignMessage for what no Wayward wrote; Error for what another version wrote */
export function decodeEvents(value: Buffer | null): EventsMessage {
  const message = parsed(value?.toString() ?? 'null');
  if (!isObject(message) || !Number.isSafeInteger(message.v)) throw new ForeignMessage('it is no message of events');
  if (message.v !== VERSION && message.v !== WITHOUT_PROOF)
    throw new Error(
      `an events message of version ${message.v}; this Wayward reads ${WITHOUT_PROOF} and ${VERSION}: run one that reads it, too`,
    );
  const columns = message.v === WITHOUT_PROOF ? COLUMNS : [...COLUMNS, ...PROOF_COLUMNS];
  if (!isMessage(message, columns)) throw new ForeignMessage('it is no message of events, though it has a version');
  const { readings = [], sightings, events, spent: spentRows, lossy, truncated, gathered, cursor, ...rest } = message;
  const spent = spentByEvent(spentRows);
  const isLossy = new Set(lossy);
  const isTruncated = new Set(truncated);
  const shapes = new Map(
    SHAPES.flatMap((shape) => ({ gathered, cursor })[shape]?.map((at) => [at, shape] as const) ?? []),
  );
  const uses = events.map((wire, at) =>
    fromWire(wire, {
      ...spentAt(spent, at),
      ...(isLossy.has(at) && { lossy: true as const }),
      ...(isTruncated.has(at) && { truncated: true as const }),
      ...shapeAt(shapes, at),
    }),
  );
  const told = readings.map(([wire, reading]) => fromWire(wire, { reading }));
  if (sightings === undefined) return { ...rest, events: [...uses, ...told] };
  for (const event of uses) event.sight = 'elsewhere';
  const seen = sightings.map((wire) => Object.assign(fromWire(wire, {}), { sight: 'only' as const }));
  return { ...rest, events: [...uses, ...told, ...seen] };
}

const shapeAt = (shapes: ReadonlyMap<number, Shape>, at: number): Pick<CredentialUse, 'shape'> => {
  const shape = shapes.get(at);
  return shape === undefined ? {} : { shape };
};

/** Which of the events, by their place, were not read as they stood, or have a shape; an earlier version does not hand it on. */
interface Flaws extends Partial<Readonly<Record<Shape, readonly number[]>>> {
  readonly lossy?: readonly number[];
  readonly truncated?: readonly number[];
}

/** What stands beside the rows. */
type Beside = Record<'lossy' | 'truncated' | Shape, number[]> & { readonly spent: SpentRow[] };

const nothingBeside = (): Beside => ({ spent: [], lossy: [], truncated: [], gathered: [], cursor: [] });

const noteBeside = ({ spent, lossy, truncated, shape }: CredentialUse, at: number, beside: Beside): void => {
  if (spent !== undefined) beside.spent.push([at, spent.inputTokens, spent.outputTokens, spent.cost]);
  if (lossy) beside.lossy.push(at);
  if (truncated) beside.truncated.push(at);
  if (shape !== undefined) beside[shape].push(at);
};

const arePlaces = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.every(isCount));

/** More partitions than any cluster has. */
const MOST_PARTITIONS = 1_000_000;

const isTime = (value: unknown): boolean => value === null || Number.isFinite(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** What is told of how logs could be read stands beside the uses, where earlier versions don't look. */
interface WireEvents {
  readonly events: readonly Wire[];
  readonly readings?: readonly (readonly [Wire, Reading])[];
  readonly sightings?: readonly Wire[];
}

const isMessage = (
  value: Readonly<Record<string, unknown>>,
  columns: typeof COLUMNS,
): value is Readonly<Record<string, unknown>> & Omit<EventsMessage, 'events'> & Flaws & WireEvents =>
  typeof value.from === 'string' &&
  isObject(value.of) &&
  Object.values(value.of).every((count) => isCount(count) && Number(count) <= MOST_PARTITIONS) &&
  isTime(value.watermark) &&
  isTime(value.high) &&
  typeof value.live === 'boolean' &&
  (value.own === undefined || isOwnReading(value.own)) &&
  Array.isArray(value.events) &&
  value.events.every((row) => isWire(row, columns)) &&
  (value.readings === undefined ||
    (Array.isArray(value.readings) &&
      value.readings.every((one) => Array.isArray(one) && isWire(one[0], columns) && isReading(one[1])))) &&
  (value.sightings === undefined ||
    (Array.isArray(value.sightings) && value.sightings.every((row) => isWire(row, columns)))) &&
  (value.low === undefined || Number.isFinite(value.low)) &&
  arePlaces(value.lossy) &&
  arePlaces(value.truncated) &&
  SHAPES.every((shape) => arePlaces(value[shape])) &&
  Array.isArray(value.closings) &&
  value.closings.every(isClosing) &&
  (value.deeds === undefined || (Array.isArray(value.deeds) && value.deeds.every(isDeed))) &&
  (value.reload === undefined || isReloadOrder(value.reload));

const isOwnReading = (value: unknown): boolean =>
  isObject(value) && isTime(value.watermark) && Number.isFinite(value.readAt) && isTime(value.settled);

const isWire = (row: unknown, columns: typeof COLUMNS): boolean =>
  Array.isArray(row) && row.length === columns.length && columns.every((fits, at) => fits(row[at]));

const isReading = (value: unknown): boolean =>
  isObject(value) &&
  isCount(value.read) &&
  (value.unreadable === undefined ||
    (isObject(value.unreadable) && isText(value.unreadable.reason) && isCount(value.unreadable.count))) &&
  (value.broken === undefined || isBroken(value.broken));

const isBroken = (value: unknown): boolean =>
  isObject(value) && isText(value.record) && isTime(value.time) && CHAIN_BREAKS.some((why) => why === value.why);

const isClosing = (value: unknown): boolean =>
  isObject(value) &&
  VERDICT_WORDS.some((word) => word === value.verdict) &&
  (value.said === undefined || isSaid(value.said)) &&
  isObject(value.alert) &&
  typeof value.alert.id === 'string' &&
  typeof value.alert.principal === 'string' &&
  Number.isFinite(value.alert.start) &&
  Number.isFinite(value.alert.end);

const isSaid = (value: unknown): boolean =>
  isObject(value) && isText(value.by) && isText(value.because) && isTimeOfMessage(value.at);

export const isReloadOrder = (value: unknown): value is ReloadOrder =>
  isObject(value) && isText(value.hash) && isText(value.by) && isCount(value.seq);

const isDeed = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.credential === 'string' &&
  DEEDS.some((did) => did === value.did) &&
  Number.isFinite(value.at);

const toWire = (event: PendingUse): Wire => {
  const { use } = event;
  return [
    event.orderTime,
    use.time,
    event.late ? 1 : 0,
    event.recordId,
    use.format,
    use.dataset,
    use.action,
    use.result,
    use.identities.map(({ key, value }) => [key, value] as const),
    use.uses,
    use.sourceIp ?? null,
    use.client ?? null,
    use.bytes,
    use.rows,
    use.status ?? null,
    use.method ?? null,
    use.path ?? null,
    use.statement ?? null,
    use.service ?? null,
    use.traceId ?? null,
    use.session ?? null,
    use.leaks,
    use.proof.state,
    use.proof.by,
  ];
};

/** An earlier version handed on what was not rejected as if it were proven. */
const proofFromWire = ([, , , , , , , result, , , , , , , , , , , , , , , state, by]: Wire): Proof => {
  if (state !== undefined && by !== undefined) return storedProof(state, by);
  return result === 'rejected' ? PROOF.failed : PROOF.earlierVersion;
};

const fromWire = (
  wire: Wire,
  more: Pick<CredentialUse, 'reading' | 'spent' | 'lossy' | 'truncated' | 'shape'>,
): PendingUse => {
  const use: CredentialUse = {
    time: wire[1],
    format: wire[4],
    dataset: wire[5],
    action: wire[6],
    result: wire[7],
    proof: proofFromWire(wire),
    identities: wire[8].map(([key, value]) => ({ key, value })),
    uses: wire[9],
    sourceIp: wire[10] ?? undefined,
    client: wire[11] ?? undefined,
    bytes: wire[12],
    rows: wire[13],
    status: wire[14] ?? undefined,
    method: wire[15] ?? undefined,
    path: wire[16] ?? undefined,
    statement: wire[17] ?? undefined,
    service: wire[18] ?? undefined,
    traceId: wire[19] ?? undefined,
    session: wire[20] ?? undefined,
    leaks: wire[21],
    ...more,
  };
  return PendingUse.of(use, wire[0], wire[2] === 1, wire[3]);
};
