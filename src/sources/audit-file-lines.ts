import { auditFileStart } from '../audit-file-start.ts';
import type { LineJoiner } from './framing.ts';

const QUOTE = 34;
const COMMA = 44;
const CR = 13;
/** Enough of a line to see that a record begins there, in bytes. */
const HEAD = 2_048;
/** Of pgaudit, up to the statement and its parameters; what the extension writes behind them it does not quote. */
const QUOTED_FIELDS = 9;

type Place = 'field-start' | 'plain' | 'quoted' | 'maybe-end';

/**
 * Records of the CSV that pgauditlogtofile writes: only pgaudit's own fields are quoted, so line ends stand only in those, and a quote
 * behind them, in an application's name, means nothing.
 *
 * Where the log was cut, each line before the first that begins a record is torn. A later line of a statement may look like one: so once a
 * line was torn, only one that no client can have written begins the next record.
 */
export class AuditFileLines implements LineJoiner {
  readonly endsInSilence = false;
  #place: Place = 'field-start';
  /** Fields of pgaudit that the record has not ended yet. */
  #left = 0;
  #hasTorn = false;
  #isTorn = false;

  get open(): boolean {
    return this.#left > 0 && this.#place === 'quoted';
  }

  get broken(): string | undefined {
    return this.#isTorn ? 'torn-record' : undefined;
  }

  continues(bytes: Buffer, start: number, end: number): boolean {
    const found = auditFileStart(bytes.toString('latin1', start, Math.min(end, start + HEAD)));
    if (this.open && found?.isCertain !== true) {
      this.more(bytes, start, end);
      return true;
    }
    const isBlank = end === start || (end === start + 1 && bytes[start] === CR);
    const begins = found !== undefined && (found.isCertain || !this.#hasTorn);
    this.#isTorn = !begins && !isBlank;
    this.#hasTorn = this.#isTorn || (this.#hasTorn && isBlank);
    this.#place = 'field-start';
    this.#left = begins && found.isAudit ? QUOTED_FIELDS : 0;
    if (begins) this.more(bytes, start + found.at, end);
    return false;
  }

  more(bytes: Buffer, start: number, end: number): void {
    let place = this.#place;
    for (let at = start; at < end && this.#left > 0; at++) {
      const byte = bytes[at];
      if (place === 'quoted') {
        if (byte === QUOTE) place = 'maybe-end';
      } else if (byte === COMMA) {
        place = 'field-start';
        this.#left--;
      } else if (byte === QUOTE) {
        place = place === 'plain' ? 'plain' : 'quoted';
      } else {
        place = 'plain';
      }
    }
    this.#place = place;
  }
}
