import { createRequire } from 'node:module';

/** What kafkajs makes of one record before it hands it on. */
export interface FetchedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  isControlRecord: boolean;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}

/** One partition of a fetch's answer. */
export interface FetchedPartition {
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly messages: readonly FetchedRecord[];
}

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

interface ResponseModule {
  decode(raw: unknown): Promise<FetchAnswer>;
}

/** Versions of the fetch request that tell of aborted transactions. */
const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];
/** Of a control record: version 0, type 0 (KIP-98). */
const ABORT = Buffer.from([0, 0, 0, 0]);

/**
 * kafkajs hides what was aborted only if the broker lists aborted transactions by their beginnings, and at most one of them
 * began before a fetch. The broker lists them by their ends, so with several writers to a partition what was aborted comes
 * through. Here it is hidden before kafkajs looks, as Kafka's own consumer does it: by producer, over all that had begun.
 */
export function hideAborted(): void {
  const require = createRequire(import.meta.url);
  for (const version of VERSIONS) {
    const module: ResponseModule = require(`kafkajs/src/protocol/requests/fetch/v${version}/response`);
    const { decode } = module;
    module.decode = async (raw) => {
      const answer = await decode(raw);
      for (const { partitions } of answer.responses) for (const partition of partitions) hideIn(partition);
      return answer;
    };
  }
}

/** Marks aborted records as control records, which kafkajs keeps to itself while it counts their offsets. */
export function hideIn(partition: FetchedPartition): void {
  const aborted = (partition.abortedTransactions ?? [])
    .map(({ producerId, firstOffset }) => ({ producerId, from: BigInt(firstOffset) }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  partition.abortedTransactions = [];
  if (aborted.length === 0) return;
  const open = new Set<string>();
  for (const message of partition.messages) {
    for (let [first] = aborted; first && first.from <= BigInt(message.offset); [first] = aborted) {
      open.add(first.producerId);
      aborted.shift();
    }
    const { producerId = '', inTransaction = false } = message.batchContext ?? {};
    if (!open.has(producerId) || !inTransaction) continue;
    if (message.isControlRecord) {
      if (message.key?.equals(ABORT)) open.delete(producerId);
    } else message.isControlRecord = true;
  }
}
