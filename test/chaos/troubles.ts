import { setTimeout as sleep } from 'node:timers/promises';
import { withAdmin } from '../../src/kafka/topics.ts';
import type { RunningWayward } from '../live/wayward.ts';
import { highs, saved, settled } from './chaos.ts';
import type { Cluster } from './cluster.ts';
import type { ChaosLogs, RawPartition } from './logs.ts';
import { readTopic } from './outcome.ts';

/** What may happen to a cluster beside kills. Each lets the run go on, and leaves the files as Wayward is to have read them. */

const PATIENCE = 180_000;
const GROWN = 'gateway';
const LIVE_RATE = 50;
const LIVE_SECONDS = 4;

/** All processes in turn stop in good order, and others come in their place. */
export async function restartInTurn(cluster: Cluster, running: RunningWayward[]): Promise<void> {
  for (const [at, wayward] of running.entries()) {
    await wayward.stop();
    running[at] = cluster.start();
    await running[at]?.line(({ msg }) => msg === 'partitions assigned', PATIENCE);
  }
}

/** These lines come again, after later ones of their agents, while no two events may wait. */
export async function comeAgainWithoutRoom(
  cluster: Cluster,
  running: RunningWayward[],
  part: RawPartition,
  names: readonly string[],
): Promise<void> {
  for (const kafka of [{ max_waiting: 1 }, {}]) {
    await saved(cluster, PATIENCE); // what is replayed is to find as much room as it had
    await Promise.all(running.map((wayward) => wayward.stop()));
    cluster.kafka = kafka;
    for (const at of running.keys()) running[at] = cluster.start();
    if ('max_waiting' in kafka) await cluster.load([part]);
    await settled(cluster, Date.now() + 2_000, names, PATIENCE);
  }
}

/** While nothing runs, so many records come to a partition and are deleted before they were read. */
export async function loseRecords(
  cluster: Cluster,
  running: RunningWayward[],
  place: string,
  count: number,
): Promise<void> {
  await Promise.all(running.map((wayward) => wayward.stop()));
  const [topic = '', partition = '0'] = place.split('/');
  await cluster.writeUnread(topic, Number(partition), count);
  const end = (await highs(cluster, topic))[Number(partition)];
  await withAdmin(cluster.client, async (admin) => {
    await admin.fetchTopicMetadata({ topics: [topic] }); // else kafkajs does not know where to
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: Number(partition), offset: String(end) }] });
  });
  for (const at of running.keys()) running[at] = cluster.start();
}

/** Another partition appears, and from then on holds what the agents of its topic do. Returns its name. */
export async function grow(cluster: Cluster, logs: ChaosLogs): Promise<string> {
  const partition = logs.partitions.filter(({ topic }) => topic === GROWN).length;
  const name = `${GROWN}/${partition}`;
  await withAdmin(cluster.client, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: GROWN, count: partition + 1 }] }),
  );
  await settled(cluster, Date.now(), [name], PATIENCE);
  const live = logs.live(Date.now() + 1_000, LIVE_SECONDS, LIVE_RATE).filter(({ topic }) => topic === GROWN);
  await cluster.feed(live.map((line) => ({ ...line, partition })));
  await sleep(Math.max(0, (live.at(-1)?.time ?? 0) - Date.now())); // until their time has come
  return name;
}

/** Of the dead letters about what was deleted before it was read: how many there are, and how many records they name. */
export async function lostRecords(cluster: Cluster): Promise<{ letters: number; records: number }> {
  const lost = { letters: 0, records: 0 };
  await readTopic(cluster.client, cluster.client.names.topics.deadLetters, (_, { value }) => {
    const { reason, detail } = JSON.parse(String(value));
    if (reason !== 'deleted-before-read') return;
    lost.letters++;
    lost.records += Number(/: (\d+)\.$/.exec(detail)?.[1]);
  });
  return lost;
}
