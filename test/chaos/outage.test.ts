import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { DOCUMENTS } from '../../src/pipeline/kafka/topics.ts';
import { temporaryFolder } from '../config/temp.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startFaultyProxy } from '../servers/faulty-proxy.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { activity } from '../sinks/elasticsearch/deliverables.ts';
import { delivered } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { runOutage } from './outage.ts';

/** A short form of scripts/outage.ts. */
describeWith(
  'an Elasticsearch that is killed, and comes back with every kind of trouble',
  async () => {
    const [kafka, elasticsearch] = await Promise.all([startKafka({ heap: '512m' }), startElasticsearch()]);
    return { kafka, elasticsearch, stop: async () => void (await Promise.all([kafka.stop(), elasticsearch.stop()])) };
  },
  (servers) => {
    test('detection goes on, health says what is wrong, and in the end each alert and document is there once', async () => {
      const run = { folder: temporaryFolder(), events: 1_000, liveSeconds: 6, downSeconds: 5 };
      const result = await runOutage(run, servers(), () => undefined);
      expect(result.differences).toEqual([]);
      expect(result.alerts).toBeGreaterThanOrEqual(50);
      expect(result.documents).toBeGreaterThan(100);
      expect(result.alertsWhileDown).toBeGreaterThan(0);
      expect(result.ready).toEqual([
        { status: 200, state: 'ok', reason: undefined },
        {
          status: 200,
          state: 'degraded',
          reason: expect.stringMatching(/^Elasticsearch is tried again since 20.*: http:.* can't be reached/),
        },
        { status: 200, state: 'ok', reason: undefined },
      ]);
    }, 300_000);

    test('200 MB that wait while it is away fit through a process that may hold 64', async () => {
      const { kafka, elasticsearch } = servers();
      const proxy = await startFaultyProxy(elasticsearch.url);
      const cluster = await Cluster.make({
        folder: temporaryFolder(),
        broker: kafka.broker,
        logs: { partitions: [], registry: 'credentials: []', live: () => [] },
        settings: { elasticsearch: { node: proxy.url } },
      });
      try {
        const count = 50_000;
        await proxy.down();
        const wayward = cluster.start('deliver', { NODE_OPTIONS: '--max-old-space-size=64' });
        await wayward.line(({ msg }) => msg === 'working');
        const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
        await producer.connect();
        const padding = 'x'.repeat(4_000);
        for (let at = 0; at < count; at += 500) {
          const messages = activity(`heavy-${at}`, 500).map((document) => ({
            value: JSON.stringify({ ...document, document: { ...document.document, padding } }),
          }));
          await producer.send({ topic: DOCUMENTS, messages });
        }
        await producer.disconnect();
        await wayward.line(({ msg }) => msg === 'Elasticsearch takes no documents; they wait on Kafka');
        await proxy.up();
        await delivered(cluster, 180_000, DOCUMENTS);
        expect(await wayward.stop()).toBe(0);
        await elasticsearch.call('POST', 'metrics-wayward.activity-default/_refresh');
        const heavy = { query: { prefix: { 'event.id': 'heavy-' } } };
        const { body } = await elasticsearch.call('POST', 'metrics-wayward.activity-default/_count', heavy);
        expect(body.count).toBe(count);
      } finally {
        await cluster.close();
        await proxy.stop();
      }
    }, 300_000);
  },
);
