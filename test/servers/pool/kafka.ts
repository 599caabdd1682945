import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka as Client, logLevel } from 'kafkajs';
import { startOwnKafka } from '../kafka.ts';
import type { Lendable } from './pool.ts';

/** A consumer that was killed is missed after its session's time-out. */
const PATIENCE_MS = 40_000;

export async function kafkaToLend(): Promise<Lendable> {
  const { broker, data, stop } = await startOwnKafka({ heap: '512m' });
  return { address: { broker, data }, clean: () => clean(broker), stop };
}

async function clean(broker: string): Promise<void> {
  const admin = new Client({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await isEmpty(admin))) {
      if (Date.now() > deadline) throw new Error('topics or groups stay');
      await sleep(100);
    }
  } finally {
    await admin.disconnect();
  }
}

/** Orders what is left to be deleted. */
async function isEmpty(admin: Admin): Promise<boolean> {
  const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
  const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  if (topics.length > 0) await admin.deleteTopics({ topics });
  if (groups.length > 0) await admin.deleteGroups(groups).catch(membersStay);
  return topics.length === 0 && groups.length === 0;
}

function membersStay(error: Error): void {
  if (error.name !== 'KafkaJSDeleteGroupsError') throw error;
}
