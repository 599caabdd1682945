import type { Batch } from 'kafkajs';
import { createKafka } from '../../src/kafka/client.ts';
import { kafkaSchema } from '../../src/kafka/settings.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { type OutMessage, TransactionalWriter } from '../../src/kafka/transactional-writer.ts';

/**
 * The floor: reads a topic, `JSON.parse`s each record and writes it on as it is, each batch in one transaction with its own
 * position, as an exactly-once relay must. It gathers as much as ingest does, keys nothing and looks at nothing.
 * `node relay.ts BROKER TOPIC RECORDS [consume]` prints `{ records, milliseconds, cpuMilliseconds }`, from
 * the moment it has its partitions to its last commit. With `consume`, it reads and does nothing else.
 */
const [broker, topic, records, mode] = process.argv.slice(2) as [string, string, string, 'consume' | undefined];
const GATHER = 512 * 1024;
const FETCH_WAIT = 100;
const TARGET = 'relay.target';
const POSITIONS = 'relay.positions';

const log = { info() {}, warn() {}, error: console.error };
const kafka = createKafka(kafkaSchema.parse({ brokers: [broker] }), log, 'relay');
const partitions = await withAdmin(kafka, async (admin) => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]?.partitions.length ?? 0;
  const there = await admin.listTopics();
  for (const [name, count] of [
    [TARGET, partitions],
    [POSITIONS, 1],
  ] as const)
    if (!there.includes(name)) await makeTopic(admin, { topic: name, partitions: count, replicas: 1, config: {} });
  return partitions;
});
const counts = { committed: 0, aborted: 0, fenced: 0 };
const writers: TransactionalWriter[] = [];
for (let partition = 0; partition < partitions; partition++)
  writers.push(await TransactionalWriter.open(kafka, `relay-${partition}`, counts));

const consumer = kafka.consumer({
  groupId: `relay-${process.pid}`,
  minBytes: GATHER,
  maxWaitTimeInMs: FETCH_WAIT,
});
let began = 0;
let cpu = process.cpuUsage();
consumer.on(consumer.events.GROUP_JOIN, () => {
  began = performance.now();
  cpu = process.cpuUsage();
});
let done = 0;
const everything = new Promise<number>((resolve) => {
  void consumer.connect().then(async () => {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: async ({ batch }) => {
        const { partition, messages } = batch;
        if (mode !== 'consume') await writers[partition]?.commit(relayed(batch));
        done += messages.length;
        if (done >= Number(records)) resolve(performance.now() - began);
      },
    });
  });
});
function relayed(batch: Batch): OutMessage[] {
  const { partition, messages } = batch;
  for (const { value } of messages) JSON.parse(String(value));
  const position = { topic: POSITIONS, partition: 0, key: String(partition), value: batch.lastOffset() };
  return [
    ...messages.map(({ key, value }) => ({ topic: TARGET, partition, key: key && String(key), value })),
    position,
  ];
}

const milliseconds = await everything;
const { user, system } = process.cpuUsage(cpu);
await consumer.disconnect();
await Promise.all(writers.map((writer) => writer.close()));
console.log(JSON.stringify({ records: done, milliseconds, cpuMilliseconds: (user + system) / 1_000 }));
