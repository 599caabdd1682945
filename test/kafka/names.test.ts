import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { LONGEST_PREFIX, ownNames } from '../../src/kafka/names.ts';
import { problemsOf, temporaryFile } from '../config/temp.ts';

const problems = (prefix: string): string[] => {
  const file = temporaryFile('wayward.yaml', `kafka:\n  brokers: [a:1]\n  prefix: ${prefix}\n`);
  return problemsOf(file, () => loadConfig(file));
};

test('without a prefix every name is what it always was: an installation goes on where it stands', () => {
  const { topics, id } = ownNames('');
  expect(Object.values(topics)).toEqual([
    ...['wayward.events', 'wayward.ingest', 'wayward.state', 'wayward.alerts', 'wayward.documents'],
    ...['wayward.dead-letters', 'wayward.control', 'wayward.response'],
  ]);
  expect([id('ingest'), id('ingest', 'logs/0'), id('ingest', `${topics.control}/0`)]).toEqual([
    ...['wayward-ingest', 'wayward-ingest-logs/0', 'wayward-ingest-wayward.control/0'],
  ]);
  expect([id('detect'), id('detect', 3), id('deliver'), id('respond'), id('reader', 'x')]).toEqual([
    ...['wayward-detect', 'wayward-detect-3', 'wayward-deliver', 'wayward-respond', 'wayward-reader-x'],
  ]);
});

test('a prefix stands before every name', () => {
  const { topics, id } = ownNames('acme.');
  expect(Object.values(topics)).toEqual(Object.values(ownNames('').topics).map((name) => `acme.${name}`));
  expect([id('respond'), id('detect', 3)]).toEqual(['acme.wayward-respond', 'acme.wayward-detect-3']);
});

test('the longest prefix leaves room for every topic, and one more character is refused', () => {
  const names = ownNames('p'.repeat(LONGEST_PREFIX)).topics;
  expect(Math.max(...Object.values(names).map(({ length }) => length))).toBe(249);
  const file = temporaryFile('wayward.yaml', `kafka: { brokers: [a:1], prefix: ${'p'.repeat(LONGEST_PREFIX)} }`);
  expect(loadConfig(file).kafka?.prefix).toHaveLength(LONGEST_PREFIX);
  expect(problems('p'.repeat(LONGEST_PREFIX + 1))).toEqual([expect.stringContaining('kafka.prefix')]);
});

test.each(['wayward.events', 'wayward-ingest-', 'x.wayward-detect-1'])('%s as a prefix is refused', (prefix) => {
  expect(problems(prefix)).toEqual([expect.stringContaining('holds a name of Wayward itself')]);
});
