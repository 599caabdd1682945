import { closeSync, fchmodSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
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
  /** Its length when it was last known to be on the disk. */
  #synced = -1;

  /**
   * Begins a new file, or with `keep` goes on behind the first so many bytes of one that an earlier run began: it is going to
   * find again what stands behind them. Throws what `open` throws.
   */
  constructor(path: string, keep = 0) {
    this.#file = openSync(path, 'a', 0o600);
    const file = fstatSync(this.#file);
    if (!file.isFile()) return; // a device such as /dev/null stays as it is
    if (file.size > keep) ftruncateSync(this.#file, keep);
    fchmodSync(this.#file, 0o600); // a file that was there keeps its mode unless changed
  }

  /** Puts all letters so far on the disk; returns the file's length in bytes. */
  sync(): number {
    this.flush();
    const file = fstatSync(this.#file);
    if (file.isFile() && file.size !== this.#synced) fdatasyncSync(this.#file);
    this.#synced = file.size;
    return file.size;
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
