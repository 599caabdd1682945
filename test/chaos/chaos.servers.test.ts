import { expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { runChaos } from './run.ts';

/** A short form of `npm run soak -- chaos`. */
describeWith(
  'processes that are killed while they share the work over Kafka',
  () => startTogether({ kafka: () => startKafka({ heap: '512m' }), elasticsearch: startElasticsearch }),
  (servers) => {
    test('the alerts in Elasticsearch and what was learned are those of wayward scan, none missing, none twice', async () => {
      const run = {
        folder: temporaryFolder(),
        events: 75_000,
        processes: 2,
        kills: 3,
        liveSeconds: 10,
        between: [1_000, 9_000],
        pause: false,
        snapshotEvery: '20s',
        seed: 'short',
      } as const;
      const result = await runChaos(run, servers(), () => undefined);
      expect(result.differences).toEqual([]);
      expect(result.alerts).toBeGreaterThanOrEqual(50);
      expect(result.detectors).toBeGreaterThanOrEqual(15);
      expect(result.kills).toBe(3);
      expect(result.replayed).toBeGreaterThan(0);
    }, 240_000);
  },
);
