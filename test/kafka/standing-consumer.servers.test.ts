import { setTimeout as sleep } from 'node:timers/promises';
import { type Consumer, type Kafka, Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafka } from '../../src/kafka/client.ts';
import type { KafkaMessage } from '../../src/kafka/message.ts';
import { standingConsumer } from '../../src/kafka/standing-consumer.ts';
import { TopicReader } from '../../src/kafka/topic-reader.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const quiet = { info() {}, warn() {}, error() {} };
const PATIENCE = 60_000;

const crashOf = (consumer: Consumer): Promise<boolean> =>
  new Promise((resolve) => consumer.on(consumer.events.CRASH, ({ payload }) => resolve(payload.restart)));

async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE; !isTrue(); await sleep(20))
    if (Date.now() > end) throw new Error('it did not come to that');
}

/** Another member comes and goes, so that the reader's group meets again, twice. */
async function joinAndLeave(kafka: Kafka, topic: string): Promise<void> {
  const { groups } = await withAdmin(kafka, (admin) => admin.listGroups());
  const groupId = groups.find((group) => group.groupId.startsWith('wayward-reader-'))?.groupId ?? '';
  const guest = kafka.consumer({ groupId });
  const joined = new Promise((resolve) => guest.on(guest.events.GROUP_JOIN, resolve));
  await guest.connect();
  await guest.subscribe({ topic });
  await guest.run({ autoCommit: false, eachMessage: async () => {} });
  await joined;
  await guest.disconnect();
}

describeWith('a consumer whose broker goes away', startKafka, (server) => {
  const connected = async (topic: string) => {
    const kafka = createKafka(await settingsOf({ brokers: [server().broker] }), quiet);
    await withAdmin(kafka, (admin) => makeTopic(admin, { topic, partitions: 1, replicas: 1, config: {} }));
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const write = (key: string, value: string) => producer.send({ topic, messages: [{ key, value }] });
    return { kafka, write, close: () => producer.disconnect() };
  };

  test(
    'comes back also after an error that kafkajs takes for final, and may be told to pause in the meantime',
    async () => {
      const topic = 'lost';
      const { kafka, write, close } = await connected(topic);
      const consumer = standingConsumer(kafka, { groupId: 'lost' });
      const restarts = crashOf(consumer);
      const came = new Promise<string>((resolve) => {
        void consumer.connect().then(async () => {
          await consumer.subscribe({ topic, fromBeginning: true });
          // It asks for its group's coordinator and gets no answer.
          server().pause();
          await consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) });
        });
      });
      await sleep(1_000);
      await server().kill();

      expect(await restarts).toBe(false);
      expect(() => consumer.pause([{ topic }])).not.toThrow();

      await server().restart();
      await write('a', 'after');
      expect(await came).toBe('after');
      await consumer.disconnect();
      await close();
    },
    PATIENCE * 2,
  );

  test(
    'a reader reads on where it was when its group meets again: each message once',
    async () => {
      const topic = 'followed';
      const { kafka, write, close } = await connected(topic);
      for (let value = 0; value < 50; value++) await write('key', String(value));
      const reader = await TopicReader.open(kafka, topic, 1);
      const stop = new AbortController();
      const values: string[] = [];
      const visit = ({ value }: KafkaMessage): boolean => values.push(String(value)) > 50;
      const read = reader.read(0, visit, stop.signal);
      await until(() => values.length === 50);

      await joinAndLeave(kafka, topic);
      await write('key', '50');
      await read;

      expect(values).toEqual(Array.from({ length: 51 }, (_, value) => String(value)));
      await reader.close();
      await close();
    },
    PATIENCE * 2,
  );
});
