import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createKafka } from '../../src/kafka/client.ts';
import { PartitionGroup } from '../../src/kafka/partition-group.ts';
import type { PartitionWorker } from '../../src/kafka/partition-slot.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const quiet = { info() {}, warn() {}, error() {} };
const TOPIC = 'shared';
const PATIENCE = 60_000;

const idle = (close: () => Promise<void>): PartitionWorker => ({
  waits: false,
  start: async () => 0,
  process: async () => {},
  tick: async () => {},
  close,
});

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await isTrue()); await sleep(100))
    if (Date.now() > end) throw new Error('it did not come to that');
}

describeWith('partitions shared among processes', startKafka, (server) => {
  test('whoever is leaving takes over nothing, though the others leave as well and the group gives it their partitions', async () => {
    const kafka = createKafka(await settingsOf({ brokers: [server().broker] }), quiet);
    await withAdmin(kafka, (admin) => makeTopic(admin, { topic: TOPIC, partitions: 2, replicas: 1, config: {} }));
    const started: string[] = [];
    const groupOf = (name: string, close: () => Promise<void>): PartitionGroup =>
      new PartitionGroup(kafka, {
        groupId: 'both',
        topics: [TOPIC],
        log: quiet,
        worker: (_topic, partition) => {
          started.push(`${name}/${partition}`);
          return idle(close);
        },
      });
    const finished = Promise.withResolvers<void>();
    const slow = groupOf('slow', () => finished.promise);
    const quick = groupOf('quick', async () => {});
    await Promise.all([slow.start(), quick.start()]);
    await until(() => [slow, quick].every(({ slots, ready }) => ready && slots.length === 1));

    const before = [...started];
    const stopped = slow.stop();
    await quick.stop();
    await withAdmin(kafka, (admin) =>
      until(async () => {
        const [group] = (await admin.describeGroups(['both'])).groups;
        return group?.state === 'Stable' && group.members.length === 1;
      }),
    );
    await sleep(500);
    expect(started).toEqual(before);
    finished.resolve();
    await stopped;
  }, 90_000);
});
