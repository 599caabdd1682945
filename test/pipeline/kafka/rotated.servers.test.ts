import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { benchLines } from '../../../bench/generate.ts';
import { TopicTail } from '../../../src/kafka/topic-tail.ts';
import { settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { alertsSaid } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { INGEST } from '../../kafka/names.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { startTogether } from '../../servers/start-together.ts';
import { VAULT_WITH_POSTGRES } from '../../servers/vault-with-postgres.ts';

const PATIENCE = 120_000;
const DAY = 86_400_000;
const TOPIC = 'gateway';

const registry = (issued: string): string => {
  const credential = { kind: 'database-role', issued_at: issued, rotate_every: '90d' };
  return stringify({
    credentials: ['kept', 'left'].map((name) => ({
      ...{ id: `cred-${name}`, agent: `${name}-agent`, slot: 'postgres', match: { credential_id: `cred-${name}` } },
      ...credential,
      ...(name === 'kept' && { rotate: { with: 'vault-database-static', role: 'kept' } }),
    })),
  });
};

/** A line of each credential, of now. */
const linesOfNow = (): string[] => {
  const [line = ''] = benchLines(1, Date.now(), 1);
  return ['kept', 'left'].map((name) => line.trimEnd().replace(/"credential":"[^"]*"/, `"credential":"cred-${name}"`));
};

describeWith(
  'rotation on Kafka',
  () => startTogether({ kafka: startKafka, ...VAULT_WITH_POSTGRES }),
  (servers) => {
    test(
      'what Wayward rotated is overdue for no detector any more, also after kill -9; what nobody rotated is',
      async () => {
        const { kafka, vault, postgres } = servers();
        const asRoot = (path: string, body: object) => vault.call(vault.rootToken, 'POST', path, body);
        await postgres.query("CREATE ROLE vault_root LOGIN SUPERUSER PASSWORD 'first'");
        await postgres.query("CREATE ROLE kept LOGIN PASSWORD 'x'");
        await asRoot('sys/mounts/database', { type: 'database' });
        await asRoot('database/config/pg', {
          plugin_name: 'wayward-postgresql',
          allowed_roles: '*',
          connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/appdb?sslmode=disable`,
          username: 'vault_root',
          password: 'first',
        });
        await asRoot('database/static-roles/kept', { db_name: 'pg', username: 'kept', rotation_period: '24h' });
        const cluster = await Cluster.make({
          folder: temporaryFolder(),
          broker: kafka.broker,
          logs: {
            partitions: [{ topic: TOPIC, format: 'nginx-json', partition: 0, lines: [] }],
            registry: registry(new Date(Date.now() - 200 * DAY).toISOString()),
            live: () => [],
          },
          kafka: { partitions: 2, settle: '300ms', snapshot_every: '1s' },
          settings: {
            rotation: { mode: 'auto', schedule: '*/2 * * * * *' },
            revokers: { vault: { url: vault.url, token: 'secret://env/VAULT_ROOT' } },
          },
          env: { VAULT_ROOT: vault.rootToken },
        });
        onTestFinished(() => cluster.close());
        const wayward = cluster.start('ingest,detect');
        const responder = cluster.start('respond');
        await responder.line(({ msg, state }) => msg === 'rotation' && state === 'verified', PATIENCE);
        const tail = await TopicTail.open(cluster.client, INGEST);
        for (const end = Date.now() + PATIENCE; !tail.values.has('control') && Date.now() < end; ) await sleep(50);
        await tail.close();

        const overdue = async (): Promise<string[]> => {
          const now = Date.now();
          await cluster.write(TOPIC, 0, linesOfNow());
          await settled(cluster, now + 1_000, [`${TOPIC}/0`], PATIENCE);
          const { newest } = await alertsSaid(cluster.client);
          const all = [...newest.values()].map(({ alert }) => alert);
          const isOverdue = all.filter(({ findings }) =>
            findings.some(({ detector }) => detector === 'rotation-overdue'),
          );
          return isOverdue.flatMap(({ credentials }) => credentials);
        };
        expect(await overdue()).toEqual(['cred-left']);

        await sleep(2_000); // a snapshot
        await wayward.kill();
        const next = cluster.start('ingest,detect');
        expect(await overdue()).toEqual(['cred-left']);
        expect(next.lines.some(({ msg, principals }) => msg === 'restored' && Number(principals) > 0)).toBe(true);
      },
      2 * PATIENCE,
    );
  },
);
