import { type Client, errors, type estypes } from '@elastic/elasticsearch';
import type { DocumentPage, DocumentPlace, DocumentReader, StoredDocument } from '../../sources/documents.ts';

/** Documents in one request, if they are not too long. */
const PAGE = 1_000;
/** Bytes of one answer at most: a page beyond it is asked for again with fewer documents. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Other logs may have to be read before the next page; each request begins it anew. */
const KEEP_ALIVE = '1h';
const TIME = '@timestamp';
/** In milliseconds, whatever an index keeps: beside one in nanoseconds, others would never be read to their end. */
const ORDER = {
  order: 'asc',
  numeric_type: 'date',
  format: 'strict_date_optional_time',
  unmapped_type: 'date',
} as const;

/** What was ever written by Wayward is no history. */
const OURS = { term: { 'event.module': 'wayward' } };

/** Documents of an index, a data stream or a pattern, as they are now, in order of their time. */
export class ElasticsearchHistory implements DocumentReader {
  readonly #client: Client;
  readonly #query: estypes.QueryDslQueryContainer;
  readonly #from: DocumentPlace | undefined;
  readonly #used: ReadonlySet<string>;
  #pit: string;
  #after: estypes.SortResults | undefined;
  #size = PAGE;
  /** Told with the first page. */
  #timeless: number;

  private constructor(client: Client, pit: string, timeless: number, from: DocumentPlace | undefined) {
    this.#client = client;
    this.#pit = pit;
    this.#timeless = timeless;
    this.#from = from;
    this.#used = new Set(from?.ids);
    const since = from === undefined ? { exists: { field: TIME } } : { range: { [TIME]: { gte: from.at } } };
    this.#query = { bool: { filter: [since], must_not: [OURS] } };
  }

  /** Undefined where nothing has such a name. @throws the client's errors */
  static async open(client: Client, index: string, from?: DocumentPlace): Promise<ElasticsearchHistory | undefined> {
    const { id } = await client.openPointInTime({ index, keep_alive: KEEP_ALIVE });
    const { hits, _shards } = await client.search({
      ...{ pit: { id, keep_alive: KEEP_ALIVE }, size: 0, track_total_hits: true },
      query: { bool: { must_not: [{ exists: { field: TIME } }, OURS] } },
    });
    const total = typeof hits.total === 'number' ? hits.total : (hits.total?.value ?? 0);
    const history = new ElasticsearchHistory(client, id, from === undefined ? total : 0, from);
    if (_shards.total > 0) return history;
    await history.close();
    return undefined;
  }

  async next(): Promise<DocumentPage | undefined> {
    if (this.#timeless > 0) {
      const detail = `${this.#timeless.toLocaleString('en-US')} of its documents have no ${TIME}: they are left out.`;
      this.#timeless = 0;
      return { documents: [], problem: { reason: 'no-timestamp', detail } };
    }
    const hits = await this.#page();
    if (hits === undefined) return await this.#skip();
    if (hits.length === 0) return undefined;
    return { documents: hits.map(documentOf).filter((document) => !this.#wasUsed(document)) };
  }

  async close(): Promise<void> {
    try {
      await this.#client.closePointInTime({ id: this.#pit });
    } catch (error) {
      // It ends by itself, later.
      if (!(error instanceof errors.ElasticsearchClientError)) throw error;
    }
  }

  /** Undefined where even one document is too long. */
  async #page(): Promise<estypes.SearchHit[] | undefined> {
    for (;;) {
      try {
        const hits = await this.#search(this.#size, true);
        this.#size = Math.min(PAGE, this.#size * 2);
        return hits;
      } catch (error) {
        if (!(error instanceof errors.RequestAbortedError)) throw error;
        if (this.#size === 1) return undefined;
        this.#size = Math.ceil(this.#size / 4);
      }
    }
  }

  async #skip(): Promise<DocumentPage> {
    const [hit] = await this.#search(1, false);
    const detail = `A document of ${hit?.sort?.[0]} is longer than ${MOST_BYTES / 1024 / 1024} MiB: it is left out.`;
    return { documents: [], problem: { reason: 'too-long', detail } };
  }

  async #search(size: number, source: boolean): Promise<estypes.SearchHit[]> {
    const { hits, pit_id: pit = this.#pit } = await this.#client.search(
      {
        ...{ pit: { id: this.#pit, keep_alive: KEEP_ALIVE }, size, query: this.#query, _source: source },
        ...{ track_total_hits: false, allow_partial_search_results: false },
        sort: [{ [TIME]: ORDER }],
        ...(this.#after && { search_after: this.#after }),
      },
      { maxResponseSize: MOST_BYTES },
    );
    this.#pit = pit;
    this.#after = hits.hits.at(-1)?.sort ?? this.#after;
    return hits.hits;
  }

  #wasUsed({ at, id }: StoredDocument): boolean {
    return at === this.#from?.at && this.#used.has(id);
  }
}

const documentOf = ({ _index, _id, _source, sort }: estypes.SearchHit): StoredDocument => ({
  ...{ text: JSON.stringify(_source ?? {}), at: String(sort?.[0]), id: `${_index}/${_id}` },
});
