import { describe, expect, test } from 'vitest';
import { type FetchedPartition, hideIn } from '../../../src/kafka/patches/aborted-transactions.ts';

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
