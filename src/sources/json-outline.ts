const [SPACE, QUOTE, COMMA, COLON, BACKSLASH, LETTER_U] = [32, 34, 44, 58, 92, 117];
const [BRACKET, END_BRACKET, BRACE, END_BRACE] = [91, 93, 123, 125];

/** Of all that is kept, in bytes. */
const MAX_KEPT = 256 * 1024;
const LIMIT = MAX_KEPT + 64 * 1024;
/** Objects down to this depth are the log's own, few and small; what lies deeper, a caller may fill: so much is kept of one such object. */
const OWN_DEPTH = 2;
const MAX_INNER = 16 * 1024;
const MAX_TEXT = 16 * 1024;
const MAX_INNER_TEXT = 4 * 1024;
const MAX_SCALAR = 64;
const MAX_MEMBERS = 256;
const MAX_DEPTH = 16;
/** Taken at once: each byte gives at most three. */
const PIECE = 64 * 1024;

/** An object or list that has been opened, and is kept. */
interface Level {
  members: number;
  /** Whether the member that is being read is kept; undefined before it begins. */
  keeps: boolean | undefined;
}

/**
 * The structure of a JSON object that is too long to be held, made as its bytes come: what the log's server wrote, wherever in it, but only the
 * beginnings of long texts, and little of what lies deep. Of bytes that are no JSON, something that is none either. Linear in the bytes.
 */
export class JsonOutline {
  readonly #levels: Level[] = [];
  /** Objects and lists that are open and not kept. */
  #skipped = 0;
  readonly #kept: Buffer[] = [];
  #length = 0;
  readonly #piece = Buffer.allocUnsafe(3 * PIECE);
  #at = 0;
  /** What had been kept when the object of a caller that is being read began. */
  #innerFrom = 0;
  #inText = false;
  /** Bytes that are still to come of an escape. */
  #escape = 0;
  /** Bytes of the text or scalar that is being read; infinite once the rest of it is left out. */
  #written = 0;

  /** What has been kept; not closed where the object is not. */
  get text(): Buffer {
    return Buffer.concat(this.#kept);
  }

  push(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; from += PIECE) {
      this.#at = 0;
      for (const byte of bytes.subarray(from, from + PIECE)) this.#inText ? this.#readText(byte) : this.#read(byte);
      if (this.#at > 0) this.#kept.push(Buffer.from(this.#piece.subarray(0, this.#at)));
      this.#length += this.#at;
    }
  }

  get #isFull(): boolean {
    return this.#length + this.#at > MAX_KEPT;
  }

  /** Whether the member that is being read is kept. */
  get #keeps(): boolean {
    return this.#skipped === 0 && this.#levels.at(-1)?.keeps === true;
  }

  /** What is JSON never comes to the limit: once there is no room, it has only ends to be written. */
  #put(byte: number): void {
    if (this.#length + this.#at < LIMIT) this.#piece[this.#at++] = byte;
  }

  #readText(byte: number): void {
    const isInEscape = this.#escape > 0;
    if (isInEscape) this.#escape = this.#escape === 1 && byte === LETTER_U ? 4 : this.#escape - 1;
    else if (byte === BACKSLASH) this.#escape = 1;
    const isEnd = byte === QUOTE && !isInEscape;
    if (isEnd) this.#inText = false;
    if (!this.#keeps) return;
    const most = this.#levels.length <= OWN_DEPTH ? MAX_TEXT : MAX_INNER_TEXT;
    // Never in the middle of an escape or a character.
    const mayEnd = !isInEscape && (byte & 0xc0) !== 0x80;
    if (mayEnd && (this.#written >= most || this.#isFull)) this.#written = Number.POSITIVE_INFINITY;
    if (isEnd || Number.isFinite(this.#written++)) this.#put(byte);
  }

  #read(byte: number): void {
    if (byte <= SPACE) return;
    const isOpening = byte === BRACE || byte === BRACKET;
    const isClosing = byte === END_BRACE || byte === END_BRACKET;
    if (this.#skipped > 0) {
      this.#inText = byte === QUOTE;
      if (isOpening) this.#skipped++;
      else if (isClosing) this.#skipped--;
      return;
    }
    const level = this.#levels.at(-1);
    if (isClosing) {
      this.#levels.pop();
      if (level !== undefined) this.#put(byte);
    } else if (byte === COMMA) {
      if (level !== undefined) level.keeps = undefined;
    } else if (level === undefined) {
      if (isOpening) this.#open(byte);
    } else {
      if (level.keeps === undefined) this.#beginMember(level);
      if (isOpening) this.#open(byte);
      else this.#readScalar(byte, level);
    }
  }

  #readScalar(byte: number, { keeps }: Level): void {
    if (byte === QUOTE) this.#inText = true;
    if (byte === QUOTE || byte === COLON) this.#written = 0;
    else if (this.#written++ >= MAX_SCALAR) return;
    if (keeps === true) this.#put(byte);
  }

  #beginMember(level: Level): void {
    const isInner = this.#levels.length > OWN_DEPTH;
    const hasRoom = !this.#isFull && !(isInner && this.#length + this.#at - this.#innerFrom > MAX_INNER);
    level.keeps = hasRoom && level.members < MAX_MEMBERS;
    this.#written = 0;
    if (level.keeps && level.members++ > 0) this.#put(COMMA);
  }

  #open(byte: number): void {
    const isOwn = this.#levels.length === 0 || this.#keeps;
    const goesIn = isOwn && this.#levels.length < MAX_DEPTH;
    if (isOwn) this.#put(byte);
    if (!goesIn) {
      // Of what is too deep there is only that it is there.
      if (isOwn) this.#put(byte === BRACE ? END_BRACE : END_BRACKET);
      this.#skipped = 1;
      return;
    }
    if (this.#levels.length === OWN_DEPTH) this.#innerFrom = this.#length + this.#at;
    this.#levels.push({ members: 0, keeps: undefined });
  }
}
