import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { alertMessage } from '../../src/pipeline/kafka/alert-message.ts';
import { Replica } from '../../src/pipeline/kafka/replica.ts';
import { settled } from '../../test/chaos/chaos.ts';
import { Cluster } from '../../test/chaos/cluster.ts';
import { undisturbed } from '../../test/chaos/expected.ts';
import { chaosLogs } from '../../test/chaos/logs.ts';
import { alertsSaid, baselinesLearned } from '../../test/chaos/outcome.ts';
import { ALERTS } from '../../test/kafka/names.ts';
import type { LogLine } from '../../test/live/wayward.ts';
import { alertOf } from '../../test/response/alert-of.ts';
import { type Issuer, startIssuer } from '../../test/servers/issuer.ts';
import type { Kafka } from '../../test/servers/kafka.ts';
import type { Build } from './build.ts';
import { compare, decidedIn, type Figures, numbersOf, type OutboxRow } from './compare.ts';
import { withoutFailedTries } from './without-failed-tries.ts';

export interface RollingRun {
  readonly folder: string;
  /** Records of history beside those of the agents that misbehave. */
  readonly events: number;
  readonly liveSeconds: number;
}

const LIVE_RATE = 100;
/** Credentials of which each is to be revoked once. */
const CROWD = 24;
const PATIENCE = 300_000;

/**
 * Two processes of the one build are killed and replaced by the other's, forth and back, while records and alerts come in; in the end only
 * the newer one is left.
 */
export async function rolling(
  older: Build,
  newer: Build,
  run: RollingRun,
  kafka: Kafka,
  say: (text: string) => void,
): Promise<Figures> {
  const written = chaosLogs(run.events, Date.now());
  const logs = older.knowsIdentity ? written : withoutFailedTries(written);
  const issuer = await startIssuer();
  const cluster = await Cluster.make({
    folder: run.folder,
    broker: kafka.broker,
    bin: older.bin,
    logs: { ...logs, registry: logs.registry + crowdOf(issuer) },
    settings: {
      detectors: undefined, // each build has its own
      response: {
        mode: 'off',
        rules: [{ credential: 'crowd-*', severity: 'medium', mode: 'auto' }],
        limits: { credentials: 1_000, peer_group_percent: 100 },
        max_alert_age: '1h',
      },
      revokers: { webhook: { secret: 'secret://env/WEBHOOK_KEY' } },
    },
    kafka: { settle: '10s', snapshot_every: '5s', partitions: 4 },
    env: { WEBHOOK_KEY: 'the key of this run, which nobody else has' },
  });
  try {
    await cluster.load(logs.partitions);
    const replaced = replace(cluster, older, newer, run.liveSeconds, say);
    const told = tellOfMisuse(cluster, run.liveSeconds);
    const live = logs.live(Date.now() + 1_000, run.liveSeconds, LIVE_RATE);
    await cluster.feed(live);
    const builds = (await Promise.all([replaced, told]))[0];
    say(`${live.length} live records`);
    const partitions = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    await settled(cluster, live.at(-1)?.time ?? 0, partitions, PATIENCE);
    for (const [at, { lines }] of cluster.started.entries()) tellOf(builds[at], lines, say);
    const steps = await stepsOf(cluster, run.folder);
    await Promise.all(cluster.started.map((wayward) => wayward.stop()));
    const files = logs.partitions.map(
      ({ topic, partition, format }) => [cluster.file(topic, partition), format] as const,
    );
    const credentials = join(run.folder, 'credentials.yaml');
    const expected = await undisturbed(files, credentials);
    const said = await alertsSaid(cluster.client);
    return compare({
      expected,
      alerts: new Map([...said.newest].map(([id, { alert }]) => [id, alert])),
      baselines: numbersOf(await baselinesLearned(cluster.client, credentials)),
      steps,
      calls: issuer.calls,
      wanted: CROWD,
    });
  } finally {
    await cluster.close();
    await issuer.stop();
  }
}

/** What a process took part in; one that was refused at its start shows no upgrade. */
function tellOf(build: string | undefined, lines: readonly LogLine[], say: (text: string) => void): void {
  const times = (text: string) => lines.filter(({ msg }) => msg === text).length;
  const [taken, responded] = [times('partitions assigned'), times('this process responds now')];
  const errors = new Set(
    lines.filter(({ level }) => level === 'error').map(({ msg }) => String(msg).replace(/\d+/g, 'N')),
  );
  say(
    `${build}: took partitions ${taken} times, responded ${responded} times; errors: ${[...errors].join(' | ') || 'none'}`,
  );
  if (lines.length > 0 && lines.every(({ level }) => level === undefined))
    throw new Error(
      `a process of ${build} did not start:\n${lines
        .slice(-3)
        .map(({ msg }) => msg)
        .join('\n')}`,
    );
}

const crowdOf = ({ url }: Issuer): string =>
  Array.from({ length: CROWD }, (_, at) => {
    const revoke = `{ with: webhook, url: "${url}/revoke", verify_url: "${url}/verify" }`;
    return `  - { id: crowd-${at}, agent: agent-${at}, peer_group: crowd, slot: api, kind: api-key, revoke: ${revoke} }\n`;
  }).join('');

/** Returns which build each process was, in their order. The older two; then forth, back, and forth until the newer ones are alone. Each ends by a kill. */
async function replace(
  cluster: Cluster,
  older: Build,
  newer: Build,
  seconds: number,
  say: (text: string) => void,
): Promise<string[]> {
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
  for (const [at, build] of moves) {
    await sleep((seconds * 1_000) / (moves.length + 1));
    await running[at]?.kill();
    running[at] = cluster.start(undefined, {}, [], build.bin);
    builds.push(build.commit);
    say(`process ${at + 1} was killed; in its place is one of ${build.commit}`);
  }
  return builds;
}

/** An alert about each of the crowd, spread over the time. */
async function tellOfMisuse(cluster: Cluster, seconds: number): Promise<void> {
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let at = 0; at < CROWD; at++) {
    const alert = alertOf({
      ...{ id: `alert-${at}`, principal: `agent-${at}/api`, agent: `agent-${at}`, slot: 'api', peerGroup: 'crowd' },
      ...{
        credentials: [`crowd-${at}`],
        attribution: { method: 'credential_id', confidence: 1 },
        openedAt: Date.now(),
      },
    });
    await producer.send({ topic: ALERTS, acks: -1, messages: [alertMessage(ALERTS, alert)] });
    await sleep((seconds * 1_000) / CROWD);
  }
  await producer.disconnect();
}

/** The crowd's steps, once all have ended. */
async function stepsOf({ client }: Cluster, folder: string): Promise<OutboxRow[]> {
  const replica = await Replica.open(client, join(folder, 'observer'));
  try {
    for (const deadline = Date.now() + PATIENCE; ; await sleep(500)) {
      await replica.catchUp();
      const steps = decidedIn(replica.store);
      const isOver = steps.length >= CROWD && steps.every(({ state }) => ENDS.has(state));
      if (isOver || Date.now() > deadline) return steps;
    }
  } finally {
    await replica.close();
  }
}

const ENDS: ReadonlySet<string> = new Set(['verified', 'failed', 'expired']);
