import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { sessionOf } from '../../src/kafka/settings.ts';
import { temporaryFile } from '../config/temp.ts';

const sessionIn = (written: string) => {
  const { kafka } = loadConfig(temporaryFile('wayward.yaml', `kafka: { brokers: [a:1]${written} }`));
  return kafka && sessionOf(kafka);
};

test('a session lives as long as with Kafka’s own clients: a process that is only slow keeps its partitions', () => {
  expect(sessionIn('')).toEqual({ timeout: 45_000, heartbeat: 3_000 });
});

test('both can be written, and a short session has heartbeats as often as it needs', () => {
  expect(sessionIn(', session_timeout: 2m, heartbeat: 20s')).toEqual({ timeout: 120_000, heartbeat: 20_000 });
  expect(sessionIn(', session_timeout: 6s')).toEqual({ timeout: 6_000, heartbeat: 2_000 });
});

test('a heartbeat that leaves no room for one that is late is a mistake', () => {
  expect(() => sessionIn(', session_timeout: 10s, heartbeat: 4s')).toThrow(
    'kafka.heartbeat is more than a third of session_timeout',
  );
});
