import { type CredentialUse, NOTHING_ELSE, type Reading } from '../event.ts';
import type { Claim } from '../formats/format.ts';
import { PROOF } from '../proof.ts';
import { isPossibleTime } from './lane-clock.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** In each hour of a log so many records of a kind that can't be used are told one by one, then each time they have doubled: a flood costs little. */
const ONE_BY_ONE = 32;
/** Kinds in an hour: what more there are is told without whom it names. */
const MOST_KINDS = 64;

/** Records of one reason that count for the same. Plain JSON. */
interface Kind {
  readonly reason: string;
  inHour: number;
  /** Since it was told last. */
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

/** What is to be told now, in order with the events of the log. */
export interface Told {
  /** Event time, milliseconds. */
  readonly time: number;
  readonly reading: Reading;
  readonly claim: Claim | undefined;
}

/** As it goes with the events of its log. What a record only claims stays a claim: it counts for nobody. */
export const useOf = ({ time, reading, claim }: Told, dataset: string): CredentialUse => ({
  ...NOTHING_ELSE,
  time,
  format: 'reading',
  dataset,
  action: 'unreadable',
  result: 'error',
  proof: claim?.proof.state === 'verified' ? claim.proof : PROOF.unreadable,
  identities: claim?.identities ?? [],
  uses: 0,
  sourceIp: claim?.sourceIp,
  reading,
});

/**
 * Counts how a log can be read. What it tells follows from the log's records alone, however they are fetched: once a day how much was read, and
 * what could not be used, at its own time or, where that can't be read, at that of the event before it.
 */
export class ReadingTally {
  #time: number | undefined;
  #day: number | undefined;
  #hour: number | undefined;
  #read = 0;
  #kinds = new Map<string, Kind>();
  /** Told with the events to come: what came before the first one, and what an hour left untold. */
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

  /** The event at whose time this was told is none that happened: it is told again with the next. */
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
