import { hash } from 'node:crypto';
import type { BrokenChain } from '../event.ts';
import type { Unusable } from './format.ts';
import { isObject, type JsonObject } from './json.ts';
import type { Redactor } from './redact.ts';

/** Receipts that were asked for together may follow the same one; their times differ by less, in milliseconds. */
const RACE = 500;
/** Hashes that are remembered, the newest ones; twice as many before the others are forgotten. */
const REMEMBERED = 512;
/** Receipts that wait for the one before them. */
const MOST_AWAITED = 64;
/** Breaks of a day that are told one by one; beyond it, each doubling is, so an export with a filter costs little. */
const ONE_BY_ONE = 32;
const DAY = 86_400_000;
const HASH = /^[0-9a-f]{64}$/;
const UTC_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
/** 128 bits of a hash tell receipts apart. */
const KEPT = 32;
const MAX_ID = 64;

const WRONG: Unusable = {
  unusable: 'receipt-hash',
  detail: 'Its receiptHash is not that of its id, envelopeId, timestamp, decision and prevReceiptHash.',
};

interface Awaiting {
  readonly record: string;
  readonly time: number;
}

export interface SavedReceiptChain {
  readonly earliest: number | null;
  readonly known: readonly (readonly [hash: string, time: number])[];
  readonly awaited: readonly (readonly [hash: string, receipt: Awaiting])[];
  readonly day: number;
  readonly inDay: number;
}

/**
 * The hashes of Authensor's receipts: each is over the receipt's id, envelope, time, decision and the hash of the receipt before
 * (`computeReceiptHash` in its control plane). Lists are newest first and files oldest first, so that the one before may come after.
 */
export class ReceiptChain {
  readonly #redactor: Redactor;
  #earliest = Number.POSITIVE_INFINITY;
  #known = new Map<string, number>();
  readonly #awaited = new Map<string, Awaiting>();
  #broken: BrokenChain[] = [];
  #day = 0;
  #inDay = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** Takes a whole receipt; says so where its hash is not its own. */
  check(receipt: JsonObject): Unusable | undefined {
    const { timestamp, receiptHash, prevReceiptHash } = receipt;
    if (typeof timestamp !== 'string' || !UTC_TIME.test(timestamp)) return undefined;
    const [time, record] = [Date.parse(timestamp), this.#idOf(receipt)];
    if (Number.isNaN(time)) return undefined;
    const isLater = this.#earliest < time - RACE;
    if (receiptHash === undefined || receiptHash === null) {
      // Authensor wrote none before it had a chain.
      if (isLater) this.#tell({ record, time, why: 'no-hash' });
      return undefined;
    }
    if (typeof receiptHash !== 'string' || !HASH.test(receiptHash) || !isHashOf(receiptHash, receipt)) {
      this.#tell({ record, time, why: 'wrong-hash' });
      return WRONG;
    }
    const own = receiptHash.slice(0, KEPT);
    // A receipt comes again with each change of its status.
    if (this.#known.has(own)) return undefined;
    this.#remember(own, time);
    this.#awaited.delete(own);
    const before = typeof prevReceiptHash === 'string' ? prevReceiptHash.slice(0, KEPT) : '';
    this.#settle(before, time);
    if (before !== '' && !this.#known.has(before) && !this.#awaited.has(before)) this.#await(before, { record, time });
    else if (before === '' && isLater) this.#tell({ record, time, why: 'new-chain' });
    return undefined;
  }

  /** What was found since it was last asked; at the log's end nothing comes any more. */
  take(isEnd: boolean): readonly BrokenChain[] {
    if (isEnd) this.#settle('', Number.POSITIVE_INFINITY);
    const found = this.#broken;
    if (found.length > 0) this.#broken = [];
    return found;
  }

  save(): SavedReceiptChain {
    return {
      earliest: Number.isFinite(this.#earliest) ? this.#earliest : null,
      known: [...this.#known],
      awaited: [...this.#awaited],
      day: this.#day,
      inDay: this.#inDay,
    };
  }

  load({ earliest, known, awaited, day, inDay }: SavedReceiptChain): void {
    this.#earliest = earliest ?? Number.POSITIVE_INFINITY;
    this.#known = new Map(known);
    this.#awaited.clear();
    for (const [hash, receipt] of awaited) this.#awaited.set(hash, receipt);
    this.#day = day;
    this.#inDay = inDay;
  }

  /** Once a receipt of another time has come, all between it and those that wait has passed by. The earliest one of all waits on. */
  #settle(before: string, time: number): void {
    for (const [hash, { record, time: of }] of this.#awaited) {
      if (hash === before || Math.abs(time - of) <= RACE || this.#earliest >= of - RACE) continue;
      this.#awaited.delete(hash);
      this.#tell({ record, time: Number.isFinite(time) ? time : of, why: 'missing' });
    }
  }

  #await(before: string, receipt: Awaiting): void {
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size >= MOST_AWAITED && oldest !== undefined) this.#awaited.delete(oldest);
    this.#awaited.set(before, receipt);
  }

  #remember(own: string, time: number): void {
    this.#earliest = Math.min(this.#earliest, time);
    this.#known.set(own, time);
    if (this.#known.size <= 2 * REMEMBERED) return;
    this.#known = new Map([...this.#known].toSorted(([, a], [, b]) => b - a).slice(0, REMEMBERED));
  }

  #tell(broken: BrokenChain): void {
    const day = Math.floor(broken.time / DAY);
    if (day !== this.#day) this.#inDay = 0;
    this.#day = day;
    this.#inDay++;
    if (this.#inDay <= ONE_BY_ONE || (this.#inDay & (this.#inDay - 1)) === 0) this.#broken.push(broken);
  }

  #idOf({ id }: JsonObject): string {
    return typeof id === 'string' ? this.#redactor.clean(id.slice(0, MAX_ID), 'id', []) : 'without an id';
  }
}

/** PostgreSQL writes an envelope's id in small letters; the hash is over what the agent sent. */
const isHashOf = (found: string, receipt: JsonObject): boolean => {
  const { envelopeId, envelope } = receipt;
  if (hashOf(receipt, envelopeId) === found) return true;
  const sent = isObject(envelope) ? envelope['id'] : undefined;
  const isSame = typeof sent === 'string' && sent !== envelopeId && sent.toLowerCase() === envelopeId;
  return isSame && hashOf(receipt, sent) === found;
};

const hashOf = ({ id, timestamp, decision, prevReceiptHash }: JsonObject, envelopeId: unknown): string => {
  const decisionOutcome = isObject(decision) ? decision['outcome'] : undefined;
  const text = JSON.stringify({ id, envelopeId, timestamp, decisionOutcome, prevReceiptHash: prevReceiptHash ?? '' });
  return hash('sha256', text, 'hex');
};
