import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { besides, differences, incidents } from './differences.ts';
import { learnedOtherwise } from './given-up.ts';
import { type ClusterOutcome, goOnWithCluster, isKept, makeCluster, written } from './kept-cluster.ts';
import { KEPT_COMMITS, keptFile } from './kept-state.ts';
import { fillTopics } from './kept-topics.ts';

const linesOf = (packed: Buffer): string[] => gunzipSync(packed).toString().trimEnd().split('\n');

for (const commit of KEPT_COMMITS.filter((name) => existsSync(keptFile(name, 'kafka.ndjson.gz')))) {
  describeWith(`what processes of ${commit} left on Kafka`, startKafka, (kafka) => {
    test('is gone on with: the alerts and baselines of the day after, and each step made once', async () => {
      const folder = join(temporaryFolder(), 'kafka');
      mkdirSync(folder);
      // What the issuer had done by then.
      for (const who of ['done', 'hang']) writeFileSync(join(folder, `dead-${who}`), '');
      const agents = readFileSync(keptFile(commit, 'agents.yaml'), 'utf8');
      const cluster = await makeCluster({
        ...{ folder, broker: kafka().broker, agents, identity: 'from-key-map' as const },
        snapshotEvery: '2s',
      });
      onTestFinished(() => cluster.close());
      await fillTopics(cluster.client, linesOf(readFileSync(keptFile(commit, 'kafka.ndjson.gz'))));
      await written(cluster, linesOf(readFileSync(keptFile(commit, 'gateway.jsonl.gz'))).filter(isKept));

      const outcome = await goOnWithCluster(cluster, folder);
      const [text = ''] = linesOf(readFileSync(keptFile(commit, 'expected-kafka.json.gz')));
      const expected: ClusterOutcome = JSON.parse(text);
      expect(incidents(outcome)).toEqual(incidents(expected));
      const otherwise = learnedOtherwise(commit, expected.baselines);
      expect(besides(differences(expected.baselines, outcome.baselines), otherwise)).toEqual([]);
      expect(outcome.steps).toEqual(expected.steps);
      expect(outcome.calls).toEqual(expected.calls);
    }, 300_000);
  });
}
