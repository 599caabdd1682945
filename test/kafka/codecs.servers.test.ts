import { randomBytes } from 'node:crypto';
import { CompressionTypes, type KafkaMessage, Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { createKafka } from '../../src/kafka/client.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const quiet = { info() {}, warn() {}, error() {} };
/** Bytes before the compressed records of a batch. */
const BATCH_HEADER = 61;
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'];

/** Text that repeats, bytes that don't, long runs, nothing, and a record larger than any block. */
const VALUES: readonly Buffer[] = [
  ...Array.from({ length: 500 }, (_, n) => Buffer.from(`{"n":${n},"request":"GET /v1/orders/${n * 7919}"}`)),
  randomBytes(100_000),
  Buffer.alloc(300_000, 'ab'),
  Buffer.alloc(0),
  Buffer.concat([randomBytes(70_000), Buffer.alloc(300_000, 'x'), randomBytes(70_000)]),
];

describeWith('records compressed by Kafka itself', startKafka, (server) => {
  const client = async () => createKafka(await settingsOf({ brokers: [server().broker] }), quiet);

  async function newTopic(topic: string, config: Record<string, string>): Promise<void> {
    await withAdmin(await client(), (admin) => makeTopic(admin, { topic, partitions: 1, replicas: 1, config }));
  }

  /** Sends one batch, which the broker compresses again where its topic says so. */
  async function send(topic: string, values: readonly Buffer[], compression = CompressionTypes.None): Promise<void> {
    const producer = (await client()).producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = values.map((value) => ({ key: 'k', value, headers: { h: 'v' } }));
    await producer.send({ topic, compression, messages });
    await producer.disconnect();
  }

  async function receive(topic: string, count: number): Promise<KafkaMessage[]> {
    const consumer = (await client()).consumer({ groupId: `read-${topic}-${Math.random()}` });
    onTestFinished(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: KafkaMessage[] = [];
    const all = Promise.withResolvers<void>();
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (received.push(message) === count) all.resolve();
      },
    });
    await all.promise;
    return received;
  }

  test.each(CODECS)('%s: every byte comes back', async (codec) => {
    await newTopic(codec, { 'compression.type': codec, 'max.message.bytes': String(16 * 1024 * 1024) });
    await send(codec, VALUES);
    const received = await receive(codec, VALUES.length);
    expect(received.map(({ offset }) => Number(offset))).toEqual(VALUES.map((_, n) => n));
    for (const [n, value] of VALUES.entries()) expect(received[n]?.value?.equals(value)).toBe(true);
    expect(received[0]).toMatchObject({ key: Buffer.from('k'), headers: { h: Buffer.from('v') } });
  });

  test('damaged on the broker: the records are unreadable, those after them arrive', async () => {
    const topicOf = (codec: string) => `damaged-${codec}`;
    for (const codec of CODECS) {
      await newTopic(topicOf(codec), { 'compression.type': codec });
      await send(topicOf(codec), VALUES.slice(0, 20));
      await send(topicOf(codec), [Buffer.from('after')]);
    }
    await server().damage(CODECS.map(topicOf), BATCH_HEADER + 20);
    for (const codec of CODECS) {
      const received = await receive(topicOf(codec), 21);
      expect(received.map(({ offset }) => Number(offset))).toEqual(Array.from({ length: 21 }, (_, n) => n));
      const values = received.map(({ value }) => String(value));
      expect(values.at(-1)).toBe('after');
      const unreadable = `(Wayward: not readable: a ${codec} batch: its checksum is wrong)`;
      expect(new Set(values.slice(0, 20))).toEqual(new Set([unreadable]));
    }
  });

  test('a batch that would fill the memory is as unreadable', async () => {
    await newTopic('bomb', { 'max.message.bytes': String(16 * 1024 * 1024) });
    await send('bomb', [Buffer.alloc(129 * 1024 * 1024)], CompressionTypes.ZSTD);
    await send('bomb', [Buffer.from('after')]);
    const values = (await receive('bomb', 2)).map(({ value }) => String(value));
    expect(values).toEqual([expect.stringContaining('not readable: a zstd batch: '), 'after']);
  });

  test('what Wayward writes itself', async () => {
    await newTopic('own', {});
    await send('own', VALUES, CompressionTypes.ZSTD);
    const received = await receive('own', VALUES.length);
    for (const [n, value] of VALUES.entries()) expect(received[n]?.value?.equals(value)).toBe(true);
  });
});
