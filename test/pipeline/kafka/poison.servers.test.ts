import { hash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DeadLetter } from '../../../src/sources/dead-letter.ts';
import { delivered, settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { isAboutSource } from '../../chaos/expected.ts';
import { differencesIn } from '../../chaos/in-elasticsearch.ts';
import { type ChaosLogs, chaosLogs } from '../../chaos/logs.ts';
import { readTopic } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { ALERTS, CONTROL, DEAD_LETTERS, DOCUMENTS, EVENTS, STATE } from '../../kafka/names.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import { startKafka, startOwnKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { startTogether } from '../../servers/start-together.ts';
import { compressedBatch, forge, poison, rawPoison } from './poison.ts';

const FORGED = 'forged';
const PATIENCE = 90_000;
const TIMEOUT = 240_000;
/** Into the compressed records of a batch. */
const DAMAGE_AT = 61 + 20;

const REASONS = {
  'ten megabytes': 'too-long',
  'no value': 'no-value',
  empty: 'empty',
  'line ends only': 'empty',
  'invalid UTF-8': 'invalid-json',
  'deep JSON': 'not-an-object',
  prototype: 'wrong-type',
  'far future': 'timestamp-not-reached',
  gzip: 'invalid-json',
  'another format': 'wrong-type',
  'nothing known': 'invalid-json',
};
const REASONS_OF: Readonly<Record<string, Partial<typeof REASONS>>> = {
  gateway: { prototype: 'invalid-time', 'another format': 'invalid-time' },
  warehouse: {
    'invalid UTF-8': 'unbalanced-quotes',
    'deep JSON': 'too-few-columns',
    prototype: 'unbalanced-quotes',
    'another format': 'unbalanced-quotes',
    'nothing known': 'too-few-columns',
    // What its bytes look like depends on the line that was compressed.
    gzip: expect.stringMatching(/^(?:too-few-columns|unbalanced-quotes|torn-record)$/),
  },
};

/** A line of which an event is made. */
const A_USE = /"msec"|AUDIT: |"type":"response"/;

/** One of each kind of log. */
const oneOfEach = (): ChaosLogs => {
  const logs = chaosLogs(1_000, Date.now());
  return {
    ...logs,
    partitions: logs.partitions.filter(({ topic, partition }) => topic !== 'traffic' && partition === 0),
  };
};

/** The alerts of `wayward scan` over the same logs: documents by id. */
async function scanned(
  cluster: Cluster,
  folder: string,
  logs: ChaosLogs,
  isLeftOut: typeof isAboutSource = () => false,
): Promise<Map<string, unknown>> {
  const files = logs.partitions.map(({ topic, partition }) => cluster.file(topic, partition));
  const text = await cluster.says(['scan', '--json', '--credentials', join(folder, 'credentials.yaml'), ...files]);
  const documents = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return new Map(documents.filter((one) => !isLeftOut(one.wayward)).map((one) => [one.event.id, one]));
}

/** The newest document of each alert; forged messages are left out. */
async function said(cluster: Cluster, isLeftOut: typeof isAboutSource = () => false): Promise<Map<string, unknown>> {
  const newest = new Map<string, unknown>();
  await readTopic(cluster.client, ALERTS, (_, message) => {
    const id = String(message.key);
    if (message.headers?.alert === undefined || id.startsWith(FORGED)) return;
    const document = JSON.parse(String(message.value));
    if (!isLeftOut(document.wayward)) newest.set(id, document);
  });
  return newest;
}

/** Until all that is there has been read, looked at and committed. */
const allIsDone = (cluster: Cluster, logs: ChaosLogs): Promise<void> =>
  settled(
    cluster,
    Date.now(),
    logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`),
    PATIENCE,
  );

describeWith(
  'messages that nobody can use',
  () => startOwnKafka({ heap: '512m' }),
  (server) => {
    test(
      'on every raw topic: each becomes one dead letter with its place and reason, and the alerts are those of wayward scan',
      async () => {
        const logs = oneOfEach();
        const folder = temporaryFolder();
        const cluster = await Cluster.make({ folder, broker: server().broker, logs, kafka: { partitions: 4 } });
        const admin = cluster.client.admin();
        await admin.connect();
        const configEntries = [{ name: 'max.message.bytes', value: String(16 * 1024 * 1024) }];
        await admin.alterConfigs({
          validateOnly: false,
          resources: logs.partitions.map(({ topic }) => ({ type: 2, name: topic, configEntries })),
        });
        await admin.disconnect();
        for (const { topic } of logs.partitions) await compressedBatch(cluster, topic);
        await server().damage(
          logs.partitions.map(({ topic }) => topic),
          DAMAGE_AT,
        );
        const places = new Map<string, ReadonlyMap<string, number>>();
        const poisonOf = (topic: string) => {
          const { lines = [], format } = logs.partitions.find((one) => one.topic === topic) ?? {};
          const other = logs.partitions.find((one) => one.format !== format)?.lines[0] ?? '';
          return rawPoison(lines.find((line) => A_USE.test(line)) ?? '', other);
        };
        for (const { topic, lines } of logs.partitions)
          places.set(topic, await poison(cluster, topic, poisonOf(topic), lines));

        const wayward = cluster.start('ingest,detect');
        await allIsDone(cluster, logs);
        expect(await wayward.stop()).toBe(0);

        const letters = new Map<string, { letter: DeadLetter; headers: Record<string, string> }[]>();
        await readTopic(cluster.client, DEAD_LETTERS, (_, { value, headers }) => {
          const letter: DeadLetter = JSON.parse(String(value));
          const text = Object.entries(headers ?? {}).map(([name, header]) => [name, String(header)]);
          letters.set(letter.source, [
            ...(letters.get(letter.source) ?? []),
            { letter, headers: Object.fromEntries(text) },
          ]);
        });
        for (const [topic, offsets] of places) {
          const found = letters.get(`${topic}/0`) ?? [];
          const at = (offset: number) => found.filter(({ letter }) => letter.position === offset);
          expect(found.map(({ letter }) => letter.position).toSorted((a, b) => a - b)).toEqual([
            0,
            1,
            ...offsets.values(),
          ]);
          const reasons: Record<string, string | undefined> = {};
          for (const [name, offset] of offsets) {
            const [{ letter, headers } = {}] = at(offset);
            const value = poisonOf(topic).get(name) ?? Buffer.alloc(0);
            expect(headers).toEqual({
              ...{ reason: letter?.reason, topic, partition: '0', offset: String(offset) },
              seal: expect.stringMatching(/^hmac-sha256:/),
            });
            expect({ name, length: letter?.length, hash: letter?.hash }).toEqual({
              name,
              length: value.length,
              hash: hash('sha256', value, 'hex'),
            });
            expect(Buffer.byteLength(letter?.excerpt ?? '')).toBeLessThanOrEqual(1024);
            reasons[name] = letter?.reason;
          }
          expect(at(0)[0]?.letter.excerpt).toBe('(Wayward: not readable: a gzip batch: its checksum is wrong)');
          expect(reasons).toEqual({ ...REASONS, ...REASONS_OF[topic] });
        }
        // What is said of a log for its poison, scan has not seen.
        const expected = await scanned(cluster, folder, logs, isAboutSource);
        expect(expected.size).toBeGreaterThan(20);
        expect(await said(cluster, isAboutSource)).toEqual(expected);
        await cluster.close();
      },
      TIMEOUT,
    );
  },
);

/** What somebody else may write to Wayward's own topics. */
const row = (time: unknown): unknown[] => [time, 0, 0, ...Array(5).fill(''), [], 0, ...Array(12).fill(null)];
const events = (changes: object): string =>
  JSON.stringify({ v: 1, from: 'gateway/0', of: {}, watermark: null, high: null, live: true, ...EMPTY, ...changes });
const EMPTY = { events: [], closings: [] };
const FORGERIES: Readonly<Record<string, readonly Parameters<typeof forge>[2][number][]>> = {
  [EVENTS]: [
    { value: '{' },
    { value: null },
    { value: 'null' },
    { value: Buffer.from([0xff, 0x00, 0xfe]) },
    { value: '{"v":1}' },
    { value: '{"__proto__":{"v":1,"events":[]}}' },
    { value: events({ of: { gateway: 1e15 } }) },
    { value: events({ watermark: '2099-01-01' }) },
    { value: events({ events: [row('now')] }) },
    { value: events({ events: [row(1).slice(1)] }) },
    { value: events({ v: 2, events: [row(1)] }) },
    { value: events({ v: 2, events: [[...row(1), 'believed', 'me']] }) },
    { value: events({ closings: [{ verdict: 'benign' }] }) },
  ],
  [CONTROL]: [{ value: '{' }, { value: null }, { value: '{"say":"close","verdict":"benign"}' }],
  [ALERTS]: [
    { key: `${FORGED}-1`, value: '{}' },
    { key: `${FORGED}-2`, value: '{}', headers: { alert: '{' } },
    { key: `${FORGED}-3`, value: '{}', headers: { alert: '{"id":"forged","severity":"critical"}' } },
    { key: `${FORGED}-4`, value: null, headers: { alert: 'null' } },
  ],
  [DOCUMENTS]: [{ value: '{' }, { value: null }, { value: '{"stream":"elsewhere","id":"x","document":{}}' }],
  [STATE]: [
    { key: 'anything', value: 'x' },
    { key: 'offset', value: 'far' },
    { key: 'head', value: '{"version":1}' },
    { key: 'principal/somebody', value: 'no length before it' },
  ],
};

describeWith(
  "messages on Wayward's own topics that somebody else wrote",
  () => startTogether({ kafka: startKafka, elasticsearch: startElasticsearch }),
  (servers) => {
    test(
      'are passed over, each told with its place, and nothing else is any different',
      async () => {
        const { kafka, elasticsearch } = servers();
        const logs = oneOfEach();
        const folder = temporaryFolder();
        const cluster = await Cluster.make({
          folder,
          broker: kafka.broker,
          logs,
          kafka: { partitions: 2, snapshot_every: '1s' },
          settings: { elasticsearch: { node: elasticsearch.url } },
        });
        await cluster.says(['setup', 'elasticsearch']);
        const forged = async () => {
          for (const [topic, messages] of Object.entries(FORGERIES))
            for (const offset of await forge(cluster, topic, messages)) places.push({ topic, partition: 0, offset });
        };
        const places: { topic: string; partition: number; offset: string }[] = [];
        await forged();
        await cluster.load(logs.partitions);
        const first = cluster.start();
        await allIsDone(cluster, logs);
        await forged();
        await allIsDone(cluster, logs);
        await first.kill();
        await forged();
        const second = cluster.start();
        await second.line(({ msg }) => msg === 'working');
        await allIsDone(cluster, logs);
        await delivered(cluster, PATIENCE);

        const told = [...first.lines, ...second.lines].filter(({ msg }) => String(msg).includes("none of Wayward's"));
        for (const place of places) expect(told).toContainEqual(expect.objectContaining({ level: 'error', ...place }));
        const failures = [...first.lines, ...second.lines].filter(({ msg }) =>
          /a partition (failed|could not)/.test(String(msg)),
        );
        expect(failures).toEqual([]);
        const expected = await scanned(cluster, folder, logs);
        expect(expected.size).toBeGreaterThan(20);
        expect(await said(cluster)).toEqual(expected);
        const documents = new Map([...expected].map(([id, document]) => [id, JSON.stringify(document)]));
        expect(await differencesIn(elasticsearch, documents)).toEqual([]);

        // What another version wrote is no forgery: to pass it over would lose events.
        const [newer = ''] = await forge(cluster, EVENTS, [{ value: '{"v":3}' }], 1);
        const line = await second.line(({ msg }) => msg === 'a partition failed; starting it again', PATIENCE);
        expect(line).toMatchObject({ level: 'error', partition: `${EVENTS}/1` });
        expect(JSON.stringify(line.err)).toContain(
          `${EVENTS}/1, offset ${newer}: Error: an events message of version 3; this Wayward reads 1 and 2`,
        );
        await cluster.close();
      },
      TIMEOUT,
    );
  },
);
