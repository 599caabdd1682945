import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { alertMessage } from '../../src/pipeline/kafka/alert-message.ts';
import type { Cluster } from '../../test/chaos/cluster.ts';
import { alertsSaid, type SaidAlerts, statesSaved } from '../../test/chaos/outcome.ts';
import { ALERTS } from '../../test/kafka/names.ts';
import type { RunningWayward } from '../../test/live/wayward.ts';
import { alertOf } from '../../test/response/alert-of.ts';
import { endsOf } from '../../test/servers/kafka-ends.ts';
import type { Build } from './build.ts';

export const PATIENCE = 300_000;
/** Credentials of which each is to be revoked once. */
export const CROWD = 24;

export interface Replaced {
  /** Which build each process was, in their order. */
  readonly builds: readonly string[];
  /** What the older ones had told when the first was replaced. */
  readonly toldBefore: SaidAlerts;
}

/**
 * Two of the older build; then forth, back, and forth until the newer ones are alone. Each ends by a kill, once so many seconds have gone by
 * and it has taken over a share of the work: on a busy machine, that comes later than its start. Meanwhile, agents of the crowd misbehave.
 */
export async function replace(
  cluster: Cluster,
  older: Build,
  newer: Build,
  seconds: number,
  say: (text: string) => void,
): Promise<Replaced> {
  const running = [cluster.start(), cluster.start()];
  const builds = [older.commit, older.commit];
  const moves = [
    [0, newer],
    [0, older],
    [1, newer],
    [1, older],
    [0, newer],
    [1, newer],
  ] as const;
  const takesPart = (process: RunningWayward | undefined) =>
    process?.line(({ msg }) => msg === 'partitions assigned', PATIENCE);
  await Promise.all(running.map(takesPart));
  await savedOnce(cluster);
  const toldBefore = await alertsSaid(cluster.client);
  const each = CROWD / moves.length;
  for (const [at, [number, build]] of moves.entries()) {
    const interval = (seconds * 1_000) / moves.length;
    await Promise.all([tellOfMisuse(cluster, at * each, each, interval), takesPart(running[number])]);
    await running[number]?.kill();
    running[number] = cluster.start(undefined, {}, [], build.bin);
    builds.push(build.commit);
    say(`process ${number + 1} was killed; in its place is one of ${build.commit}`);
  }
  await Promise.all(running.map(takesPart));
  return { builds, toldBefore };
}

/** Until every partition has a snapshot: what comes later is compared with what was there before. */
async function savedOnce({ client }: Cluster): Promise<void> {
  const count = (await endsOf(client, client.names.topics.state)).length;
  for (const deadline = Date.now() + PATIENCE; ; await sleep(1_000)) {
    const found = [...(await statesSaved(client)).values()].filter(({ last }) => typeof last === 'object');
    if (found.length === count) return;
    if (Date.now() > deadline) throw new Error(`only ${found.length} of ${count} partitions have a snapshot`);
  }
}

/** An alert about each of some of the crowd, spread over the time (milliseconds). */
async function tellOfMisuse(cluster: Cluster, first: number, count: number, time: number): Promise<void> {
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let at = first; at < first + count; at++) {
    const alert = alertOf({
      ...{ id: `alert-${at}`, principal: `agent-${at}/api`, agent: `agent-${at}`, slot: 'api', peerGroup: 'crowd' },
      ...{
        credentials: [`crowd-${at}`],
        attribution: { method: 'credential_id', confidence: 1 },
        openedAt: Date.now(),
      },
    });
    await producer.send({ topic: ALERTS, acks: -1, messages: [alertMessage(ALERTS, alert)] });
    await sleep(time / count);
  }
  await producer.disconnect();
}
