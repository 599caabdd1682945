import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Cluster } from '../../chaos/cluster.ts';
import { chaosLogs } from '../../chaos/logs.ts';
import { readTopic } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { STATE } from '../../kafka/names.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const PATIENCE = 120_000;
const TIMEOUT = 400_000;
const OTHER = { WAYWARD_FINGERPRINT_KEY: 'another key than that of the other processes' };

/** Whether every partition has a snapshot. */
async function isSaved(cluster: Cluster, partitions: number): Promise<boolean> {
  const heads = new Set<number>();
  await readTopic(cluster.client, STATE, (partition, { key }) => {
    if (String(key) === '2/head') heads.add(partition);
  });
  return heads.size === partitions;
}

describeWith(
  'detection under another fingerprint key than the one its partitions were learned under',
  startKafka,
  (server) => {
    test(
      'ends at once and says what to do, goes on with --forget-names, and with the old key all is as it was',
      async () => {
        const cluster = await Cluster.make({
          folder: temporaryFolder(),
          broker: server().broker,
          logs: chaosLogs(1_000, Date.now()),
          kafka: { partitions: 1, snapshot_every: '1s' },
        });
        await cluster.load(chaosLogs(1_000, Date.now()).partitions);
        const first = cluster.start('ingest,detect');
        for (const end = Date.now() + PATIENCE; !(await isSaved(cluster, 1)); await sleep(500))
          if (Date.now() > end) throw new Error('no snapshot was made');
        expect(await first.stop()).toBe(0);

        const other = cluster.start('detect', OTHER);
        expect(await other.ended).toBe(2);
        const said = other.lines.map(({ msg }) => String(msg)).join('\n');
        expect(said).toContain(`${STATE}/0 was learned under another fingerprint key: put that key back`);

        const again = cluster.start('detect');
        await again.line(({ msg }) => msg === 'restored', PATIENCE);
        expect(await again.stop()).toBe(0);

        const accepted = cluster.start('detect', OTHER, ['--forget-names']);
        await accepted.line(({ msg }) => msg === 'restored', PATIENCE);
        expect(await accepted.stop()).toBe(0);
        await cluster.close();
      },
      TIMEOUT,
    );
  },
);
