import type { Readable } from 'node:stream';
import { Gunzip, isGzip } from './gunzip.ts';
import type { Source, SourcePosition, SourceProblem } from './source.ts';

export interface StreamOptions {
  /** Never wait for bytes: say `caught-up` where there are none for now. */
  readonly live?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

/** Standard input or a pipe, plain or gzip. It cannot be read twice, so a restart goes on with what comes then. */
export class StreamSource implements Source {
  readonly name: string;
  readonly startsAt = 0;
  readonly #stream: Readable;
  readonly #options: StreamOptions;
  #ended = false;
  #gunzip: Gunzip | undefined;
  #started = false;
  #problem: SourceProblem | undefined;
  #wake: () => void = () => undefined;

  constructor(name: string, stream: Readable, options: StreamOptions = {}) {
    this.name = name;
    this.#stream = stream;
    this.#options = options;
    const wake = (): void => this.#wake();
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    stream.on('readable', wake).on('end', end).on('close', end);
    stream.on('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      this.#problem = { reason: 'unreadable', detail: `It could not be read to its end (${code}).` };
      end();
    });
    options.signal?.addEventListener('abort', wake, { once: true });
  }

  async read(): Promise<Buffer | 'caught-up' | 'end'> {
    for (;;) {
      const bytes: unknown = this.#stream.read();
      if (bytes instanceof Buffer) {
        const plain = await this.#plain(bytes);
        if (plain.length > 0) return plain;
        continue;
      }
      if (this.#ended) return await this.#rest();
      if (this.#options.live === true || this.#options.signal?.aborted === true) return 'caught-up';
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  problem(): SourceProblem | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  save(offset: number): SourcePosition {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {
    this.#gunzip?.close();
    this.#stream.destroy();
  }

  async #plain(bytes: Buffer): Promise<Buffer> {
    if (!this.#started) {
      this.#started = true;
      if (isGzip(bytes)) this.#gunzip = new Gunzip();
    }
    return this.#gunzip === undefined ? bytes : await this.#gunzip.write(bytes);
  }

  async #rest(): Promise<Buffer | 'end'> {
    const rest = await this.#gunzip?.end();
    if (rest !== undefined && rest.length > 0) return rest;
    this.#problem ??= this.#gunzip?.problem;
    this.#gunzip = undefined;
    return 'end';
  }
}
