import { setTimeout as sleep } from 'node:timers/promises';
import { TopicTail } from '../../src/kafka/topic-tail.ts';
import type { SnapshotReader } from '../../src/pipeline/kafka/snapshot-reader.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { ALERTS } from '../kafka/names.ts';
import type { RunningWayward } from '../live/wayward.ts';
import { endsOf } from '../servers/kafka-ends.ts';
import type { Cluster } from './cluster.ts';
import { readTopic, statesSaved } from './outcome.ts';

export interface ChaosOptions {
  readonly processes: number;
  readonly kills: number;
  /** Milliseconds between two kills, at least and at most. */
  readonly between: readonly [number, number];
  /** Pauses one process for longer than its session lives, and wakes it. */
  readonly pause: boolean;
  readonly seed: string;
  readonly say: (text: string) => void;
}

/** Longer than a session lives without a heartbeat. */
const PAUSE = 14_000;
/** Time to find out that others have taken over. */
const AWAKE = 3_000;

/** Kills processes at random and starts others in their place, until it has killed enough; begins once something was found. */
export async function torment(
  cluster: Cluster,
  options: ChaosOptions,
): Promise<{ kills: number; running: RunningWayward[] }> {
  const random = seeded(options.seed);
  const { say, between } = options;
  const running: RunningWayward[] = Array.from({ length: options.processes }, () => cluster.start());
  // A kill before that costs nobody anything.
  await foundSomething(cluster);
  let kills = 0;
  while (kills < options.kills) {
    if (options.pause && kills >= options.kills / 2 && accountOf(cluster).fenced === 0) await pauseOldest(running, say);
    const victim = integer(random, 0, running.length - 1);
    await running[victim]?.kill();
    kills++;
    say(`kill -9 number ${kills}, of process ${victim + 1}`);
    running[victim] = cluster.start();
    await sleep(integer(random, between[0], between[1]));
  }
  return { kills, running };
}

async function foundSomething(cluster: Cluster): Promise<void> {
  while ((await highs(cluster, cluster.client.names.topics.alerts)).every((high) => high === 0)) await sleep(200);
}

/** The one that has been there for the longest surely holds partitions. */
async function pauseOldest(running: readonly RunningWayward[], say: (text: string) => void): Promise<void> {
  const oldest = running.toSorted((a, b) => a.pid - b.pid)[0];
  if (oldest === undefined) return;
  process.kill(oldest.pid, 'SIGSTOP');
  say('one process is paused past its session');
  await sleep(PAUSE);
  process.kill(oldest.pid, 'SIGCONT');
  say('and woken');
  await sleep(AWAKE);
}

/** Until everything up to `time` (milliseconds) has been read, looked at and committed. */
export async function settled(
  cluster: Cluster,
  time: number,
  partitions: readonly string[],
  patience: number,
): Promise<void> {
  const deadline = Date.now() + patience;
  const tail = await TopicTail.open(cluster.client, cluster.client.names.topics.ingest);
  const behind = () => partitions.filter((name) => Number(tail.values.get(`watermark/${name}`) ?? -1) <= time);
  while (behind().length > 0) {
    if (Date.now() > deadline)
      throw new Error(`ingest of ${behind()} did not come to ${new Date(time).toISOString()}\n${troubleOf(cluster)}`);
    await sleep(200);
  }
  await tail.close();
  await detected(cluster, deadline);
}

/** Until detection has committed all that is there now. */
async function detected(cluster: Cluster, deadline: number): Promise<void> {
  const ends = await endsOf(cluster.client, cluster.client.names.topics.events);
  for (;;) {
    const at = await committed(cluster, cluster.client.names.id('detect'), cluster.client.names.topics.events);
    if (ends.every((end, partition) => (at[partition] ?? 0) >= end)) return;
    if (Date.now() > deadline) throw new Error(`detection did not come to ${ends}: ${at}\n${troubleOf(cluster)}`);
    await sleep(500);
  }
}

/** Until the snapshots of detection hold all that it has committed by now. */
export async function saved(cluster: Cluster, patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  const committedNow = await statesSaved(cluster.client);
  for (;;) {
    const later = await statesSaved(cluster.client);
    const isSaved = ([partition, { offset }]: readonly [number, SnapshotReader]): boolean => {
      const last = later.get(partition)?.last;
      return typeof last === 'object' && last.snapshot.offset >= offset;
    };
    if ([...committedNow].every(isSaved)) return;
    if (Date.now() > deadline) throw new Error(`no snapshot was made\n${troubleOf(cluster)}`);
    await sleep(200);
  }
}

/** Until everything that was said on the topic until now is in Elasticsearch; where that is. */
export async function delivered(cluster: Cluster, patience: number, topic: string = ALERTS): Promise<number> {
  const deadline = Date.now() + patience;
  const [end = 0] = await endsOf(cluster.client, topic);
  for (;;) {
    const [at = 0] = await committed(cluster, cluster.client.names.id('deliver'), topic);
    if (at >= end) return at;
    if (Date.now() > deadline) throw new Error(`delivery came to ${at} of ${end} of ${topic}\n${troubleOf(cluster)}`);
    await sleep(500);
  }
}

/** Where the partitions of a topic end, as far as they can be read. */
export async function highs(cluster: Cluster, topic: string): Promise<number[]> {
  const admin = cluster.client.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high));
}

async function committed(cluster: Cluster, groupId: string, topic: string): Promise<number[]> {
  const admin = cluster.client.admin();
  await admin.connect();
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  return (offsets?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset));
}

/** The last that processes complained of. */
const troubleOf = (cluster: Cluster): string =>
  cluster.started
    .flatMap(({ lines }) => lines.filter(({ level }) => level !== 'info'))
    .slice(-20)
    .map((line) => JSON.stringify(line))
    .join('\n');

/** Of all processes: events that were processed again, and writers that found another in their place. */
export function accountOf(cluster: Cluster): { replayed: number; fenced: number } {
  const lines = cluster.started.flatMap((wayward) => wayward.lines);
  const replayed = lines.filter(({ msg }) => msg === 'replayed').reduce((sum, { events }) => sum + Number(events), 0);
  const fenced = lines.filter(({ msg }) => msg === 'another process has taken this partition over').length;
  return { replayed, fenced };
}

/** Transactions of the topics that every transaction writes to, by how they ended. */
export async function transactionsOf(cluster: Cluster): Promise<{ committed: number; aborted: number }> {
  const nothing = () => undefined;
  const ingest = await readTopic(cluster.client, cluster.client.names.topics.ingest, nothing);
  const detect = await readTopic(cluster.client, cluster.client.names.topics.state, nothing);
  return { committed: ingest.committed + detect.committed, aborted: ingest.aborted + detect.aborted };
}
