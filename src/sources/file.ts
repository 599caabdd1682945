import { GUNZIP_SIZE, Gunzip, isGzip } from './gunzip.ts';
import type { HandlePool } from './handle-pool.ts';
import { compareIdentity, identityOf, readHead } from './identity.ts';
import { READ_SIZE, type Source, type SourcePosition, type SourceProblem } from './source.ts';

/** A file that is read once from start to end, plain or gzip by its first bytes. Opened when first read. */
export class FileSource implements Source {
  readonly name: string;
  readonly startsAt: number;
  readonly #pool: HandlePool;
  readonly #resume: SourcePosition | undefined;
  /** Until it is opened, what is known of it: a position may be saved before. */
  #identity: string;
  #opened = false;
  /** Where to read on in the file as it is on disk. */
  #at = 0;
  /** Decompressed bytes that an earlier run has used. */
  #skip = 0;
  /** The stream's offset at which the file's first byte stands: not 0 where another file has taken the place of the saved one. */
  #base = 0;
  #gunzip: Gunzip | undefined;
  /** The next bytes, on their way while the last ones are used; undefined if they could not be read. */
  #ahead: Promise<Buffer | undefined> | undefined;
  #problem: SourceProblem | undefined;

  constructor(name: string, pool: HandlePool, resume?: SourcePosition) {
    this.name = name;
    this.#pool = pool;
    this.#resume = resume;
    this.#identity = resume?.identity ?? '';
    this.startsAt = resume?.offset ?? 0;
  }

  async read(size = READ_SIZE): Promise<Buffer | 'end'> {
    try {
      if (!this.#opened) await this.#open();
      return this.#gunzip === undefined ? await this.#readRaw(size) : await this.#readGzip(this.#gunzip);
    } catch (error) {
      this.#problem = problemOf(error);
      await this.#pool.close(this.name);
      return 'end';
    }
  }

  problem(): SourceProblem | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  save(offset: number): SourcePosition {
    return { name: this.name, offset: offset - this.#base, identity: this.#identity };
  }

  async close(): Promise<void> {
    this.#gunzip?.close();
    await this.#ahead;
    await this.#pool.close(this.name);
  }

  async #open(): Promise<void> {
    await this.#pool.use(this.name, async (file) => {
      const head = await readHead(file);
      const stats = await file.stat();
      this.#identity = identityOf(stats, head);
      if (isGzip(head)) this.#gunzip = new Gunzip();
      if (this.#resume !== undefined && this.#resume.offset > 0) {
        if (compareIdentity(this.#resume.identity, stats, head) === 'other') this.#startOver(this.#resume.offset);
        else if (this.#gunzip === undefined) this.#at = this.#resume.offset;
        else this.#skip = this.#resume.offset;
      }
    });
    this.#opened = true;
  }

  #startOver(offset: number): void {
    this.#base = offset;
    this.#problem = {
      reason: 'position-lost',
      detail: 'It is not the file that was read before; it is read from its start.',
    };
  }

  async #readRaw(size: number): Promise<Buffer | 'end'> {
    const bytes = (await this.#ahead) ?? (await this.#readAt(this.#at, size));
    this.#at += bytes.length;
    // Not with many files open: one chunk more of each would be too much memory.
    this.#ahead = bytes.length > 0 && this.#pool.open === 1 ? this.#readAhead(size) : undefined;
    if (bytes.length > 0) return bytes;
    await this.#pool.close(this.name);
    return 'end';
  }

  async #readAt(at: number, size: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await this.#pool.use(this.name, (file) => file.read(buffer, 0, size, at));
    return bytesRead === size ? buffer : buffer.subarray(0, bytesRead);
  }

  async #readAhead(size: number): Promise<Buffer | undefined> {
    try {
      return await this.#readAt(this.#at, size);
    } catch {
      return undefined; // The same read fails again, where its error is told.
    }
  }

  async #readGzip(gunzip: Gunzip): Promise<Buffer | 'end'> {
    for (;;) {
      const compressed = gunzip.problem === undefined ? await this.#readRaw(GUNZIP_SIZE) : 'end';
      const bytes = compressed === 'end' ? await gunzip.end() : await gunzip.write(compressed);
      const unused = bytes.subarray(Math.min(this.#skip, bytes.length));
      this.#skip -= bytes.length - unused.length;
      if (unused.length > 0) return unused;
      if (compressed === 'end') {
        this.#problem ??= gunzip.problem;
        await this.#pool.close(this.name);
        return 'end';
      }
    }
  }
}

const problemOf = (error: unknown): SourceProblem => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EISDIR') {
    return {
      reason: 'directory',
      detail: 'It is a folder and was left out; name the files in it, such as folder/*.log.',
    };
  }
  return { reason: 'unreadable', detail: `It could not be read (${code}).` };
};
