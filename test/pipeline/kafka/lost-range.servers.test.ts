import { expect, onTestFinished, test } from 'vitest';
import { Cluster } from '../../chaos/cluster.ts';
import { chaosLogs } from '../../chaos/logs.ts';
import { readTopic } from '../../chaos/outcome.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const PATIENCE = 90_000;

describeWith('a raw partition', startKafka, (server) => {
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
      await admin.fetchTopicMetadata({ topics: [part.topic] });
      await admin.deleteTopicRecords({ topic: part.topic, partitions: [{ partition: 0, offset: '150' }] });
      await admin.disconnect();
      const after = cluster.start('ingest');
      await settledIngest(cluster, 200);
      expect(after.lines.filter(({ msg }) => msg === 'messages were deleted before they were read')).toHaveLength(1);
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
