import { expect, test } from 'vitest';
import type { KafkaMessage } from '../../src/kafka/message.ts';
import { PartitionSource } from '../../src/kafka/partition-source.ts';

const message = (offset: number, text: string | null): KafkaMessage => ({
  key: null,
  value: text === null ? null : Buffer.from(text),
  offset: String(offset),
  timestamp: '0',
});

test('messages are lines of one stream; those without a value are not in it', async () => {
  const source = new PartitionSource('logs/0', 5);
  source.push([message(5, 'one'), message(6, null), message(8, 'two')]);
  expect(String(await source.read())).toBe('one\ntwo\n');
  expect(source.isEmpty).toBe(true);
  expect(await source.read()).toBe('caught-up');
});

test('it reads no more messages than it is asked for, and goes on behind them', async () => {
  const source = new PartitionSource('logs/0', 0);
  source.push([message(0, 'aaaa'), message(1, 'bbbb'), message(2, 'cccc')]);
  expect(String(await source.read(6))).toBe('aaaa\nbbbb\n');
  expect(String(await source.read(6))).toBe('cccc\n');
});

test('a position inside a message is where a later source goes on', async () => {
  const source = new PartitionSource('logs/0', 7);
  source.push([message(7, 'first'), message(8, 'second, of which a part was used')]);
  await source.read();
  const position = source.save('first\n'.length + 'second, '.length);
  expect(position).toEqual({ name: 'logs/0', offset: 8, identity: '8' });

  const later = new PartitionSource('logs/0', position.offset, Number(position.identity));
  later.push([message(8, 'second, of which a part was used'), message(9, 'third')]);
  expect(String(await later.read())).toBe('of which a part was used\nthird\n');
  expect(later.save(3)).toEqual({ name: 'logs/0', offset: 8, identity: '11' });
  expect(later.save('of which a part was used\nthird\n'.length)).toEqual({ name: 'logs/0', offset: 10, identity: '0' });
});

test('a message that is shorter than what was used of it gives an empty line', async () => {
  const source = new PartitionSource('logs/0', 3, 100);
  source.push([message(3, 'short'), message(4, 'next')]);
  expect(String(await source.read())).toBe('\nnext\n');
});

test('where a message of which a part was used is gone, the next one is read whole, and a later source goes on behind what is gone', async () => {
  const source = new PartitionSource('logs/0', 7, 4);
  source.skipTo(20);
  expect(source.save(0)).toEqual({ name: 'logs/0', offset: 20, identity: '0' });
  source.push([message(20, 'whole')]);
  expect(String(await source.read())).toBe('whole\n');
  source.skipTo(9);
  expect(source.save('whole\n'.length).offset).toBe(21);
});
