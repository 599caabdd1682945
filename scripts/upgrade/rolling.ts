import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Replica } from '../../src/pipeline/kafka/replica.ts';
import { settled } from '../../test/chaos/chaos.ts';
import { Cluster } from '../../test/chaos/cluster.ts';
import { undisturbed } from '../../test/chaos/expected.ts';
import { chaosLogs, type LiveLine } from '../../test/chaos/logs.ts';
import { alertsSaid, baselinesLearned } from '../../test/chaos/outcome.ts';
import type { LogLine } from '../../test/live/wayward.ts';
import { type Issuer, startIssuer } from '../../test/servers/issuer.ts';
import type { Kafka } from '../../test/servers/kafka.ts';
import { endsOf } from '../../test/servers/kafka-ends.ts';
import type { Build } from './build.ts';
import {
  decidedIn,
  type Figures,
  forgotten,
  learnedFrom,
  notTakenOver,
  numbersOf,
  type OutboxRow,
  stepsMade,
  unequal,
} from './compare.ts';
import { CROWD, PATIENCE, replace } from './replace.ts';
import { replayed } from './replayed.ts';
import { knownAlerts, overtaken, saidFrom, toldOtherwise } from './told.ts';

export interface RollingRun {
  readonly folder: string;
  /** Records of history beside those of the agents that misbehave. */
  readonly events: number;
  readonly liveSeconds: number;
}

const LIVE_RATE = 100;
const SLICE_SECONDS = 10;

/**
 * Two processes of the one build are killed and replaced by the other's, forth and back, while records and alerts come in, and once more
 * when only the newer one is left. What that knows in the end is what it comes to undisturbed from what the older one had left.
 */
export async function rolling(
  older: Build,
  newer: Build,
  run: RollingRun,
  kafka: Kafka,
  say: (text: string) => void,
): Promise<Figures> {
  const logs = chaosLogs(run.events, Date.now());
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
    let isReplaced = false;
    const replacing = replace(cluster, older, newer, run.liveSeconds, say).finally(() => {
      isReplaced = true;
    });
    const live: LiveLine[] = [];
    const go = async (): Promise<void> => {
      const lines = logs.live(Date.now() + 1_000, SLICE_SECONDS, LIVE_RATE);
      live.push(...lines);
      await cluster.feed(lines);
    };
    while (!isReplaced) await go();
    const { builds, toldBefore } = await replacing;
    const { events, alerts } = cluster.client.names.topics;
    const newerAlone = { events: await endsOf(cluster.client, events), alerts: await endsOf(cluster.client, alerts) };
    await go();
    say(`${live.length} live records`);
    const partitions = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    await settled(cluster, live.at(-1)?.time ?? 0, partitions, PATIENCE);
    for (const [at, { lines }] of cluster.started.entries()) tellOf(builds[at], lines, say);
    const steps = await stepsOf(cluster, run.folder);
    await Promise.all(cluster.started.map((wayward) => wayward.stop()));
    const credentials = join(run.folder, 'credentials.yaml');
    const said = await alertsSaid(cluster.client);
    const baselines = numbersOf(await baselinesLearned(cluster.client, credentials));
    const last = await saidFrom(cluster.client, newerAlone.alerts);
    say(`${last.size} alerts were told or told anew once ${newer.commit} was alone`);
    const alone = await replayed(cluster.client, credentials);
    const here = { alerts: knownAlerts(said.newest), baselines };
    const found = [
      ...notTakenOver(alone.before, numbersOf(alone.takenOver), older.adds),
      ...unequal({ alerts: [], baselines: numbersOf(alone.baselines) }, { alerts: [], baselines }),
      ...forgotten(knownAlerts(toldBefore.newest), here.alerts),
      ...toldOtherwise(alone.alerts, last, newerAlone.events),
      ...overtaken(said, last),
    ];
    if (older.judgesAsHere) {
      const files = logs.partitions.map(
        ({ topic, partition, format }) => [cluster.file(topic, partition), format] as const,
      );
      found.push(...unequal(learnedFrom(await undisturbed(files, credentials)), here));
    }
    return {
      alerts: here.alerts.length,
      baselines: Object.keys(baselines).length,
      takenOver: Object.keys(alone.before).length,
      ...stepsMade(steps, issuer.calls, CROWD),
      differences: found,
    };
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
}

/** One more than misbehaves: of each limit, a place is kept for alerts that are critical. */
const crowdOf = ({ url }: Issuer): string =>
  Array.from({ length: CROWD + 1 }, (_, at) => {
    const revoke = `{ with: webhook, url: "${url}/revoke", verify_url: "${url}/verify" }`;
    return `  - { id: crowd-${at}, agent: agent-${at}, peer_group: crowd, slot: api, kind: api-key, revoke: ${revoke} }\n`;
  }).join('');

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
