import type { LineJoiner } from './framing.ts';

const QUOTE = 34;
const COMMA = 44;
const CR = 13;

type Place = 'field-start' | 'plain' | 'quoted' | 'quote-in-quoted';

/** A line that begins with a date and a time, as every line of PostgreSQL's csvlog does. */
const STARTS_WITH_TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/;

/**
 * Records of RFC 4180: a line end inside quotes belongs to the record.
 *
 * A quote where none may stand means that the record is broken (a torn write, a stray quote). Everything up to the next
 * line *behind that place* that begins with a time goes with it: lines before it may be text that an agent wrote
 * inside quotes, and must never pass for records.
 */
export class CsvLines implements LineJoiner {
  readonly endsInSilence = false;
  #place: Place = 'field-start';
  #broken = false;

  get open(): boolean {
    return this.#broken || this.#place === 'quoted';
  }

  get broken(): string | undefined {
    return this.#broken ? 'unbalanced-quotes' : undefined;
  }

  continues(bytes: Buffer, start: number, end: number): boolean {
    if (this.#broken) {
      if (!STARTS_WITH_TIME.test(bytes.toString('latin1', start, Math.min(end, start + 16)))) return true;
      this.#broken = false;
      this.#place = 'field-start';
    }
    const goesOn = this.#place === 'quoted';
    if (!goesOn) this.#place = 'field-start';
    this.more(bytes, start, end);
    return goesOn;
  }

  more(bytes: Buffer, start: number, end: number): void {
    if (this.#broken) return;
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
