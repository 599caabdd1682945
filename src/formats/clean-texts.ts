import { BoundedCache } from '../bounded-cache.ts';
import type { FoundSecret } from './redact.ts';

/** In UTF-16 units: of longer texts few come again. */
const LONGEST = 512;
/** Texts that are remembered, twice at most. */
const MOST = 1_024;

/** A text of its own: one that was cut out of a record keeps the whole record in memory. */
const copyOf = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');

/**
 * What texts become that stand in many records, such as statements and the names of databases: made once for each. Texts with secrets are never
 * remembered, so that each record has its own findings.
 */
export class CleanTexts {
  readonly #make: (text: string, found: FoundSecret[]) => string;
  readonly #known = new BoundedCache<string>(MOST);

  /** @param make depends on nothing but the text */
  constructor(make: (text: string, found: FoundSecret[]) => string) {
    this.#make = make;
  }

  clean(text: string, found: FoundSecret[]): string {
    if (text.length > LONGEST) return this.#make(text, found);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    // A record that has all the secrets that are told apart gets no more: what is left out of it may still hold one.
    const mayTell = found.length === 0;
    const before = found.length;
    const made = this.#make(text, found);
    if (mayTell && found.length === before) this.#known.set(copyOf(text), copyOf(made));
    return made;
  }
}
