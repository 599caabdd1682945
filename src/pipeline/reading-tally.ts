import { type BrokenChain, type CredentialUse, NOTHING_ELSE, type Reading } from '../event.ts';
import type { Claim } from '../formats/format.ts';
import { PROOF } from '../proof.ts';
import { isPossibleTime } from './lane-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Unusable records of a kind that an hour of a log reports one by one; beyond it, each doubling is reported, so a flood costs little. */
const ONE_BY_ONE = 32;
/** Kinds in an hour; further ones are reported without the identity that they claim. */
const MOST_KINDS = 64;

/** Records of one reason that count for the same. Plain JSON. */
interface Kind {
  readonly reason: string;
  inHour: number;
  /** Since its last report. */
  untold: number;
}

export interface SavedTally {
  /** Event time of the last event, milliseconds; null before it. */
  readonly time: number | null;
  readonly day: number | null;
  readonly hour: number | null;
  readonly read: number;
  readonly kinds: readonly (readonly [key: string, kind: Kind])[];
  readonly held: readonly NonNullable<Reading['unreadable']>[];
}

/** A report that goes in order with the events of the log. */
export interface Told {
  /** Event time, milliseconds. */
  readonly time: number;
  readonly reading: Reading;
  readonly claim: Claim | undefined;
}

export const toldOfChain = (broken: BrokenChain): Told => ({
  time: broken.time,
  reading: { read: 0, unreadable: undefined, broken },
  claim: undefined,
});

/** The report as an event. A claimed identity stays a claim and counts for no agent. */
export const useOf = ({ time, reading, claim }: Told, dataset: string): CredentialUse => ({
  ...NOTHING_ELSE,
  time,
  // Beside what else is told at a record.
  format: reading.broken === undefined ? 'reading' : 'chain',
  dataset,
  action: reading.broken === undefined ? 'unreadable' : 'broken-chain',
  result: 'error',
  proof: claim?.proof.state === 'verified' ? claim.proof : PROOF.unreadable,
  identities: claim?.identities ?? [],
  uses: 0,
  sourceIp: claim?.sourceIp,
  reading,
});

/**
 * Counts how much of a log can be read. Its reports depend on the log's records only: once a day the number of events, and each unusable record
 * at its own time or, if that is unreadable, at that of the event before it.
 */
export class ReadingTally {
  #time: number | undefined;
  #day: number | undefined;
  #hour: number | undefined;
  #read = 0;
  #kinds = new Map<string, Kind>();
  /** Reported with the next events: records before the first event, and the rest of an hour. */
  #held: NonNullable<Reading['unreadable']>[] = [];

  /** An event of this time (milliseconds) was read. */
  event(time: number): Told | undefined {
    this.#read++;
    this.#time = time;
    const day = Math.floor(time / DAY);
    if (this.#day !== undefined && day <= this.#day)
      return this.#held.length === 0 ? undefined : this.#tell(time, this.#held.shift(), undefined);
    this.#day = day;
    return this.#tell(time, undefined, undefined);
  }

  /** A record could not be used although it should have been. */
  unreadable(reason: string, claim: Claim | undefined): Told | undefined {
    const time = claim !== undefined && isPossibleTime(claim.time) ? claim.time : this.#time;
    if (time === undefined) {
      this.#hold(reason, 1);
      return undefined;
    }
    const hour = Math.floor(time / HOUR);
    if (this.#hour === undefined || hour > this.#hour) this.#startHour(hour);
    const { kind, claimed } = this.#kindOf(reason, claim);
    kind.inHour++;
    kind.untold++;
    if (kind.inHour > ONE_BY_ONE && (kind.inHour & (kind.inHour - 1)) !== 0) return undefined;
    const count = kind.untold;
    kind.untold = 0;
    return this.#tell(time, { reason, count }, claimed);
  }

  /** The event that gave this report its time was rejected: the report is repeated with the next one. */
  untell({ read, unreadable }: Reading): void {
    this.#read += read;
    this.#time = undefined;
    this.#day = undefined;
    this.#hour = undefined;
    if (unreadable !== undefined) this.#hold(unreadable.reason, unreadable.count);
  }

  save(): SavedTally {
    return {
      time: this.#time ?? null,
      day: this.#day ?? null,
      hour: this.#hour ?? null,
      read: this.#read,
      kinds: [...this.#kinds].map(([key, kind]) => [key, { ...kind }]),
      held: [...this.#held],
    };
  }

  load({ time, day, hour, read, kinds, held }: SavedTally): void {
    this.#time = time ?? undefined;
    this.#day = day ?? undefined;
    this.#hour = hour ?? undefined;
    this.#read = read;
    this.#kinds = new Map(kinds.map(([key, kind]) => [key, { ...kind }]));
    this.#held = [...held];
  }

  #startHour(hour: number): void {
    for (const { reason, untold } of this.#kinds.values()) if (untold > 0) this.#hold(reason, untold);
    this.#kinds.clear();
    this.#hour = hour;
  }

  #kindOf(reason: string, claim: Claim | undefined): { readonly kind: Kind; readonly claimed: Claim | undefined } {
    const who = claim?.proof.state === 'verified' ? claim.identities[0]?.value : undefined;
    const own = who === undefined ? undefined : `${reason}\n${who}`;
    const isFull = own !== undefined && this.#kinds.size >= MOST_KINDS && !this.#kinds.has(own);
    const key = own === undefined || isFull ? reason : own;
    const kind = this.#kinds.get(key) ?? { reason, inHour: 0, untold: 0 };
    this.#kinds.set(key, kind);
    return { kind, claimed: isFull ? undefined : claim };
  }

  /** Reasons are few, from a fixed list. */
  #hold(reason: string, count: number): void {
    const at = this.#held.findIndex((held) => held.reason === reason);
    if (at === -1) this.#held.push({ reason, count });
    else this.#held[at] = { reason, count: count + (this.#held[at]?.count ?? 0) };
  }

  #tell(time: number, unreadable: Reading['unreadable'], claim: Claim | undefined): Told {
    const isOwn = claim?.proof.state === 'verified';
    // How much of the log is read says nothing of one agent.
    const reading = { read: isOwn ? 0 : this.#read, unreadable };
    if (!isOwn) this.#read = 0;
    return { time, reading, claim };
  }
}
