import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { benchLines } from '../../../bench/generate.ts';
import { publishReload } from '../../../src/pipeline/kafka/publish-command.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { alertsSaid } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const TIMEOUT = 120_000;
const PATIENCE = { timeout: 40_000 };
const DAY = 86_400_000;
const TOPIC = 'reloaded-gateway';

/** Long overdue for rotation, so that the first use of each is an alert. */
const registry = (...names: string[]): string =>
  stringify({
    credentials: names.map((name) => ({
      ...{ id: name, agent: name, slot: 'api', kind: 'api-key', match: { credential_id: name } },
      ...{ issued_at: new Date(Date.now() - 200 * DAY).toISOString(), rotate_every: '90d' },
    })),
  });

describeWith('reload on Kafka', startKafka, (server) => {
  test(
    'all processes go on with the files that were ordered, and with none that differ',
    async () => {
      const folder = temporaryFolder();
      const cluster = await Cluster.make({
        folder,
        broker: server().broker,
        logs: {
          partitions: [{ topic: TOPIC, format: 'nginx-json', partition: 0, lines: [] }],
          registry: registry('first'),
          live: () => [],
        },
        kafka: { partitions: 2 },
      });
      onTestFinished(() => cluster.close());
      const used = async (name: string) => {
        const [line = ''] = benchLines(1, Date.now(), 1);
        await cluster.write(TOPIC, 0, [line.trimEnd().replace(/"credential":"[^"]*"/, `"credential":"${name}"`)]);
      };
      const principals = async () => {
        const { newest } = await alertsSaid(cluster.client);
        return [...newest.values()].map(({ alert }) => alert.principal).toSorted();
      };
      const write = (...names: string[]) => writeFileSync(join(folder, 'credentials.yaml'), registry(...names));
      const before = cluster.start('ingest,detect,respond');
      await used('first');
      await expect.poll(principals, PATIENCE).toEqual(['first/api']);

      write('first', 'second');
      await cluster.says(['reload', '--as', 'ann']);
      await before.line(({ msg, by }) => msg === 'reloaded the registry and the detectors' && by === 'ann');
      await used('second');
      await expect.poll(principals, PATIENCE).toEqual(['first/api', 'second/api']);

      write('first', 'second', 'third');
      process.kill(before.pid, 'SIGHUP');
      await before.line(({ msg, by }) => msg === 'reloaded the registry and the detectors' && by === 'SIGHUP');
      await publishReload({ id: crypto.randomUUID(), by: 'bob', hash: 'f'.repeat(64) }, cluster.client);
      await before.line(({ msg, by }) => msg === 'reload was refused: what ran before runs on' && by === 'bob');
      await used('third');
      await expect.poll(principals, PATIENCE).toEqual(['first/api', 'second/api', 'third/api']);

      await before.kill();
      const after = cluster.start('ingest,detect,respond');
      await used('first');
      await used('fourth');
      await expect
        .poll(principals, PATIENCE)
        .toEqual(['first/api', 'second/api', 'third/api', 'unregistered/credential_id:fourth']);
      expect(after.lines.filter(({ msg }) => msg === 'restored')).toHaveLength(2);
      expect(before.lines.filter(({ level, by }) => level === 'error' && by !== 'bob')).toEqual([]);
    },
    TIMEOUT,
  );
});
