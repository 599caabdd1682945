import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settled } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { chaosLogs, type RawPartition } from '../../chaos/logs.ts';
import { alertsSaid, readTopic } from '../../chaos/outcome.ts';
import { scanned } from '../../chaos/run.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const PATIENCE = 90_000;

const nameOf = ({ topic, partition }: RawPartition): string => `${topic}/${partition}`;

/** What does not depend on when the records came. */
function shown(document: string): { readonly alert: unknown; readonly lateMs: number | undefined } {
  const { wayward, ...alert } = JSON.parse(document);
  const { revision: _, late_ms: lateMs, findings, ...rest } = wayward;
  const timeless = findings.map(({ late_ms: _late, ...finding }: { late_ms?: number }) => finding);
  return { alert: { ...alert, wayward: { ...rest, findings: timeless } }, lateMs };
}

describeWith('a raw partition that is silent for hours', startKafka, (server) => {
  test(
    'and then delivers: the alerts are those of scan, at the time of what happened, and say how late they are',
    async () => {
      const all = chaosLogs(4_000, Date.now());
      const folder = temporaryFolder();
      const logs = { ...all, partitions: all.partitions.map((part) => ({ ...part, topic: `late-${part.topic}` })) };
      const cluster = await Cluster.make({ folder, broker: server().broker, logs, kafka: { partitions: 4 } });
      onTestFinished(() => cluster.close());
      const isLate = ({ topic }: RawPartition): boolean => topic === 'late-appdb' || topic === 'late-vault';
      const held = new Map(
        logs.partitions.filter(isLate).map((part) => [part, part.lines.slice(Math.floor(part.lines.length / 3))]),
      );
      await cluster.load(
        logs.partitions.map((part) => ({
          ...part,
          lines: part.lines.slice(0, part.lines.length - (held.get(part)?.length ?? 0)),
        })),
      );
      const wayward = cluster.start('ingest,detect');
      await settled(cluster, Date.now(), logs.partitions.map(nameOf), PATIENCE);
      // Time has come to the present: what follows is days late.
      for (const [{ topic, partition }, lines] of held) await cluster.write(topic, partition, lines);
      await settled(cluster, Date.now() + 2_000, logs.partitions.map(nameOf), PATIENCE);
      await wayward.line(({ reason }) => reason === 'behind', PATIENCE);
      expect(await wayward.stop()).toBe(0);

      const files = logs.partitions.map(({ topic, partition }) => cluster.file(topic, partition));
      const documents = [...(await scanned(cluster, files, join(folder, 'credentials.yaml'))).values()].map(shown);
      const said = [...(await alertsSaid(cluster.client)).newest.values()].map(({ document }) => shown(document));
      const late = said.filter(({ lateMs = 0 }) => lateMs > 86_400_000);
      expect(late.length).toBeGreaterThan(3);
      const inOrder = (all: readonly { alert: unknown }[]): string[] =>
        all.map(({ alert }) => JSON.stringify(alert)).toSorted();
      expect(inOrder(said)).toEqual(inOrder(documents));
    },
    3 * PATIENCE,
  );

  test(
    'whose records are deleted before they are read: one dead letter says which',
    async () => {
      const all = chaosLogs(1_000, Date.now());
      const [first] = all.partitions.filter(({ topic }) => topic === 'vault');
      if (first === undefined) throw new Error('no partition');
      const part = { ...first, topic: 'lost-vault', lines: first.lines.slice(0, 200) };
      const logs = { ...all, partitions: [part] };
      const folder = temporaryFolder();
      const cluster = await Cluster.make({
        folder,
        broker: server().broker,
        logs,
        kafka: { partitions: 1 },
        prefix: 'lost.',
      });
      onTestFinished(() => cluster.close());
      await cluster.write(part.topic, 0, part.lines.slice(0, 50));
      const before = cluster.start('ingest');
      await settledIngest(cluster, 50);
      expect(await before.stop()).toBe(0);
      await cluster.write(part.topic, 0, part.lines.slice(50));
      const admin = cluster.client.admin();
      await admin.connect();
      await admin.deleteTopicRecords({ topic: part.topic, partitions: [{ partition: 0, offset: '150' }] });
      await admin.disconnect();
      const after = cluster.start('ingest');
      await settledIngest(cluster, 200);
      expect(await after.stop()).toBe(0);
      const letters: unknown[] = [];
      await readTopic(cluster.client, cluster.client.names.topics.deadLetters, (_, { value }) => {
        const letter = JSON.parse(String(value));
        if (letter.source === 'lost-vault/0') letters.push(letter);
      });
      expect(letters).toMatchObject([
        {
          reason: 'deleted-before-read',
          position: 50,
          length: 0,
          detail: 'The messages from offset 50 to 149 were deleted before they were read: 100.',
        },
      ]);
    },
    2 * PATIENCE,
  );
});

/** Until the reader of the only partition has come to this offset. */
async function settledIngest(cluster: Cluster, offset: number): Promise<void> {
  await expect
    .poll(
      async () => {
        let position: number | undefined;
        await readTopic(cluster.client, cluster.client.names.topics.ingest, (_, { key, value }) => {
          if (String(key) === 'reader/lost-vault/0' && value !== null)
            position = JSON.parse(value.toString()).lane.position.offset;
        });
        return position;
      },
      { timeout: PATIENCE, interval: 500 },
    )
    .toBe(offset);
}
