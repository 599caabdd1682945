import { createHash } from 'node:crypto';
import type { Identity } from '../event.ts';
import { type Attribution, UNREGISTERED_AGENT } from './attributed.ts';
import { UNREGISTERED_CONFIDENCE } from './confidence.ts';

/** Characters of an identity that its principal's name keeps; a longer one ends in a hash, so that two stay two. */
const MAX_VALUE = 128;
const HASH_LENGTH = 16;

export interface UnregisteredLimits {
  /** Provisional principals at once. */
  readonly maxUnregistered: number;
  /** Milliseconds of event time without use after which one makes room. */
  readonly unregisteredIdle: number;
}

/** Plain JSON: `[name, last use in milliseconds]` for each, and the counts. */
export interface SavedUnregistered {
  readonly entries: readonly (readonly [string, number])[];
  readonly overflow: number;
  readonly evicted: number;
}

interface Entry {
  readonly attribution: Attribution;
  lastUse: number;
}

const OVERFLOW: Attribution = Object.freeze({
  method: 'overflow',
  confidence: 0,
  principal: undefined,
  credential: undefined,
  ambiguous: undefined,
});

/**
 * Accepted identities that the registry does not know, each under a name of its own, within fixed memory.
 * When the table is full, those idle for too long (by event time) make room; else a newcomer is only counted.
 */
export class UnregisteredTable {
  readonly #limits: UnregisteredLimits;
  readonly #onEvict: (principal: string) => void;
  readonly #entries = new Map<string, Entry>();
  /** No entry is idle before this time, so that a full table is not searched for every newcomer. */
  #noneIdleBefore = Number.NEGATIVE_INFINITY;
  /** Uses that found no room. */
  overflow = 0;
  /** Principals that made room. */
  evicted = 0;

  /** `onEvict` gets the name of each principal that makes room: what is remembered about it can go, too. */
  constructor(limits: UnregisteredLimits, onEvict: (principal: string) => void) {
    this.#limits = limits;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `time`: milliseconds since the epoch, of the event. */
  attribute(identity: Identity, time: number): Attribution {
    const name = provisionalName(identity);
    const known = this.#entries.get(name);
    if (known !== undefined) {
      if (time > known.lastUse) known.lastUse = time;
      return known.attribution;
    }
    if (this.#entries.size >= this.#limits.maxUnregistered) this.#evictIdle(time);
    if (this.#entries.size >= this.#limits.maxUnregistered) {
      this.overflow++;
      return OVERFLOW;
    }
    return this.#add(name, time).attribution;
  }

  save(): SavedUnregistered {
    const entries = [...this.#entries].map(([name, { lastUse }]) => [name, lastUse] as const);
    return { entries, overflow: this.overflow, evicted: this.evicted };
  }

  load(saved: SavedUnregistered): void {
    this.#entries.clear();
    this.#noneIdleBefore = Number.NEGATIVE_INFINITY;
    for (const [name, lastUse] of saved.entries.slice(0, this.#limits.maxUnregistered)) this.#add(name, lastUse);
    this.overflow = saved.overflow;
    this.evicted = saved.evicted;
  }

  #add(name: string, time: number): Entry {
    const entry: Entry = { attribution: provisional(name), lastUse: time };
    this.#entries.set(name, entry);
    this.#noneIdleBefore = Math.min(this.#noneIdleBefore, time + this.#limits.unregisteredIdle);
    return entry;
  }

  #evictIdle(time: number): void {
    if (time < this.#noneIdleBefore) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [name, { lastUse }] of this.#entries) {
      if (time - lastUse >= this.#limits.unregisteredIdle) {
        this.#entries.delete(name);
        this.evicted++;
        this.#onEvict(name);
      } else earliest = Math.min(earliest, lastUse);
    }
    this.#noneIdleBefore = earliest + this.#limits.unregisteredIdle;
  }
}

const provisional = (name: string): Attribution =>
  Object.freeze({
    method: 'unregistered',
    confidence: UNREGISTERED_CONFIDENCE,
    principal: name,
    credential: undefined,
    ambiguous: undefined,
  });

function provisionalName({ key, value }: Identity): string {
  if (value.length <= MAX_VALUE) return `${UNREGISTERED_AGENT}/${key}:${value}`;
  const hash = createHash('sha256').update(value).digest('hex').slice(0, HASH_LENGTH);
  return `${UNREGISTERED_AGENT}/${key}:${value.slice(0, MAX_VALUE - HASH_LENGTH - 1)}#${hash}`;
}
