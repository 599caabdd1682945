const [QUOTE, COMMA] = [34, 44];

/** Of one field, in bytes, and of all. */
const MAX_FIELD = 16 * 1024;
const MAX_KEPT = 256 * 1024;

/** A record of CSV that is too long to be held, made as its bytes come: all its fields, of long ones the beginnings. Linear in the bytes. */
export class CsvOutline {
  #kept: Buffer[] = [];
  #length = 0;
  #place: 'start' | 'plain' | 'quoted' | 'maybe-end' = 'start';
  /** Bytes that are kept of the field that is being read; infinite once the rest of it is left out. */
  #written = 0;
  #isQuoted = false;

  get text(): Buffer {
    return Buffer.concat(this.#kept);
  }

  push(bytes: Buffer): void {
    if (this.#length >= MAX_KEPT) return;
    // A field that was cut gets its closing quote back: no more than one byte more than came.
    const out = Buffer.allocUnsafe(2 * bytes.length);
    let length = 0;
    for (const byte of bytes) {
      const isComma = byte === COMMA && this.#place !== 'quoted';
      if (isComma) {
        if (this.#isQuoted && !Number.isFinite(this.#written)) length = out.writeUInt8(QUOTE, length);
        length = out.writeUInt8(COMMA, length);
        this.#place = 'start';
        this.#written = 0;
        continue;
      }
      this.#goOn(byte);
      if (Number.isFinite(this.#written++)) length = out.writeUInt8(byte, length);
    }
    this.#kept.push(Buffer.from(out.subarray(0, length)));
    this.#length += length;
  }

  /** Where the next byte of a field leads; a pair of quotes within quotes is one of the text, and is never cut. */
  #goOn(byte: number): void {
    if (this.#place === 'start') {
      this.#isQuoted = byte === QUOTE;
      this.#place = this.#isQuoted ? 'quoted' : 'plain';
      return;
    }
    if (this.#place !== 'maybe-end' && this.#written >= MAX_FIELD) this.#written = Number.POSITIVE_INFINITY;
    if (byte === QUOTE && this.#place === 'quoted') this.#place = 'maybe-end';
    else if (byte === QUOTE && this.#place === 'maybe-end') this.#place = 'quoted';
  }
}
