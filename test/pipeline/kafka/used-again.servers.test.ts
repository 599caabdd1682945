import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { TopicTail } from '../../../src/kafka/topic-tail.ts';
import { settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { alertsSaid } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { CONTROL, INGEST } from '../../kafka/names.ts';
import { createResponder } from '../../live/postgres-scenario.ts';
import { usedAgainDetector } from '../../live/used-again-detector.ts';
import { startKafka } from '../../servers/kafka.ts';
import { endsOf } from '../../servers/kafka-ends.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { describeWith } from '../../servers/require-server.ts';
import { startTogether } from '../../servers/start-together.ts';

const PATIENCE = 120_000;
const WITHIN = 1_000;
const TOPIC = 'gateway';
/** Revoked and only refused since; revoked and accepted all the same; revoked, and restored. */
const NAMES = ['refused', 'accepted', 'restored'] as const;
type Name = (typeof NAMES)[number];

const idOf = (name: Name): string => `cred-${name}`;

/** As a gateway logs a use at that time, milliseconds. */
const lineOf = (name: Name, time: number, status: number): string =>
  JSON.stringify({
    ...{ msec: (time / 1_000).toFixed(3), remote_addr: '10.4.0.9', credential: idOf(name) },
    ...{ method: 'GET', uri: '/v1/orders/8812', status, body_bytes_sent: 500, user_agent: 'agent/1.0' },
  });

describeWith(
  'use after a revocation, on Kafka',
  async () => {
    const servers = await startTogether({ kafka: startKafka, postgres: startPostgres });
    return { ...servers, responder: await createResponder(servers.postgres) };
  },
  (servers) => {
    test(
      'is told once, of the credential that works again alone, also after kill -9 of every process',
      async () => {
        const { kafka, postgres, responder: url } = servers();
        for (const name of NAMES) await postgres.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
        const folder = temporaryFolder();
        mkdirSync(join(folder, 'detectors'));
        const detector = usedAgainDetector(WITHIN);
        writeFileSync(join(folder, 'detectors', `${detector.id}.yaml`), stringify(detector));
        const cluster = await Cluster.make({
          folder,
          broker: kafka.broker,
          logs: {
            partitions: [{ topic: TOPIC, format: 'nginx-json', partition: 0, lines: [] }],
            registry: stringify({
              credentials: NAMES.map((name) => ({
                ...{ id: idOf(name), agent: `${name}-agent`, slot: 'api', kind: 'api-key' },
                ...{ match: { credential_id: idOf(name) }, revoke: { with: 'postgres', role: name } },
              })),
            }),
            live: () => [],
          },
          kafka: { partitions: 2, settle: '300ms', snapshot_every: '1s' },
          settings: {
            detectors: join(folder, 'detectors'),
            revokers: { postgres: { url: 'secret://env/RESPONDER_URL' } },
            response: { mode: 'dry-run' },
          },
          env: { RESPONDER_URL: url },
        });
        onTestFinished(() => cluster.close());
        const alerts = async () => {
          const { newest, revisions } = await alertsSaid(cluster.client);
          expect(new Set(revisions).size).toBe(revisions.length); // no process says anew what another has said
          return [...newest.values()].map(({ alert }) => alert);
        };
        /** A line of each at that time; refused are those of the one. */
        const use = async (time: number): Promise<void> => {
          const lines = NAMES.map((name) => lineOf(name, time, name === 'refused' && time > revokedAt ? 403 : 200));
          await cluster.write(TOPIC, 0, lines);
          await settled(cluster, Date.now() + 1_000, [`${TOPIC}/0`], PATIENCE);
        };
        let revokedAt = Number.POSITIVE_INFINITY;

        const first = cluster.start('ingest,detect');
        const responder = cluster.start('respond');
        await responder.line(({ msg }) => msg === 'this process responds now', PATIENCE);
        await use(Date.now());
        for (const name of NAMES)
          await cluster.says(['revoke', '--credential', idOf(name), '--execute', '--as', 'alice']);
        revokedAt = Date.now();
        await cluster.says(['restore', '--credential', idOf('restored'), '--execute', '--as', 'bob']);
        await controlTaken(cluster);
        await sleep(Math.max(2_000, WITHIN + 500)); // a snapshot; past what clocks may be apart
        await use(revokedAt - 10_000); // late lines of before
        expect(await alerts()).toEqual([]);

        await Promise.all([first.kill(), responder.kill()]);
        const [next, anew] = [cluster.start('ingest,detect'), cluster.start('respond')];
        await anew.line(({ msg }) => msg === 'this process responds now', PATIENCE);
        await use(Date.now());
        expect(next.lines.some(({ msg }) => msg === 'restored')).toBe(true);
        const found = await alerts();
        expect(found).toMatchObject([
          { severity: 'critical', credentials: [idOf('accepted')], findings: [{ detector: detector.id }] },
        ]);

        await next.kill();
        cluster.start('ingest,detect');
        await use(Date.now());
        const [again, ...more] = await alerts();
        expect(more).toEqual([]);
        expect(again).toMatchObject({ id: found[0]?.id, credentials: [idOf('accepted')] });
        expect(again?.revision).toBeGreaterThan(found[0]?.revision ?? 0); // it goes on, and the detector says so
        expect(again?.findings).toHaveLength(1);
      },
      3 * PATIENCE,
    );
  },
);

/** Until whoever ingests has handed on all that stands on the control topic now. */
async function controlTaken(cluster: Cluster): Promise<void> {
  const [end = 0] = (await endsOf(cluster.client, CONTROL)).values();
  const tail = await TopicTail.open(cluster.client, INGEST);
  await expect.poll(() => Number(tail.values.get('control') ?? 0), { timeout: PATIENCE }).toBeGreaterThanOrEqual(end);
  await tail.close();
}
