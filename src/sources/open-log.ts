import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { GUNZIP_SIZE, Gunzip, isGzip } from './gunzip.ts';
import { HEAD, readHead } from './identity.ts';
import type { SourceProblem } from './source.ts';

/** A log file that is open for reading, as it was written or as rotation has compressed it. Offsets are those of its text. */
export interface OpenLog {
  readonly isCompressed: boolean;
  readonly problem: SourceProblem | undefined;
  stats(): Promise<Stats>;
  /** Bytes of its text so far; of a compressed one as its end says, modulo 2^32 (RFC 1952, 2.3.1). */
  size(): Promise<number>;
  /** Its first bytes. */
  head(): Promise<Buffer>;
  /** Bytes from `at` on; undefined at its end so far. Compressed ones only go forward. */
  read(at: number, size: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** Opens it in the form that its first bytes show. */
export async function openLog(path: string): Promise<OpenLog> {
  const file = await open(path, 'r');
  try {
    return isGzip(await readHead(file, 2)) ? new GzipLog(file) : new PlainLog(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class PlainLog implements OpenLog {
  readonly isCompressed = false;
  readonly problem = undefined;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  stats(): Promise<Stats> {
    return this.#file.stat();
  }

  async size(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  head(): Promise<Buffer> {
    return readHead(this.#file);
  }

  async read(at: number, size: number): Promise<Buffer | undefined> {
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await this.#file.read(buffer, 0, size, at);
    return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

class GzipLog implements OpenLog {
  readonly isCompressed = true;
  readonly #file: FileHandle;
  readonly #gunzip = new Gunzip();
  /** Where to read on in the compressed file. */
  #from = 0;
  /** Bytes of text that came out so far. */
  #given = 0;
  #ended = false;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  get problem(): SourceProblem | undefined {
    return this.#gunzip.problem;
  }

  stats(): Promise<Stats> {
    return this.#file.stat();
  }

  async size(): Promise<number> {
    const { size } = await this.#file.stat();
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    return bytesRead === 4 ? buffer.readUInt32LE() : 0;
  }

  async head(): Promise<Buffer> {
    const gunzip = new Gunzip();
    const text = await gunzip.write(await readHead(this.#file, GUNZIP_SIZE));
    gunzip.close();
    return Buffer.from(text.subarray(0, HEAD));
  }

  async read(at: number): Promise<Buffer | undefined> {
    while (!this.#ended) {
      const bytes = await this.#next();
      const skipped = Math.min(bytes.length, Math.max(0, at - this.#given));
      this.#given += bytes.length;
      if (skipped < bytes.length) return bytes.subarray(skipped);
    }
    return undefined;
  }

  close(): Promise<void> {
    this.#gunzip.close();
    return this.#file.close();
  }

  async #next(): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(GUNZIP_SIZE), 0, GUNZIP_SIZE, this.#from);
    this.#from += bytesRead;
    this.#ended = bytesRead === 0 || this.#gunzip.problem !== undefined;
    return this.#ended ? this.#gunzip.end() : this.#gunzip.write(buffer.subarray(0, bytesRead));
  }
}
