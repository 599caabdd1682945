import { expect, test } from 'vitest';
import { benchLatency } from '../../bench/kafka/latency.ts';
import { benchRestore } from '../../bench/kafka/restore.ts';
import { benchThroughput } from '../../bench/kafka/throughput.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';

/** What the benchmarks count, on little; what they measure depends on the machine. */
describeWith(
  'the benchmarks on Kafka',
  () => startTogether({ broker: startKafka, elasticsearch: startElasticsearch }),
  (servers) => {
    test('throughput: one process and two find on Kafka what scan finds in the file', async () => {
      const [run] = await benchThroughput({ lines: 3_000, runs: 1 }, servers().broker, () => undefined);
      expect(run?.scan.alerts).toBeGreaterThan(0);
      expect(run?.one.alerts).toBe(run?.scan.alerts);
      expect(run?.two.alerts).toBe(run?.scan.alerts);
    });

    test('latency: the alert of every probe is found, and none before it was sent', async () => {
      const probes = await benchLatency({ seconds: 3, probes: 10, rate: 200 }, servers());
      expect(probes).toHaveLength(10);
      for (const { sent, ingested, found } of probes)
        expect([sent, ingested, found]).toEqual([sent, ingested, found].sort());
    });

    test('restore: a process that is left knows what the killed one knew, and one that starts knows all', async () => {
      const restored = await benchRestore({ principals: 1_200, days: 1 }, servers().broker, () => undefined);
      expect(restored.takenOver.principals).toBeGreaterThan(0);
      expect(restored.alone.principals).toBe(1_200);
      expect(restored.bytes).toBeGreaterThan(6_968);
    });
  },
);
