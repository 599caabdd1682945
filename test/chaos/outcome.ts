import type { Kafka as Client, KafkaMessage } from 'kafkajs';
import type { Alert } from '../../src/alerts/alert.ts';
import { loadedAlert } from '../../src/alerts/stored.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import type { Kafka } from '../../src/kafka/client.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { SnapshotReader } from '../../src/pipeline/kafka/snapshot-reader.ts';
import { shippedDetectors } from '../quality/measure.ts';
import { END_PROBE, endsOf } from '../servers/kafka-ends.ts';
import { baselinesOf } from './expected.ts';
import { NAMES } from './names.ts';

type Visit = (partition: number, message: KafkaMessage) => void;

/** Reads all that was committed to a topic. Returns how many transactions' ends it saw, by how they ended. */
export async function readTopic(
  client: Client,
  topic: string,
  visit: Visit,
): Promise<{ committed: number; aborted: number }> {
  const ends = await endsOf(client, topic);
  const open = new Map([...ends.entries()].filter(([, end]) => end > 0));
  const probes = new Set<string>();
  const seen = { committed: 0, aborted: 0 };
  const consumer = client.consumer({ groupId: `test-${topic}-${Math.random()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const done = (partition: number, next: number): void => {
      if (next >= (open.get(partition) ?? 0)) open.delete(partition);
      if (open.size === 0) resolve();
    };
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
      done(payload.partition, Number(payload.lastOffset) + 1),
    );
    if (open.size === 0) resolve();
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        try {
          for (const message of batch.messages) visit(batch.partition, message);
          for (const end of transactionEnds(batch, probes)) seen[end]++;
        } catch (error) {
          reject(error); // kafkajs would try again for ever
        }
      },
    });
  });
  await consumer.disconnect();
  return seen;
}

interface RawMessage {
  readonly isControlRecord?: boolean;
  readonly key: Buffer | null;
  readonly batchContext?: { readonly producerId: string };
}

/**
 * Control records (KIP-98) say how a transaction ended; kafkajs keeps them beside the messages, for itself. `probes` collects the
 * writers of `endsOf`: what those aborted is not counted.
 */
function transactionEnds(batch: object, probes: Set<string>): ('committed' | 'aborted')[] {
  const { rawMessages } = batch as { rawMessages: readonly RawMessage[] };
  return rawMessages.flatMap(({ isControlRecord, key, batchContext }) => {
    const writer = batchContext?.producerId ?? '';
    if (key?.toString() === END_PROBE) probes.add(writer);
    // What was aborted is marked as a control record, too.
    if (!isControlRecord || key?.length !== 4 || key.readInt16BE() !== 0 || probes.has(writer)) return [];
    return [key.readInt16BE(2) === 0 ? 'aborted' : 'committed'];
  });
}

export interface SaidAlerts {
  /** The newest revision of each. */
  readonly newest: ReadonlyMap<string, { readonly alert: Alert; readonly document: string }>;
  /** `id/revision`, each as often as it was said. */
  readonly revisions: readonly string[];
}

export async function alertsSaid(client: Kafka): Promise<SaidAlerts> {
  const newest = new Map<string, { alert: Alert; document: string }>();
  const revisions: string[] = [];
  await readTopic(client, client.names.topics.alerts, (_partition, { value, headers }) => {
    const alert = loadedAlert(JSON.parse(String(headers?.alert)));
    revisions.push(`${alert.id}/${alert.revision}`);
    if (alert.revision > (newest.get(alert.id)?.alert.revision ?? 0))
      newest.set(alert.id, { alert, document: String(value) });
  });
  return { newest, revisions };
}

/** What detection has saved, by partition. */
export async function statesSaved(client: Kafka): Promise<ReadonlyMap<number, SnapshotReader>> {
  const readers = new Map<number, SnapshotReader>();
  await readTopic(client, client.names.topics.state, (partition, { key, value }) => {
    const reader = readers.get(partition) ?? new SnapshotReader(client.names.topics);
    readers.set(partition, reader);
    reader.take(String(key), value);
  });
  return readers;
}

/** What detection knows in the end. */
export async function baselinesLearned(client: Kafka, credentials: string): Promise<Map<string, Buffer>> {
  return new Map((await detectionAtEnd(client, credentials)).flatMap(({ core }) => [...baselinesOf(core)]));
}

/** What detection has counted in the end, over all restarts. */
export async function disorderCounted(client: Kafka, credentials: string) {
  const counts = { late: 0, behind: 0, overflow: 0, latePeers: 0 };
  for (const { core, detector } of await detectionAtEnd(client, credentials)) {
    counts.late += core.engine.counts.late;
    counts.latePeers += core.latePeers;
    counts.behind += detector.disordered.behind;
    counts.overflow += detector.disordered.overflow;
  }
  return counts;
}

/** Of each partition, the last snapshot and the events since. */
async function detectionAtEnd(client: Kafka, credentials: string) {
  const readers = await statesSaved(client);
  const registry = createRegistry(loadCredentials(credentials));
  const partitions = new Map([...readers].map(([partition, reader]) => [partition, restored(reader, registry)]));
  await readTopic(client, client.names.topics.events, (partition, { value, offset }) => {
    const found = partitions.get(partition);
    if (found && Number(offset) >= found.from && Number(offset) < found.to) found.detector.take(decodeEvents(value));
  });
  return [...partitions.values()];
}

function restored(reader: SnapshotReader, registry: ReturnType<typeof createRegistry>) {
  const core = new Core(registry, shippedDetectors(), () => undefined, { observed: () => undefined, names: NAMES });
  const detector = new PartitionDetector(core);
  const { last, offset } = reader;
  if (last === 'unreadable') throw new Error('a snapshot of this version can not be read');
  if (last !== undefined) detector.load(last.snapshot.detector, last.snapshot.core);
  return { core, detector, from: last?.snapshot.offset ?? 0, to: offset };
}
