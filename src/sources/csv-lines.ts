import { isCsvlogStartIn } from '../csvlog-start.ts';
import type { LineJoiner } from './framing.ts';

const QUOTE = 34;
const COMMA = 44;
const CR = 13;

type Place = 'field-start' | 'plain' | 'quoted' | 'quote-in-quoted';

/**
 * Records of RFC 4180: a line end inside quotes belongs to the record.
 *
 * A quote where none may stand means that the record is broken (a torn write, a stray quote). Everything up to the next
 * line *behind that place* that certainly begins a record of csvlog goes with it: lines before it may be text that an agent wrote
 * inside quotes, and must never pass for records. So it is with the beginning of a log that was cut: each line before the first
 * that certainly begins a record is torn.
 */
export class CsvLines implements LineJoiner {
  readonly endsInSilence = false;
  #place: Place = 'field-start';
  #broken = false;
  /** No line has certainly begun a record yet. */
  #torn = true;
  #blank = false;

  get open(): boolean {
    return this.#broken || (this.#place === 'quoted' && !this.#torn);
  }

  get broken(): string | undefined {
    if (this.#torn) return this.#blank ? undefined : 'torn-record';
    return this.#broken ? 'unbalanced-quotes' : undefined;
  }

  continues(bytes: Buffer, start: number, end: number): boolean {
    if (this.#broken || this.#torn) {
      this.#blank = end === start || (end === start + 1 && bytes[start] === CR);
      if (!isCsvlogStartIn(bytes, start, end)) return this.#broken;
      this.#broken = false;
      this.#torn = false;
      this.#place = 'field-start';
    }
    const goesOn = this.#place === 'quoted';
    if (!goesOn) this.#place = 'field-start';
    this.more(bytes, start, end);
    return goesOn;
  }

  more(bytes: Buffer, start: number, end: number): void {
    if (this.#broken || this.#torn) return;
    let place = this.#place;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (place === 'quoted') {
        if (byte === QUOTE) place = 'quote-in-quoted';
      } else if (byte === COMMA) {
        place = 'field-start';
      } else if (byte === QUOTE) {
        if (place === 'plain') this.#broken = true;
        place = 'quoted';
      } else if (place === 'quote-in-quoted') {
        if (byte !== CR) this.#broken = true;
      } else {
        place = 'plain';
      }
    }
    this.#place = place;
  }
}
