import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { DeadLetter } from './dead-letter.ts';

/** Bytes (or so) that wait in memory to be written. */
const BUFFERED = 64 * 1024;

/** Dead letters as NDJSON, for the owner's eyes only (mode 0600): even redacted excerpts are parts of records. */
export class DeadLetterFile {
  /** Letters that could not be written, for want of space, say. */
  lost = 0;
  readonly #file: number;
  #lines: string[] = [];
  #length = 0;

  /** `append` goes on with a file that an earlier run began. Throws what `open` throws. */
  constructor(path: string, append = false) {
    this.#file = openSync(path, append ? 'a' : 'w', 0o600);
    // A file that was there keeps its mode unless changed; a device such as /dev/null must keep it.
    if (fstatSync(this.#file).isFile()) fchmodSync(this.#file, 0o600);
  }

  write(letter: DeadLetter): void {
    const line = `${JSON.stringify(letter)}\n`;
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= BUFFERED) this.flush();
  }

  flush(): void {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    if (lines.length === 0) return;
    try {
      const bytes = Buffer.from(lines.join(''));
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
    } catch {
      this.lost += lines.length; // A full disk must not stop detection; the count tells.
    }
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}
