import type { Client } from '@elastic/elasticsearch';
import { type Patience, TryAgain } from '../patience.ts';
import type { RejectedDocument } from '../sink.ts';
import { BulkRefused, bulk, isUnsure, type Outcome } from './bulk.ts';
import { missing } from './missing.ts';
import type { Operation } from './operation.ts';

/** Of one bulk request: what a server takes without trouble. */
const MOST_DOCUMENTS = 500;
const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * Writes operations, each once. A data stream refuses a second document of the same id (409), but only within the one backing
 * index that it writes to. So wherever an attempt before may have worked (no answer, a 5xx, anything that is delivered again
 * after a restart), a refresh and a look for the ids in all backing indices come first, and only what is missing is written.
 * The first attempt at something new needs no look, and an attempt that was refused needs none either.
 */
export class Writer {
  readonly #client: Client;
  readonly #patience: Patience;
  readonly #rejected: (document: RejectedDocument) => Promise<void> | void;
  readonly counts = { written: 0, there: 0, rejected: 0 };

  constructor(client: Client, patience: Patience, rejected: (document: RejectedDocument) => Promise<void> | void) {
    this.#client = client;
    this.#patience = patience;
    this.#rejected = rejected;
  }

  /** Those of them that an attempt before has not brought in. */
  async absent(operations: readonly Operation[], signal: AbortSignal): Promise<Operation[]> {
    const absent: Operation[] = [];
    for (const batch of batchesOf(operations))
      absent.push(...(await this.#patience.until(signal, () => missing(this.#client, batch, signal))));
    this.counts.there += operations.length - absent.length;
    return absent;
  }

  /** Resolves when each is in Elasticsearch or was handed to `rejected`. */
  async write(operations: readonly Operation[], redelivered: boolean, signal: AbortSignal): Promise<void> {
    for (const batch of batchesOf(operations)) await this.#writeBatch(batch, redelivered, signal);
  }

  async #writeBatch(operations: readonly Operation[], redelivered: boolean, signal: AbortSignal): Promise<void> {
    let waiting = operations;
    let unsure = redelivered;
    try {
      await this.#patience.until(signal, async () => {
        if (unsure) {
          const absent = await missing(this.#client, waiting, signal);
          this.counts.there += waiting.length - absent.length;
          waiting = absent;
          unsure = false;
        }
        if (waiting.length === 0) return;
        const outcomes = await bulk(this.#client, waiting, signal).catch((error) => {
          unsure ||= isUnsure(error);
          throw error;
        });
        const later = await this.#settle(waiting, outcomes);
        waiting = later.map(({ operation }) => operation);
        unsure = later.some((one) => one.unsure);
        const worst = later.find(({ mend }) => mend !== undefined) ?? later[0];
        if (worst !== undefined) throw tryAgain(worst);
      });
    } catch (error) {
      if (!(error instanceof BulkRefused)) throw error;
      await this.#writeParts(waiting, error, unsure, signal);
    }
  }

  /** Half by half, down to the one document that is in the way. */
  async #writeParts(
    operations: readonly Operation[],
    refusal: BulkRefused,
    redelivered: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const [first, second] = operations;
    if (first !== undefined && second === undefined) {
      await this.#reject(first, refusal.type, refusal.message);
      return;
    }
    const middle = operations.length / 2;
    await this.#writeBatch(operations.slice(0, middle), redelivered, signal);
    await this.#writeBatch(operations.slice(middle), redelivered, signal);
  }

  /** Counts what is done, hands over what is rejected, and returns what is to be tried again. */
  async #settle(operations: readonly Operation[], outcomes: readonly Outcome[]): Promise<Later[]> {
    const later: Later[] = [];
    for (const [index, operation] of operations.entries()) {
      const outcome = outcomes[index] ?? { kind: 'later', reason: 'no answer', unsure: true };
      if (outcome.kind === 'later') later.push({ operation, ...outcome });
      else if (outcome.kind === 'rejected') await this.#reject(operation, outcome.type, outcome.reason);
      else this.counts[outcome.kind]++;
    }
    return later;
  }

  async #reject({ target, id }: Operation, type: string, reason: string): Promise<void> {
    await this.#rejected({ target, id, type, reason });
    this.counts.rejected++;
  }
}

type Later = Extract<Outcome, { kind: 'later' }> & { readonly operation: Operation };

const tryAgain = ({ operation, reason, mend }: Later): TryAgain =>
  mend === undefined
    ? new TryAgain(`Elasticsearch puts it off: ${reason}`)
    : new TryAgain(`Elasticsearch does not take documents for ${operation.target}: ${reason}; ${mend}`, true);

function* batchesOf(operations: readonly Operation[]): Generator<Operation[]> {
  let batch: Operation[] = [];
  let characters = 0;
  for (const operation of operations) {
    const { length } = JSON.stringify(operation.document);
    if (batch.length === MOST_DOCUMENTS || (batch.length > 0 && characters + length > MOST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(operation);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}
