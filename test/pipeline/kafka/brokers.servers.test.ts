import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { Alert } from '../../../src/alerts/alert.ts';
import { TopicTail } from '../../../src/kafka/topic-tail.ts';
import { settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { undisturbed } from '../../chaos/expected.ts';
import { type ChaosLogs, chaosLogs } from '../../chaos/logs.ts';
import { alertsSaid, baselinesLearned, readTopic } from '../../chaos/outcome.ts';
import { temporaryFile, temporaryFolder } from '../../config/temp.ts';
import { INGEST } from '../../kafka/names.ts';
import { missesBroker, type RunningWayward, spawnWayward, waywardSays } from '../../live/wayward.ts';
import { startKafka, startOwnKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const PATIENCE = 240_000;
const TIMEOUT = 600_000;
/** How long a record may be on its way, milliseconds: longer than a restart of the broker takes. */
const SETTLE = 20_000;
const LIVE_SECONDS = 20;
const RATE = 200;

const KEY = { WAYWARD_FINGERPRINT_KEY: 'a key that every process of this test knows' };

const namesOf = ({ partitions }: ChaosLogs): string[] =>
  partitions.map(({ topic, partition }) => `${topic}/${partition}`);

const only = (logs: ChaosLogs, topics: readonly string[]): ChaosLogs => ({
  ...logs,
  partitions: logs.partitions.filter(({ topic }) => topics.includes(topic)),
});

/** An alert without fields that hold nothing. */
const kept = (alert: Alert | undefined): unknown => alert && JSON.parse(JSON.stringify(alert));

/** What differs from an undisturbed process, alone: alerts with all that they hold, and what was learned, to the last bit. */
async function differences(cluster: Cluster, folder: string, logs: ChaosLogs): Promise<string[]> {
  const credentials = join(folder, 'credentials.yaml');
  const files = logs.partitions.map(
    ({ topic, partition, format }) => [cluster.file(topic, partition), format] as const,
  );
  const expected = await undisturbed(files, credentials);
  expect(expected.alerts.size).toBeGreaterThan(20);

  const { newest, revisions } = await alertsSaid(cluster.client);

  const learned = await baselinesLearned(cluster.client, credentials);
  const ids = new Set([...expected.alerts.keys(), ...newest.keys()]);
  const names = new Set([...expected.baselines.keys(), ...learned.keys()]);
  return [
    ...[...ids]
      .filter((id) => {
        const said = newest.get(id);
        const isDecided = said !== undefined && expected.forms.get(id)?.includes(said.document);
        return !isDecided && !isDeepStrictEqual(kept(expected.alerts.get(id)), kept(said?.alert));
      })
      .map((id) => `alert ${id}`),
    ...[...names]
      .filter((name) => !expected.baselines.get(name)?.equals(learned.get(name) ?? Buffer.alloc(0)))
      .map((name) => `state of ${name}`),
    ...revisions.filter((name, at) => revisions.indexOf(name) !== at).map((name) => `${name} was said twice`),
  ];
}

describeWith(
  'brokers while ingest and detection are at work',
  () => startOwnKafka({ heap: '512m' }),
  (server) => {
    test(
      'restarted in good order and by kill -9, in the middle of history and of live records: nothing is different',
      async () => {
        const logs = chaosLogs(4_000, Date.now());
        const folder = temporaryFolder();
        const cluster = await Cluster.make({
          folder,
          broker: server().broker,
          logs,
          kafka: { partitions: 4, settle: `${SETTLE}ms`, snapshot_every: '3s' },
        });
        await cluster.load(logs.partitions);
        const processes = [cluster.start('ingest,detect'), cluster.start('ingest,detect')];
        // Before that, a broker that is away is one that is missing: exit 3.
        await Promise.all(
          processes.map((wayward) => wayward.line(({ msg }) => msg === 'partitions assigned', PATIENCE)),
        );
        await Promise.any(processes.map((wayward) => wayward.line(({ msg }) => msg === 'restored', PATIENCE)));
        const tail = await TopicTail.open(cluster.client, INGEST);
        const handedOn = () =>
          namesOf(logs).reduce((sum, name) => sum + (positionOf(tail.values.get(`reader/${name}`)) ?? 0), 0);
        await until(async () => handedOn() > 0);
        await server().restart();
        const live = logs.live(Date.now() + 1_000, LIVE_SECONDS, RATE);
        const fed = cluster.feed(live);
        const history = logs.partitions.reduce((sum, { lines }) => sum + lines.length, 0);
        await until(async () => handedOn() > history + RATE);
        await server().kill();
        await server().restart();
        const afterKill = handedOn();
        await until(async () => handedOn() > afterKill + RATE);
        await server().restart();
        await fed;
        await tail.close();

        await settled(cluster, live.at(-1)?.time ?? 0, namesOf(logs), PATIENCE);

        expect(await Promise.all(processes.map((wayward) => wayward.stop()))).toEqual([0, 0]);

        expect(await differences(cluster, folder, logs)).toEqual([]);
        await cluster.close();
      },
      TIMEOUT,
    );
  },
);

const NO_GATEWAY =
  'Kafka has no topic gateway-logs, or does not show it to this user; make those that hold your logs, or mend kafka.topics in wayward.yaml';

/** Until it has ended by itself. */
const isOver = (wayward: RunningWayward): Promise<unknown> =>
  wayward.line(() => false, PATIENCE).catch(() => undefined);

/** How a process that can't begin ends. */
async function ended(config: string): Promise<{ code: number | null; said: unknown }> {
  const wayward = spawnWayward(config, KEY);
  await isOver(wayward);
  return { code: await wayward.stop(), said: wayward.lines.at(-1)?.msg };
}

/** The offset that the reader of a raw partition goes on at, by what it has saved. */
const positionOf = (reader: Buffer | null | undefined): number | undefined =>
  reader ? JSON.parse(reader.toString()).lane.position.offset : undefined;

async function readerAt(cluster: Cluster, name: string): Promise<number | undefined> {
  let position: number | undefined;
  await readTopic(cluster.client, INGEST, (_, { key, value }) => {
    if (String(key) === `reader/${name}`) position = positionOf(value);
  });
  return position;
}

async function until(fits: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await fits()); await sleep(100))
    if (Date.now() > end) throw new Error('it did not come to that');
}

/** With the newest of the lines, so many at most of each partition. */
async function clusterOf(
  broker: string,
  topics: readonly string[],
  prefix: string,
  { settle = '300ms', most = 2_000 } = {},
): Promise<{ cluster: Cluster; logs: ChaosLogs; folder: string }> {
  const all = only(chaosLogs(1_000, Date.now()), topics);
  const logs = {
    ...all,
    partitions: all.partitions.map((part) => ({
      ...part,
      topic: `${prefix}${part.topic}`,
      lines: part.lines.slice(-most),
    })),
  };
  const folder = temporaryFolder();
  const cluster = await Cluster.make({
    folder,
    broker,
    logs,
    kafka: { partitions: 2, settle },
  });
  onTestFinished(() => cluster.close());
  return { cluster, logs, folder };
}

/** To the partition that was added: a producer that knew the topic before would not know it. */
async function write(cluster: Cluster, lines: readonly string[]): Promise<void> {
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: 'more-gateway', acks: -1, messages: lines.map((value) => ({ value, partition: 3 })) });
  await producer.disconnect();
  appendFileSync(cluster.file('more-gateway', 3), lines.map((line) => `${line}\n`).join(''));
}

describeWith('topics that come and go', startOwnKafka, (server) => {
  test('a topic that is missing at the start: exit 3, and which', async () => {
    const file = temporaryFile(
      'wayward.yaml',
      stringify({
        kafka: { brokers: [server().broker], topics: [{ topic: 'gateway-logs', format: 'nginx-json' }] },
        fingerprint_key: 'secret://env/WAYWARD_FINGERPRINT_KEY',
      }),
    );
    await expect(ended(file)).resolves.toEqual({
      code: 3,
      said: 'Kafka has no topic gateway-logs, wayward.events, wayward.ingest, wayward.control, wayward.dead-letters, wayward.state, wayward.alerts, wayward.documents, wayward.response, or does not show it to this user; run wayward setup kafka; make those that hold your logs, or mend kafka.topics in wayward.yaml',
    });
    await waywardSays(file, ['setup', 'kafka']);
    await expect(ended(file)).resolves.toEqual({ code: 3, said: NO_GATEWAY });
  });

  test(
    'a broker that goes away while a process is starting: it waits, and works as soon as the broker is back',
    async () => {
      const { cluster, logs } = await clusterOf(server().broker, ['appdb', 'vault'], 'late-');
      await cluster.load(logs.partitions);
      const wayward = cluster.start('ingest,detect');
      await wayward.line(({ msg }) => msg === 'partitions assigned', PATIENCE);
      const missed = missesBroker(wayward);
      await server().kill();
      await missed;
      await server().restart();
      await wayward.line(({ msg }) => msg === 'working', PATIENCE);
      await settled(cluster, Date.now(), namesOf(logs), PATIENCE);
      expect(await wayward.stop()).toBe(0);
    },
    TIMEOUT,
  );

  test(
    'a process that is told to stop while it waits for its broker stops, too',
    async () => {
      const { cluster } = await clusterOf(server().broker, ['appdb', 'vault'], 'never-');
      const wayward = cluster.start('ingest,detect');
      await wayward.line(({ msg }) => msg === 'partitions assigned', PATIENCE);
      const missed = missesBroker(wayward);
      await server().kill();
      await missed;
      // 130 where something was still under way after ten seconds.
      expect(await wayward.stop()).toBeOneOf([0, 130]);
      await server().restart();
    },
    TIMEOUT,
  );

  test(
    'a topic that is deleted while processes read it: exit 3, and which',
    async () => {
      const { cluster, logs } = await clusterOf(server().broker, ['appdb', 'vault'], 'deleted-');
      await cluster.load(logs.partitions);
      const wayward = cluster.start('ingest,detect');
      await settled(cluster, Date.now(), namesOf(logs), PATIENCE);
      const admin = cluster.client.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: ['deleted-vault'] });
      await admin.disconnect();
      await isOver(wayward);
      expect(wayward.lines.map(({ msg }) => msg)).toContainEqual(
        expect.stringMatching(/^Kafka has no topic deleted-vault, or/),
      );
      expect(await wayward.stop()).toBe(3);
    },
    TIMEOUT,
  );

  test(
    'a topic that is made anew is read from its beginning',
    async () => {
      const { cluster, logs } = await clusterOf(server().broker, ['appdb', 'vault'], 'anew-');
      await cluster.load(logs.partitions);
      const wayward = cluster.start('ingest,detect');
      await settled(cluster, Date.now(), namesOf(logs), PATIENCE);
      const admin = cluster.client.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: ['anew-appdb'] });
      await admin.createTopics({ topics: [{ topic: 'anew-appdb', numPartitions: 1 }], waitForLeaders: true });
      await admin.disconnect();
      const lines = logs.partitions.find(({ topic }) => topic === 'anew-appdb')?.lines.slice(-100) ?? [];
      await cluster.write('anew-appdb', 0, lines);
      await wayward.line(
        ({ msg }) => String(msg).includes('it was made anew: it is read from its beginning'),
        PATIENCE,
      );
      await until(async () => (await readerAt(cluster, 'anew-appdb/0')) === lines.length);
      await settled(cluster, Date.now(), namesOf(logs), PATIENCE);
      expect(await wayward.stop()).toBe(0);
    },
    TIMEOUT,
  );
});

// Detection of another test's topics has come to the present: here it begins with history.
describeWith('topics that grow', startKafka, (server) => {
  test(
    'partitions that are added while processes read: their records are read, and detection waits for them, too',
    async () => {
      const { cluster, logs, folder } = await clusterOf(server().broker, ['gateway', 'vault'], 'more-', {
        settle: '5s',
        most: Number.POSITIVE_INFINITY,
      });
      await cluster.load(logs.partitions);
      const wayward = cluster.start('ingest,detect');
      await settled(cluster, Date.now(), namesOf(logs), PATIENCE);
      const admin = cluster.client.admin();
      await admin.connect();
      await admin.createPartitions({ topicPartitions: [{ topic: 'more-gateway', count: 4 }] });
      await admin.disconnect();
      const live = logs.live(Date.now(), 10, 10);
      const ordinary = live.filter(({ topic }) => topic === 'traffic').map(({ line }) => line);
      await write(cluster, ordinary);
      await settled(cluster, Date.now(), [...namesOf(logs), 'more-gateway/3'], PATIENCE);
      expect(await readerAt(cluster, 'more-gateway/3')).toBe(ordinary.length);

      const began = Date.now();
      const odd = logs.live(began, 10, 10).filter(({ topic }) => topic === 'gateway');
      await write(
        cluster,
        odd.map(({ line }) => line),
      );
      await settled(cluster, odd.at(-1)?.time ?? 0, [...namesOf(logs), 'more-gateway/3'], PATIENCE);
      const files = [...logs.partitions, { topic: 'more-gateway', partition: 3 }];
      const text = await cluster.says([
        ...['scan', '--json', '--credentials', join(folder, 'credentials.yaml')],
        ...files.map(({ topic, partition }) => cluster.file(topic, partition)),
      ]);
      const isNew = (line: string): boolean => Date.parse(JSON.parse(line)['@timestamp']) >= began;
      const expected = text.trimEnd().split('\n').filter(isNew);
      // And a third, outside-hours, where it is now before 8 or after 16 o'clock in New York.
      expect(expected.length).toBeGreaterThanOrEqual(2);
      expect(await wayward.stop()).toBe(0);
      const { newest } = await alertsSaid(cluster.client);
      const found = [...newest.values()].map(({ document }) => document).filter(isNew);
      expect(found.toSorted()).toEqual(expected.toSorted());
    },
    TIMEOUT,
  );
});
