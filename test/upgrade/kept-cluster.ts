import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners } from 'kafkajs';
import { withAdmin } from '../../src/kafka/topics.ts';
import { alertMessage } from '../../src/pipeline/kafka/alert-message.ts';
import { settled } from '../chaos/chaos.ts';
import { Cluster } from '../chaos/cluster.ts';
import { alertsSaid, readTopic } from '../chaos/outcome.ts';
import { ALERTS, CONTROL, DEAD_LETTERS, DOCUMENTS, EVENTS, RESPONSE, STATE } from '../kafka/names.ts';
import type { RunningWayward } from '../live/wayward.ts';
import { alertOf } from '../response/alert-of.ts';
import { endsOf } from '../servers/kafka-ends.ts';
import { type KnownAlert, knownAlert, type Numbers } from './kept/learned.ts';
import { CUT, END } from './kept/logs.ts';
import { numbersOnKafka } from './numbers-on-kafka.ts';

/** What a kept cluster's logs are: two partitions of a gateway's. */
export const RAW = 'gateway';
const RAW_PARTITIONS = 2;
/** Credentials whose steps are kept; `done` is made before, the others are open. */
const CROWD = ['planned', 'hang', 'done'] as const;
type Member = (typeof CROWD)[number];

const OWN = [EVENTS, ALERTS, DOCUMENTS, DEAD_LETTERS, CONTROL, RESPONSE];
/** As the protocol numbers kinds of resources; kafkajs exports the types of that, but not the values. */
const TOPIC = 2;
const CLOCK = new URL('shifted-clock.ts', import.meta.url);
const PATIENCE = 120_000;

/** What a process makes of a kept cluster. */
export interface ClusterOutcome {
  readonly alerts: readonly KnownAlert[];
  readonly baselines: Readonly<Record<string, Numbers>>;
  /** State of each step, and how often its issuer was called since, by credential. */
  readonly steps: Readonly<Record<string, string>>;
  readonly calls: Readonly<Record<string, number>>;
}

interface Options {
  readonly folder: string;
  readonly broker: string;
  /** Launcher and detectors of another version. */
  readonly build?: { readonly bin: string; readonly tree: string };
  /** Of the raw topic, where that version knows it. */
  readonly identity?: 'from-key-map';
  readonly agents: string;
  /** `kafka.snapshot_every` */
  readonly snapshotEvery?: string;
}

/** Lines, cut over the partitions of the raw topic. */
const dealt = (lines: readonly string[]): string[][] =>
  Array.from({ length: RAW_PARTITIONS }, (_, partition) =>
    lines.filter((_line, at) => at % RAW_PARTITIONS === partition),
  );

/** Topics, and processes whose issuer is a program that writes down each call; `hang` never comes to its end until it is let go. */
export async function makeCluster({
  folder,
  broker,
  build,
  identity,
  agents,
  snapshotEvery = '20s',
}: Options): Promise<Cluster> {
  const script = [
    `echo {who} >> '${folder}/calls'`,
    `if [ {who} = hang ] && [ ! -e '${folder}/let-go' ]; then sleep 14; fi`,
    `touch '${folder}/dead-{who}'`,
  ].join('; ');
  const lock = {
    run: ['/bin/sh', '-c', script],
    verify: ['/bin/sh', '-c', `test -e '${folder}/dead-{who}'`],
    timeout: '15s',
  };
  const cluster = await Cluster.make({
    folder,
    broker,
    logs: {
      partitions: dealt([]).map((lines, partition) => ({ topic: RAW, format: 'nginx-json', partition, lines })),
      registry: agents + crowd(),
      live: () => [],
    },
    ...(build && { bin: build.bin }),
    settings: {
      response: {
        mode: 'auto',
        rules: [{ credential: 'crowd-planned', severity: 'medium', mode: 'approve' }],
        limits: { credentials: 100, peer_group_percent: 100 },
        max_alert_age: '30d',
        approval_timeout: '30d',
      },
      revokers: { command: { lock } },
      ...(build && { detectors: join(build.tree, 'detectors') }),
    },
    kafka: {
      topics: [{ topic: RAW, format: 'nginx-json', ...(identity && { identity }) }],
      partitions: 2,
      snapshot_every: snapshotEvery,
    },
  });
  await keepForEver(cluster);
  return cluster;
}

/** By the clock of the broker, what was written by a clock of the past would be deleted soon. */
async function keepForEver({ client }: Cluster): Promise<void> {
  await withAdmin(client, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: OWN.map((name) => ({
        type: TOPIC,
        name,
        configEntries: [{ name: 'retention.ms', value: '-1' }],
      })),
    }),
  );
}

const crowd = (): string =>
  CROWD.map(
    (who) =>
      `  - { id: crowd-${who}, agent: agent-${who}, peer_group: crowd, slot: api, kind: api-key, revoke: { with: command, command: lock, parameters: { who: ${who} } } }\n`,
  ).join('');

/** Of a process for which it is `time` now. */
const clockAt = (time: number): Record<string, string> => ({
  NODE_OPTIONS: `--import ${CLOCK.href}`,
  WAYWARD_TEST_CLOCK_SHIFT: String(time - Date.now()),
});

/** Says that an agent of the crowd misbehaves, at that time. */
async function misuse(cluster: Cluster, who: Member, time: number): Promise<void> {
  const credential = `crowd-${who}`;
  const alert = alertOf({
    ...{ id: `alert-${who}`, principal: `agent-${who}/api`, agent: `agent-${who}`, slot: 'api', peerGroup: 'crowd' },
    ...{ credentials: [credential], attribution: { method: 'credential_id', confidence: 1 }, openedAt: time },
  });
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const message = { ...alertMessage(ALERTS, alert), timestamp: String(time) };
  await producer.send({ topic: ALERTS, acks: -1, messages: [message] });
  await producer.disconnect();
}

/** Until detection of every partition has a snapshot of all that stands in its topic now. */
async function snapshotsMade(cluster: Cluster): Promise<void> {
  const ends = await endsOf(cluster.client, EVENTS);
  for (const deadline = Date.now() + PATIENCE; ; await sleep(1_000)) {
    const heads = new Map<number, number>();
    await readTopic(cluster.client, STATE, (partition, { key, value }) => {
      if (key?.toString().endsWith('head')) heads.set(partition, JSON.parse(String(value)).offset);
    });
    // Two offsets of each probe of where it ends stand behind the last event.
    if (ends.every((end, partition) => (heads.get(partition) ?? 0) >= end)) return;
    if (Date.now() > deadline) throw new Error(`snapshots came to ${[...heads]} of ${ends}`);
  }
}

/** A process goes on with what is kept, with the lines of the day after, a person approving what waits. */
export async function goOnWithCluster(cluster: Cluster, folder: string): Promise<ClusterOutcome> {
  writeFileSync(join(folder, 'let-go'), '');
  rmSync(join(folder, 'calls'), { force: true });
  const clock = clockAt(END);
  const wayward = cluster.start(undefined, clock);
  try {
    await settled(cluster, END - MINUTE, PARTITIONS, PATIENCE);
    await cluster.says(['approve', 'alert-planned', '--as', 'ann'], clock);
    for (const who of ['planned', 'hang'])
      await wayward.line((line) => line.credential === `crowd-${who}` && line.state === 'verified', PATIENCE);
    const steps = await stepsOnce(cluster, (states) => states.every((state) => state === 'verified'), clock);
    await snapshotsMade(cluster);
    const outcome = { ...(await outcomeOf(cluster, folder)), steps };
    await wayward.stop(); // a killed one is missed by its broker only much later
    return outcome;
  } finally {
    await wayward.kill();
  }
}

/** How each step of the crowd stands, once it is as it should be. */
async function stepsOnce(
  cluster: Cluster,
  isSo: (states: readonly string[]) => boolean,
  clock: Record<string, string>,
) {
  for (const deadline = Date.now() + PATIENCE; ; await sleep(500)) {
    const states = await Promise.all(CROWD.map((who) => stateOf(cluster, who, clock)));
    if (isSo(states)) return Object.fromEntries(CROWD.map((who, at) => [who, states[at] ?? '']));
    if (Date.now() > deadline) throw new Error(`the steps of ${CROWD} are ${states}`);
  }
}

async function stateOf(cluster: Cluster, who: Member, clock: Record<string, string>): Promise<string> {
  try {
    const { response } = JSON.parse(await cluster.says(['alerts', 'show', `alert-${who}`, '--json'], clock));
    return response.steps[0]?.state ?? 'none';
  } catch (error) {
    if (String(error).includes('no alert')) return 'not there yet';
    throw error;
  }
}

async function outcomeOf(cluster: Cluster, folder: string): Promise<Omit<ClusterOutcome, 'steps'>> {
  const { newest } = await alertsSaid(cluster.client);
  const calls = callsIn(folder);
  return {
    alerts: [...newest.values()]
      .map(({ alert }) => knownAlert(alert))
      .filter(({ id }) => !id.startsWith('alert-'))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    baselines: await baselinesOn(cluster),
    calls: Object.fromEntries([...Map.groupBy(calls, (who) => who)].map(([who, all]) => [who, all.length])),
  };
}

/**
 * A process learns what was before the cut; another comes a little further than its snapshot and is killed; a third one responds, and is
 * killed with one step made, one called and one that waits.
 */
export async function leaveCluster(cluster: Cluster, folder: string, history: readonly string[]): Promise<void> {
  const [early = [], late = []] = [
    history.filter((line) => timeOf(line) < CUT - HOUR),
    history.filter((line) => timeOf(line) >= CUT - HOUR),
  ];
  await written(cluster, early);
  await during(cluster, CUT - HOUR, undefined, async (clock) => {
    await settled(cluster, CUT - HOUR - MINUTE, PARTITIONS, PATIENCE);
    await snapshotsMade(cluster);
    const [benign] = (await alertsSaid(cluster.client)).newest.keys();
    const why = ['--as', 'benign', '--because', 'it was looked at', '--by', 'ann'];
    await cluster.says(['alerts', 'close', benign ?? '', ...why], clock);
  });
  await written(cluster, late);
  await during(cluster, CUT, 'ingest,detect', () => settled(cluster, CUT - MINUTE, PARTITIONS, PATIENCE));
  await during(cluster, CUT, 'respond', async (_clock, wayward) => {
    const step = (who: Member, state: string) =>
      wayward.line((line) => line.credential === `crowd-${who}` && line.state === state, PATIENCE);
    await misuse(cluster, 'planned', CUT);
    await misuse(cluster, 'done', CUT);
    await step('done', 'verified');
    await misuse(cluster, 'hang', CUT);
    await step('hang', 'calling');
    await called(folder, 'hang');
  });
  // Its program goes on without it: whoever comes next finds that done.
  await made(folder, 'hang');
}

/** What the newest form of snapshots that is there has of each principal and group. */
async function baselinesOn({ client }: Cluster): Promise<Record<string, Numbers>> {
  const newest = new Map<string, Buffer>();
  await readTopic(client, STATE, (_partition, { key, value }) => {
    if (value !== null) newest.set(String(key), value);
  });
  return numbersOnKafka(newest);
}

/** Until the issuer of that one was called. */
const called = (folder: string, who: Member) => once(() => callsIn(folder).includes(who), `${who} is called`);

/** Until it has done what it was called for. */
const made = (folder: string, who: Member) => once(() => existsSync(join(folder, `dead-${who}`)), `${who} is dead`);

async function once(isSo: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; !isSo(); await sleep(20))
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
}

const callsIn = (folder: string): string[] => {
  const file = join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

/** While a process is there for which it is that time; it is killed at the end. */
async function during(
  cluster: Cluster,
  time: number,
  roles: string | undefined,
  work: (clock: Record<string, string>, wayward: RunningWayward) => Promise<void>,
): Promise<void> {
  const clock = clockAt(time);
  const wayward = cluster.start(roles, clock);
  try {
    await work(clock, wayward);
  } finally {
    await wayward.kill();
  }
}

const HOUR = 3_600_000;
const MINUTE = 60_000;
const PARTITIONS = Array.from({ length: RAW_PARTITIONS }, (_, partition) => `${RAW}/${partition}`);
const timeOf = (line: string): number => Number(JSON.parse(line).msec) * 1_000;

/** Few agents and days, so that what is kept stays small. */
export const isKept = (line: string): boolean =>
  /"credential":"cred-(order-sync-1|support-bot-3|checkout-assistant-1)-gateway"/.test(line) &&
  timeOf(line) > CUT - 8 * 24 * HOUR;

/** To the raw topic, each partition its share. */
export async function written(cluster: Cluster, lines: readonly string[]): Promise<void> {
  for (const [partition, own] of dealt(lines).entries())
    await cluster.load([{ topic: RAW, format: 'nginx-json', partition, lines: own }]);
}

/** A day of a credential in no registry: an alert, whatever the model of a version makes of the others. */
export const isOfNobody = (line: string): boolean =>
  line.includes('"credential":"cred-research-agent-1-gateway"') &&
  timeOf(line) > CUT - 48 * HOUR &&
  timeOf(line) < CUT - 24 * HOUR;
