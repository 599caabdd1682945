import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import type { SourceProblem } from './source.ts';

/** Compressed bytes taken at a time: a thousandfold of it may come out (RFC 1951 reaches about 1032:1). */
export const GUNZIP_SIZE = 16 * 1024;

/** Whether bytes begin as gzip does (RFC 1952, 2.3.1). */
export const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Decompresses gzip as it comes. Damage ends the data and is told; what came before it has been given out. */
export class Gunzip {
  readonly #stream = createGunzip();
  #out: Buffer[] = [];
  #error: Error | undefined;

  constructor() {
    this.#stream.on('data', (bytes: Buffer) => this.#out.push(bytes));
    this.#stream.on('error', (error) => {
      this.#error = error;
    });
  }

  get problem(): SourceProblem | undefined {
    if (this.#error === undefined) return undefined;
    return 'code' in this.#error && this.#error.code === 'Z_BUF_ERROR'
      ? { reason: 'truncated-gzip', detail: 'The compressed file ends too early; what could be read of it was.' }
      : { reason: 'corrupt-gzip', detail: 'The compressed file is damaged; what could be read of it was.' };
  }

  /** What these compressed bytes give. */
  async write(compressed: Buffer): Promise<Buffer> {
    if (this.#error === undefined) {
      await new Promise<void>((done) => {
        // Damage closes the stream without a word to the write that met it.
        this.#stream.once('close', done);
        this.#stream.write(compressed, () => {
          this.#stream.off('close', done);
          done();
        });
      });
    }
    return this.#take();
  }

  /** What is left when no more compressed bytes come. */
  async end(): Promise<Buffer> {
    if (this.#error === undefined && !this.#stream.readableEnded) {
      const closed = once(this.#stream, 'close').catch(() => undefined); // The error listener has it.
      this.#stream.end();
      await closed;
    }
    return this.#take();
  }

  close(): void {
    this.#stream.destroy();
  }

  #take(): Buffer {
    const out = this.#out;
    this.#out = [];
    return out.length === 1 && out[0] !== undefined ? out[0] : Buffer.concat(out);
  }
}
