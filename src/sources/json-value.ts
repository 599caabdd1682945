import { isContainerKey } from './json-containers.ts';

const [LF, SPACE, QUOTE, COMMA, COLON] = [10, 32, 34, 44, 58];
const [BRACKET, BACKSLASH, END_BRACKET, BRACE, END_BRACE] = [91, 92, 93, 123, 125];
const MAX_DEPTH = 256;
const MAX_KEYS = 16;
const MAX_KEY = 32;
const [OBJECT, ARRAY] = [1, 2];

/** What may come next. */
type Place = 'key' | 'first-key' | 'colon' | 'value' | 'first-value' | 'scalar' | 'after';

/** `more`: goes on in the next bytes; `end`: the value is complete; `broken`: no JSON. */
export type Outcome = 'more' | 'end' | 'broken';

/** Finds the end of one JSON value by its structure, however its bytes are cut. Says where an array of objects begins in it. */
export class JsonValue {
  /** Top-level keys of an object, the first few. */
  readonly keys: string[] = [];
  /** The key of the first array of objects that may hold records, `''` where the value itself is one. */
  arrayKey: string | undefined;
  /** Bytes fed before the array's first element. */
  arrayAt = 0;
  #fed = 0;
  #depth = 0;
  readonly #stack = new Uint8Array(MAX_DEPTH);
  #place: Place = 'value';
  #inString = false;
  #isKey = false;
  #escaped = false;
  #key = '';
  /** An array that may hold records was opened by the byte before. */
  #opened: string | undefined;

  /** The rest of an object behind the array in it. */
  static afterArray(): JsonValue {
    const value = new JsonValue();
    value.#stack[0] = OBJECT;
    value.#depth = 1;
    value.#place = 'after';
    return value;
  }

  /** Takes bytes in; returns where it stopped: behind the value's last byte, or at the byte that can't be. */
  feed(bytes: Buffer, from: number): { readonly at: number; readonly outcome: Outcome } {
    let at = from;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#endString();
          if (this.#depth === 0) return { at: at + 1, outcome: 'end' };
        } else if (byte === LF) return { at, outcome: 'broken' };
        else if (this.#isKey && this.#depth === 1 && this.#key.length < MAX_KEY) this.#key += String.fromCharCode(byte);
        continue;
      }
      if (this.#place === 'scalar' && this.#depth === 0 && (byte <= SPACE || byte === COMMA || byte === END_BRACKET))
        return { at, outcome: 'end' };
      if (byte <= SPACE) continue;
      if (this.#opened !== undefined) this.#look(byte, this.#fed + at - from);
      if (!this.#take(byte)) return { at, outcome: 'broken' };
      if (this.#depth === 0 && this.#place === 'after' && !this.#inString) return { at: at + 1, outcome: 'end' };
    }
    this.#fed += at - from;
    return { at, outcome: 'more' };
  }

  #endString(): void {
    this.#inString = false;
    if (!this.#isKey) {
      this.#place = 'after';
      return;
    }
    this.#place = 'colon';
    if (this.#depth === 1 && this.keys.length < MAX_KEYS) this.keys.push(this.#key);
  }

  /** The first thing in an array: an object, or its end. */
  #look(byte: number, at: number): void {
    if (this.arrayKey === undefined && (byte === BRACE || byte === END_BRACKET)) {
      this.arrayKey = this.#opened;
      this.arrayAt = at;
    }
    this.#opened = undefined;
  }

  /** Whether this byte may stand here. */
  #take(byte: number): boolean {
    const place = this.#place;
    const isValue = place === 'value' || place === 'first-value';
    switch (byte) {
      case QUOTE:
        this.#isKey = place === 'key' || place === 'first-key';
        this.#inString = true;
        this.#key = '';
        return isValue || this.#isKey;
      case COLON:
        this.#place = 'value';
        return place === 'colon';
      case COMMA:
        this.#place = this.#stack[this.#depth - 1] === OBJECT ? 'key' : 'value';
        return this.#depth > 0 && (place === 'after' || place === 'scalar');
      case BRACE:
        return isValue && this.#open(OBJECT, 'first-key');
      case BRACKET:
        if (this.#depth === 0) this.#opened = '';
        else if (this.#depth === 1 && this.#stack[0] === OBJECT && isContainerKey(this.#key)) this.#opened = this.#key;
        return isValue && this.#open(ARRAY, 'first-value');
      case END_BRACE:
        return (place === 'first-key' || place === 'after' || place === 'scalar') && this.#close(OBJECT);
      case END_BRACKET:
        return (place === 'first-value' || place === 'after' || place === 'scalar') && this.#close(ARRAY);
      default:
        this.#place = 'scalar';
        return isValue || place === 'scalar';
    }
  }

  #open(kind: number, place: Place): boolean {
    if (this.#depth >= MAX_DEPTH) return false;
    this.#stack[this.#depth++] = kind;
    this.#place = place;
    return true;
  }

  #close(kind: number): boolean {
    if (this.#depth === 0 || this.#stack[this.#depth - 1] !== kind) return false;
    this.#depth--;
    this.#place = 'after';
    return true;
  }
}
