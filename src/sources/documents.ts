import type { Source, SourcePosition, SourceProblem } from './source.ts';

/** One document of a store, such as Elasticsearch, that is read in order of time. */
export interface StoredDocument {
  /** JSON. */
  readonly text: string;
  /** Its time, as the store writes it: the same text for the same time. */
  readonly at: string;
  readonly id: string;
}

/** Some documents, in order; empty where only a problem is to be told. */
export interface DocumentPage {
  readonly documents: readonly StoredDocument[];
  readonly problem?: SourceProblem | undefined;
}

/** The time of the last document that was used, and which ones of that time were: many may have the same. */
export interface DocumentPlace {
  readonly at: string;
  readonly ids: readonly string[];
}

/** Reads a store page by page, from its beginning or behind a place. */
export interface DocumentReader {
  /** Undefined at the end; `caught-up` where there may be more later. */
  next(): Promise<DocumentPage | 'caught-up' | undefined>;
  close(): Promise<void>;
}

interface Given extends Omit<StoredDocument, 'text'> {
  /** Offset behind its line. */
  readonly end: number;
}

/** Documents of one time that a place names; beyond it, some are read twice after a restart. */
const MOST_IDS = 5_000;

/** Documents as lines of JSON, one document a line. */
export class DocumentSource implements Source {
  readonly name: string;
  readonly startsAt: number;
  readonly startsInside = false;
  readonly #reader: DocumentReader;
  /** Where it was opened, if not at the beginning. */
  readonly #from: DocumentPlace | undefined;
  #end: number;
  /** What the last page gave and the one before: whoever reads has used all that is older. */
  #given: Given[] = [];
  #lastPage = 0;
  #problem: SourceProblem | undefined;

  /** @param resume where an earlier run stood: the reader begins behind `placeOf` it */
  constructor(name: string, reader: DocumentReader, resume?: SourcePosition) {
    this.name = name;
    this.#reader = reader;
    this.#from = resume && placeOf(resume);
    this.startsAt = this.#from === undefined || resume === undefined ? 0 : resume.offset;
    this.#end = this.startsAt;
  }

  async read(): Promise<Buffer | 'caught-up' | 'end'> {
    const page = await this.#reader.next();
    if (page === undefined) return 'end';
    if (page === 'caught-up') return page;
    this.#problem = page.problem;
    this.#forget();
    const lines: Buffer[] = [];
    for (const { text, at, id } of page.documents) {
      const line = Buffer.from(`${text}\n`);
      lines.push(line);
      this.#end += line.length;
      this.#given.push({ at, id, end: this.#end });
    }
    return Buffer.concat(lines);
  }

  problem(): SourceProblem | undefined {
    const problem = this.#problem;
    this.#problem = undefined;
    return problem;
  }

  save(offset: number): SourcePosition {
    const last = this.#given.findLastIndex(({ end }) => end <= offset);
    const at = this.#given[last]?.at;
    if (at === undefined) return positionOf(this.name, offset, this.#from);
    const ids: string[] = this.#from?.at === at ? [...this.#from.ids] : [];
    for (let index = last; this.#given[index]?.at === at; index--) ids.push(this.#given[index]?.id as string);
    return positionOf(this.name, offset, { at, ids: ids.slice(-MOST_IDS) });
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  /** All before the last page, but for what has the time at which that page begins. */
  #forget(): void {
    const at = this.#given[this.#lastPage]?.at;
    let first = this.#lastPage;
    while (first > 0 && this.#lastPage - first < MOST_IDS && this.#given[first - 1]?.at === at) first--;
    this.#given = this.#given.slice(first);
    this.#lastPage = this.#given.length;
  }
}

const positionOf = (name: string, offset: number, place: DocumentPlace | undefined): SourcePosition => ({
  ...{ name, offset, identity: place === undefined ? '' : JSON.stringify([place.at, ...place.ids]) },
});

/** The place that a saved position holds; undefined at the beginning. */
export function placeOf({ identity }: SourcePosition): DocumentPlace | undefined {
  if (identity === '') return undefined;
  const [at, ...ids] = JSON.parse(identity) as [string, ...string[]];
  return { at, ids };
}
