import type { DocumentPage, DocumentPlace, DocumentReader } from './documents.ts';

export interface PollOptions {
  /** A reader of what is there now, from a place on. */
  readonly open: (from: DocumentPlace | undefined) => DocumentReader;
  readonly from: DocumentPlace | undefined;
  /** Whether an error is the store's, so that it is asked again. */
  readonly mayPass: (error: unknown) => error is Error;
  /** Milliseconds between the end of one reader and the beginning of the next. */
  readonly every: number;
  /** Called when the store begins to fail, with what is wrong, and without it when it answers again. */
  readonly changed: (trouble: string | undefined) => void;
}

/** A store that is asked again and again for what has come since. It is asked in the background, so that no other source waits for it. */
export class PolledDocuments implements DocumentReader {
  readonly #options: PollOptions;
  #from: DocumentPlace | undefined;
  #reader: DocumentReader | undefined;
  #asking: Promise<void> | undefined;
  #ready: DocumentPage | undefined;
  #error: unknown;
  #askAgainAt = 0;
  /** What was there at the start is history: until it is read, others wait for it as for a file. */
  #isHistoryRead = false;
  #trouble: string | undefined;

  constructor(options: PollOptions) {
    this.#options = options;
    this.#from = options.from;
  }

  /** What is wrong with the store, if anything. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  async next(): Promise<DocumentPage | 'caught-up'> {
    if (this.#ready === undefined && performance.now() >= this.#askAgainAt) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      if (!this.#isHistoryRead) await this.#asking;
    }
    if (this.#error !== undefined) throw this.#error;
    const page = this.#ready;
    this.#ready = undefined;
    return page ?? 'caught-up';
  }

  async close(): Promise<void> {
    await this.#asking;
    await this.#reader?.close();
  }

  async #ask(): Promise<void> {
    try {
      this.#reader ??= this.#options.open(this.#from);
      const page = await this.#reader.next();
      if (page === undefined || page === 'caught-up') await this.#end();
      else {
        this.#ready = page;
        this.#reach(page);
      }
      this.#is(undefined);
    } catch (error) {
      if (!this.#options.mayPass(error)) {
        this.#error = error;
        return;
      }
      this.#is(error.message);
      await this.#end();
    }
  }

  /** The next reader begins where this one came to. */
  async #end(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
    this.#isHistoryRead = true;
    this.#askAgainAt = performance.now() + this.#options.every;
  }

  #reach({ documents }: DocumentPage): void {
    const at = documents.at(-1)?.at;
    if (at === undefined) return;
    const ids = documents.filter((document) => document.at === at).map(({ id }) => id);
    this.#from = { at, ids: this.#from?.at === at ? [...this.#from.ids, ...ids] : ids };
  }

  #is(trouble: string | undefined): void {
    const isNews = (trouble === undefined) !== (this.#trouble === undefined);
    this.#trouble = trouble;
    if (isNews) this.#options.changed(trouble);
  }
}
