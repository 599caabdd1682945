import type { Alert } from '../alerts/alert.ts';
import { loadedAlert, type StoredAlert, storedAlert } from '../alerts/stored.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import type { Store } from './store.ts';

/** A revision of an alert that is to be delivered; `rose` where its severity rose at it. */
export interface OutgoingAlert {
  readonly alert: Alert;
  readonly rose: boolean;
}

/** Alerts that are held back don't hold back the rest. */
export type OutgoingKind = 'alert' | 'document';

export interface Waiting<Item> {
  readonly seq: number;
  readonly item: Item;
}

/** Its rows have no name of a sink: it was the only one. */
const FIRST_SINK = 'elasticsearch';
/** Documents beside alerts that wait at most: some 100 MB. */
const MOST_DOCUMENTS = 100_000;
/** Read at a time. */
const MOST_ROWS = 500;

/**
 * What waits for one sink, in the local store; rows of any but Elasticsearch bear its name before their kind and name. Alerts always find room: of each only the newest form waits, beside one
 * for each severity that it reached. Documents beside alerts are dropped, and counted, when too many wait.
 */
export class OutgoingTable {
  /** Documents that found no room. */
  dropped = 0;
  readonly sink: string;
  readonly #store: Store;
  readonly #begins: string;
  readonly #most: number;
  #documents: number;

  constructor(store: Store, sink = FIRST_SINK, most = MOST_DOCUMENTS) {
    this.#store = store;
    this.sink = sink;
    this.#begins = sink === FIRST_SINK ? '' : `${sink}/`;
    this.#most = most;
    this.#documents = this.waiting('document');
  }

  get isFull(): boolean {
    return this.#documents >= this.#most;
  }

  waiting(kind: OutgoingKind): number {
    const row = this.#store.first('SELECT count(*) AS count FROM outgoing WHERE kind = ?', `${this.#begins}${kind}`);
    return Number(row?.count);
  }

  /** The newest number given so far. */
  get last(): number {
    return Number(this.#store.first('SELECT max(seq) AS seq FROM outgoing')?.seq ?? 0);
  }

  putAlert({ alert, rose }: OutgoingAlert): void {
    this.#put('alert', rose ? `${alert.id}/${alert.severity}` : alert.id, { alert: storedAlert(alert), rose });
  }

  putDocument(document: OutgoingDocument): void {
    if (this.isFull) {
      this.dropped++;
      return;
    }
    this.#put('document', `${document.stream}/${document.id}`, document);
    this.#documents++;
  }

  /** The oldest, in order. */
  alerts(): Waiting<OutgoingAlert>[] {
    return this.#oldest<{ readonly alert: StoredAlert; readonly rose: boolean }>('alert').map(
      ({ seq, item: { alert, rose } }) => ({ seq, item: { alert: loadedAlert(alert), rose } }),
    );
  }

  documents(): Waiting<OutgoingDocument>[] {
    return this.#oldest('document');
  }

  /** They have been delivered. What has come under the same name since then stays. */
  remove(waiting: readonly Waiting<unknown>[]): void {
    this.#store.transaction(() => {
      for (const { seq } of waiting) this.#store.run('DELETE FROM outgoing WHERE seq = ?', seq);
    });
    this.#documents = this.waiting('document');
  }

  #put(kind: OutgoingKind, name: string, item: unknown): void {
    const [rowKind, rowName] = [kind, name].map((text) => `${this.#begins}${text}`);
    this.#store.run(
      'INSERT OR REPLACE INTO outgoing (kind, name, body) VALUES (?, ?, ?)',
      ...[rowKind ?? '', rowName ?? '', JSON.stringify(item)],
    );
  }

  #oldest<Item>(kind: OutgoingKind): Waiting<Item>[] {
    return this.#store
      .all('SELECT seq, body FROM outgoing WHERE kind = ? ORDER BY seq LIMIT ?', `${this.#begins}${kind}`, MOST_ROWS)
      .map(({ seq, body }) => ({ seq: Number(seq), item: JSON.parse(String(body)) }));
  }
}
