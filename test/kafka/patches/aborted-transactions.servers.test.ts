import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafka } from '../../../src/kafka/client.ts';
import { TopicReader } from '../../../src/kafka/topic-reader.ts';
import { makeTopic, withAdmin } from '../../../src/kafka/topics.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { settingsOf } from '../settings-of.ts';

const TOPIC = 'shared';
const quiet = { info() {}, warn() {}, error() {} };

describeWith('a partition that several transactional writers share', startKafka, (server) => {
  test('what one of them aborted is not read, in whatever order transactions began and ended', async () => {
    const kafka = createKafka(await settingsOf({ brokers: [server().broker] }), quiet);
    await withAdmin(kafka, (admin) => makeTopic(admin, { topic: TOPIC, partitions: 1, replicas: 1, config: {} }));
    const begin = async (id: string) => {
      const createPartitioner = Partitioners.DefaultPartitioner;
      const producer = kafka.producer({ transactionalId: id, maxInFlightRequests: 1, createPartitioner });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic: TOPIC, messages: [{ value: id }] });
      const end = async (how: 'commit' | 'abort') => {
        await transaction[how]();
        await producer.disconnect();
      };
      return end;
    };
    const [first, second, third] = [await begin('first'), await begin('second'), await begin('third')];
    await second('abort');
    await first('abort');
    await third('commit');

    const reader = await TopicReader.open(kafka, TOPIC, 1);
    const values: string[] = [];
    const visit = ({ value }: { value: Buffer | null }): boolean => {
      values.push(String(value));
      return String(value) === 'third';
    };
    await reader.read(0, visit, AbortSignal.timeout(20_000));
    await reader.close();
    expect(values).toEqual(['third']);
  }, 60_000);
});
