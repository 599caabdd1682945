import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs';

/** A message to write. */
export interface OutMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How transactions of this process ended. */
export interface TransactionCounts {
  committed: number;
  aborted: number;
  /** Refused because another process has taken the input partition over. */
  fenced: number;
}

/** Another process has taken over what this one was working on: nothing of it may be written any more. */
export class Fenced extends Error {}

/** Bytes sent in one request: each becomes one record batch a partition, and topics take 16 MiB. */
const MAX_REQUEST = 4 * 1024 * 1024;
/** Fewer bytes are not worth being compressed. */
const WORTH_COMPRESSING = 8 * 1024;
/** The broker may still be busy with the transaction before; it takes milliseconds. */
const BUSY_RETRIES = 50;
const BUSY_DELAY = 10;

const FENCED = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/**
 * Writes for one input partition, each `commit` whole or not at all. Opening one fences every earlier writer of that id: from
 * then on none of those can commit, and what one of them left open is aborted.
 */
export class TransactionalWriter {
  readonly #producer: Producer;
  readonly #counts: TransactionCounts;
  /** The one that opening began. */
  #first: Transaction | undefined;

  private constructor(producer: Producer, first: Transaction, counts: TransactionCounts) {
    this.#producer = producer;
    this.#first = first;
    this.#counts = counts;
  }

  static async open(kafka: Kafka, id: string, counts: TransactionCounts): Promise<TransactionalWriter> {
    const producer = kafka.producer({
      transactionalId: id,
      maxInFlightRequests: 1,
      retry: { retries: 8, initialRetryTime: 20, maxRetryTime: 1_000 },
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
      return new TransactionalWriter(producer, await producer.transaction(), counts);
    } catch (error) {
      await producer.disconnect();
      throw error;
    }
  }

  /**
   * `bulk` is compressed where it is worth it: only what Wayward itself reads again.
   * After an error the writer is of no use any more: whether the transaction was committed is known to who opens the next one.
   * @throws Fenced
   */
  async commit(messages: readonly OutMessage[], bulk: readonly OutMessage[] = []): Promise<void> {
    const transaction = this.#first ?? (await this.#producer.transaction());
    this.#first = undefined;
    try {
      for (const request of requests(messages)) await send(transaction, request, CompressionTypes.None);
      for (const request of requests(bulk)) await send(transaction, request, compressionOf(request));
      await transaction.commit();
      this.#counts.committed++;
    } catch (error) {
      throw await this.#failed(transaction, error);
    }
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #failed(transaction: Transaction, error: unknown): Promise<unknown> {
    if (isFenced(error)) {
      this.#counts.fenced++;
      return new Fenced('another process has taken this partition over', { cause: error });
    }
    this.#counts.aborted++;
    if (transaction.isActive()) {
      try {
        await transaction.abort();
      } catch (cause) {
        return new AggregateError(
          [error, cause],
          'a transaction failed and could not be aborted: its successor will do that',
        );
      }
    }
    return error;
  }
}

function isFenced(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && FENCED.has(String(at.type))) return true;
  }
  return false;
}

async function send(
  transaction: Transaction,
  messages: readonly OutMessage[],
  compression: CompressionTypes,
): Promise<void> {
  const topicMessages = [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    messages: own.map(({ partition, key, value, headers }) => ({ partition, key, value, ...(headers && { headers }) })),
  }));
  for (let attempt = 0; ; attempt++) {
    try {
      await transaction.sendBatch({ topicMessages, acks: -1, compression });
      return;
    } catch (error) {
      const isBusy = error instanceof Error && 'type' in error && error.type === 'CONCURRENT_TRANSACTIONS';
      if (!isBusy || attempt >= BUSY_RETRIES) throw error;
      await sleep(BUSY_DELAY);
    }
  }
}

const compressionOf = (messages: readonly OutMessage[]): CompressionTypes =>
  messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) < WORTH_COMPRESSING
    ? CompressionTypes.None
    : CompressionTypes.ZSTD;

/** Cuts messages into requests of bounded size, in order. */
function* requests(messages: readonly OutMessage[]): Generator<OutMessage[]> {
  let request: OutMessage[] = [];
  let size = 0;
  for (const message of messages) {
    request.push(message);
    size += message.value?.length ?? 0;
    if (size < MAX_REQUEST) continue;
    yield request;
    request = [];
    size = 0;
  }
  if (request.length > 0) yield request;
}
