import { Partitioners } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { createKafka } from '../../../src/kafka/client.ts';
import { type FetchedPartition, hideIn } from '../../../src/kafka/patches/aborted-transactions.ts';
import { TopicReader } from '../../../src/kafka/topic-reader.ts';
import { makeTopic, withAdmin } from '../../../src/kafka/topics.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { settingsOf } from '../settings-of.ts';

const record = (offset: number, producerId: string, marker?: 'abort' | 'commit') => ({
  offset: String(offset),
  key: marker === undefined ? null : Buffer.from([0, 0, 0, marker === 'abort' ? 0 : 1]),
  isControlRecord: marker !== undefined,
  batchContext: { producerId, inTransaction: true },
});

const shown = (partition: FetchedPartition): number[] => {
  hideIn(partition);
  return partition.messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
};

describe('what was aborted', () => {
  test('is hidden although the broker lists transactions by their ends', () => {
    const messages = [
      record(10, 'b'),
      record(11, 'a'),
      record(12, 'c'),
      record(13, 'a', 'abort'),
      record(14, 'b', 'abort'),
      record(15, 'c', 'commit'),
      record(16, 'a'),
    ];
    const abortedTransactions = [
      { producerId: 'a', firstOffset: '11' },
      { producerId: 'b', firstOffset: '10' },
    ];
    expect(shown({ messages, abortedTransactions })).toEqual([12, 16]);
  });

  test('is hidden although several had begun before the fetch', () => {
    const messages = [
      record(20, 'b'),
      record(21, 'a'),
      record(22, 'b', 'abort'),
      record(23, 'a', 'abort'),
      record(24, 'b'),
    ];
    const abortedTransactions = [
      { producerId: 'b', firstOffset: '5' },
      { producerId: 'a', firstOffset: '3' },
    ];
    expect(shown({ messages, abortedTransactions })).toEqual([24]);
  });

  test('hides nothing else: not what came without a transaction, nor what a producer wrote before and after', () => {
    const plain = { ...record(31, 'a'), batchContext: { producerId: 'a', inTransaction: false } };
    const messages = [record(30, 'a'), plain, record(32, 'a'), record(33, 'a', 'abort'), record(34, 'a')];
    expect(shown({ messages, abortedTransactions: [{ producerId: 'a', firstOffset: '32' }] })).toEqual([30, 31, 34]);
    expect(shown({ messages: [record(1, 'a')] })).toEqual([1]);
  });
});

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
