import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { benchLines } from '../../../bench/generate.ts';
import { withAdmin } from '../../../src/kafka/topics.ts';
import { Replica } from '../../../src/pipeline/kafka/replica.ts';
import { Outbox } from '../../../src/response/outbox.ts';
import { settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { alertsSaid } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { newPlace, type Place, responds, until } from './responders.ts';

const TIMEOUT = 180_000;
const PATIENCE = 60_000;
const DAY = 86_400_000;
const TOPIC = 'gateway';
const PREFIXES = ['', 'acme.'];

/** Long overdue for rotation, so that its first use is an alert. */
const registry = (name: string): string =>
  stringify({
    credentials: [
      {
        ...{ id: name, agent: name, slot: 'postgres', kind: 'database-role', match: { credential_id: name } },
        ...{ issued_at: new Date(Date.now() - 200 * DAY).toISOString(), rotate_every: '90d' },
      },
    ],
  });

describeWith('two Waywards with different prefixes in one cluster', startKafka, (server) => {
  const cluster = async (prefix: string, name: string): Promise<Cluster> => {
    const made = await Cluster.make({
      folder: temporaryFolder(),
      broker: server().broker,
      prefix,
      logs: {
        partitions: [{ topic: TOPIC, format: 'nginx-json', partition: 0, lines: [] }],
        registry: registry(name),
        live: () => [],
      },
      kafka: { partitions: 2 },
    });
    onTestFinished(() => made.close());
    return made;
  };

  test(
    'both read the same raw topic, and each has its own alerts, groups and topics',
    async () => {
      const [plain, acme] = [await cluster('', 'plain-agent'), await cluster('acme.', 'acme-agent')];
      for (const each of [plain, acme]) each.start('ingest,detect,respond');
      const now = Date.now();
      const [line = ''] = benchLines(1, now, 1);
      const lines = ['plain-agent', 'acme-agent'].map((name) =>
        line.trimEnd().replace(/"credential":"[^"]*"/, `"credential":"${name}"`),
      );
      await plain.write(TOPIC, 0, lines);
      const agents = await Promise.all(
        [plain, acme].map(async (each) => {
          await settled(each, now + 1_000, [`${TOPIC}/0`], PATIENCE);
          const { newest } = await alertsSaid(each.client);
          return [...newest.values()].flatMap(({ alert }) => alert.agent ?? []);
        }),
      );
      expect(agents).toEqual([['plain-agent'], ['acme-agent']]);

      const groups = await withAdmin(plain.client, (admin) => admin.listGroups());
      expect(groups.groups.map(({ groupId }) => groupId)).toEqual(
        expect.arrayContaining(
          PREFIXES.flatMap((prefix) => ['ingest', 'detect', 'respond'].map((role) => `${prefix}wayward-${role}`)),
        ),
      );
      for (const { started } of [plain, acme])
        expect(started[0]?.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
    TIMEOUT,
  );

  const revoked = ({ issuer, replica }: Place, number: number): Promise<void> =>
    until(
      () =>
        issuer.dead.has(`cred-${number}`) &&
        new Outbox(replica.store).ofCause(`alert-${number}`)[0]?.state === 'verified',
      `cred-${number} is revoked`,
    );

  test(
    'both responders are active: neither fences the other, and a halt holds one of them',
    async () => {
      const broker = server().broker;
      const [plain, acme] = [
        await newPlace(broker, {}, { prefix: '' }),
        await newPlace(broker, {}, { prefix: 'acme.' }),
      ];
      const responders = [plain.responder('one'), acme.responder('one')];
      await Promise.all(responders.map(responds));
      await Promise.all([plain.alert([0]), acme.alert([1])]);
      await Promise.all([revoked(plain, 0), revoked(acme, 1)]);

      expect((await plain.command('desk', 'halt', '--as', 'Ada')).code).toBe(0);
      await Promise.all([plain.alert([2]), acme.alert([3])]);
      await revoked(acme, 3);
      expect((await plain.command('desk', 'halt', '--off', '--as', 'Ada')).code).toBe(0);
      await plain.alert([4]);
      await revoked(plain, 4);

      expect([...plain.issuer.dead].sort()).toEqual(['cred-0', 'cred-4']);
      expect([...acme.issuer.dead].sort()).toEqual(['cred-1', 'cred-3']);
      for (const { lines } of responders) {
        expect(lines.filter(({ msg }) => msg === 'this process responds now')).toHaveLength(1);
        expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
      }
    },
    TIMEOUT,
  );

  test(
    'a state folder that comes under another prefix takes nothing along, and the log says so',
    async () => {
      const broker = server().broker;
      const plain = await newPlace(broker, {}, { prefix: '' });
      const first = plain.responder('moving');
      await responds(first);
      await plain.alert([0]);
      await revoked(plain, 0);
      await first.stop();

      const acme = await newPlace(broker, {}, { prefix: 'acme.' });
      const moved = plain.process('moving', 'respond', { kafka: { brokers: [broker], prefix: 'acme.' } });
      await responds(moved);
      expect(await moved.line(({ before }) => before !== undefined, PATIENCE)).toMatchObject({
        ...{ level: 'warn', before: 'wayward.response', now: 'acme.wayward.response' },
        msg: 'kafka.prefix has changed: what was decided under the other one is not known here',
      });
      await acme.alert([5]);
      await until(
        () => new Outbox(acme.replica.store).ofCause('alert-5')[0]?.state === 'verified',
        'cred-5 is revoked',
      );
      expect(new Outbox(acme.replica.store).ofCause('alert-0')).toEqual([]);

      // Whoever reads the record from its beginning finds it whole.
      const anew = await Replica.open(acme.kafka, temporaryFolder());
      await anew.catchUp();
      expect(new Outbox(anew.store).ofCause('alert-5')).toHaveLength(1);
      await anew.close();
    },
    TIMEOUT,
  );
});
