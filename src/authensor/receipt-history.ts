import type { DocumentPage, DocumentPlace, DocumentReader } from '../sources/documents.ts';
import type { Patience, Receipt, ReceiptList } from './receipt-list.ts';

/** As many as Authensor gives at once. */
const PAGE = 200;
/** One that was read before, and the next one. */
const SMALLEST_PAGE = 2;
/** Authensor takes a receipt's time before it keeps it, so that one may be seen after a later one. */
const SETTLE_MS = 2_000;
/** A newest receipt that is older was not made just now, even by another clock. */
const JUST_NOW_MS = 60_000;

/** How far was read: a time, and which receipts of it were. */
interface Reached {
  readonly time: number;
  readonly ids: ReadonlySet<string>;
}

/**
 * Authensor's receipts, oldest first, up to the one that was the newest when it began. The list is newest first and moves on
 * with each new receipt, so each page reaches back to what was read before: nothing can lie between. It holds one page at a time.
 */
export class ReceiptHistory implements DocumentReader {
  readonly #list: ReceiptList;
  readonly #patience: Patience;
  #reached: Reached;
  #limit = PAGE;
  /** Offset behind the newest receipt that was read, to which the next page reaches; undefined before the first. */
  #end: number | undefined;
  /** Pages in a row that did not reach back to what was read. */
  #misses = 0;
  #until = Number.NEGATIVE_INFINITY;
  #isDone = false;

  constructor(list: ReceiptList, patience: Patience, from?: DocumentPlace) {
    this.#list = list;
    this.#patience = patience;
    this.#reached =
      from === undefined
        ? { time: Number.NEGATIVE_INFINITY, ids: new Set() }
        : { time: Date.parse(from.at), ids: new Set(from.ids) };
  }

  async next(): Promise<DocumentPage | undefined> {
    if (this.#end === undefined) await this.#begin();
    if (this.#isDone || this.#end === undefined) return undefined;
    const limit = this.#limit;
    const offset = beginOf(this.#end, limit);
    const page = await this.#list.page(offset, limit);
    if (page === 'stopped') return undefined;
    if (page === 'too-long') return this.#askForLess(limit);
    const documents = this.#take(page, offset, limit);
    return { documents: documents.toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1)) };
  }

  async close(): Promise<void> {
    // Authensor keeps nothing for a reader.
  }

  async #begin(): Promise<void> {
    const newest = await this.#at(0);
    this.#isDone = newest === undefined || !this.#isNew(newest);
    if (newest === undefined || this.#isDone) return;
    this.#until = newest.time;
    if (Date.now() - newest.time < JUST_NOW_MS) await this.#patience.wait(SETTLE_MS, this.#patience.signal);
    this.#end = (await this.#depthOf(this.#reached.time)) + 1;
  }

  /** How many receipts are not older: they are at most as many as the list has. */
  async #depthOf(time: number): Promise<number> {
    const isSince = async (offset: number) => ((await this.#at(offset))?.time ?? Number.NaN) >= time;
    let [low, high] = [0, PAGE];
    while (await isSince(high)) [low, high] = [high + 1, high * 2];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await isSince(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Undefined behind the list's end, and once it is to stop. */
  async #at(offset: number): Promise<Receipt | undefined> {
    const page = await this.#list.page(offset, 1);
    if (page === 'too-long') throw this.#list.tooLong();
    return page === 'stopped' ? undefined : page[0];
  }

  #askForLess(limit: number): DocumentPage {
    if (limit === SMALLEST_PAGE) throw this.#list.tooLong();
    this.#limit = Math.max(SMALLEST_PAGE, Math.floor(limit / 4));
    return { documents: [] };
  }

  /** What is new in a page; sets where the next one ends. */
  #take(page: readonly Receipt[], offset: number, limit: number): readonly Receipt[] {
    this.#limit = Math.min(PAGE, limit * 2);
    const oldest = page.at(-1);
    if (page.length === limit && oldest !== undefined && oldest.time > this.#reached.time) {
      // The list has moved, and others may lie behind this page.
      this.#end = offset + limit + Math.ceil(limit / 2) * 2 ** this.#misses++;
      this.#limit = limit;
      return [];
    }
    this.#misses = 0;
    const newest = page[0]?.time ?? Number.NEGATIVE_INFINITY;
    this.#isDone = offset === 0 || newest > this.#until;
    const fresh = page.filter((receipt) => receipt.time <= this.#until && this.#isNew(receipt));
    // Others of the newest time may stand before this page: all of one time are given together, where a page has room for them.
    const whole = this.#isDone ? fresh : fresh.filter(({ time }) => time < newest || time === this.#reached.time);
    const isStuck = whole.length === 0 && beginOf(this.#endOf(page, offset), limit) === offset && fresh.length > 0;
    const given = isStuck ? fresh : whole;
    this.#reach(given);
    this.#end = this.#endOf(page, offset);
    return given;
  }

  #isNew({ id, time }: Receipt): boolean {
    return time > this.#reached.time || (time === this.#reached.time && !this.#reached.ids.has(id));
  }

  #reach(given: readonly Receipt[]): void {
    const time = given.reduce((latest, receipt) => Math.max(latest, receipt.time), this.#reached.time);
    const ids = given.filter((receipt) => receipt.time === time).map(({ id }) => id);
    this.#reached = { time, ids: new Set(time === this.#reached.time ? [...this.#reached.ids, ...ids] : ids) };
  }

  #endOf(page: readonly Receipt[], offset: number): number {
    const read = page.findIndex(({ time }) => time <= this.#reached.time);
    return offset + (read === -1 ? page.length : read) + 1;
  }
}

const beginOf = (end: number, limit: number): number => Math.max(0, end - limit);
