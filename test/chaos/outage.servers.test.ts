import { Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { DOCUMENTS } from '../kafka/names.ts';
import type { LogLine } from '../live/wayward.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startFaultyProxy } from '../servers/faulty-proxy.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { ACTIVITY } from '../sinks/elasticsearch/behind-proxy.ts';
import { activity } from '../sinks/elasticsearch/deliverables.ts';
import { delivered } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { runOutage } from './outage.ts';

/** A short form of `npm run soak -- outage`. */
describeWith(
  'an Elasticsearch that is killed, and comes back with every kind of trouble',
  () => startTogether({ kafka: () => startKafka({ heap: '512m' }), elasticsearch: startElasticsearch }),
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

    /** Processes of the role `deliver` behind a proxy that is down, and documents that wait for them. */
    async function waitingFor(name: string, count: number, padding: string) {
      const { kafka, elasticsearch } = servers();
      const proxy = await startFaultyProxy(elasticsearch.url);
      onTestFinished(() => proxy.stop());
      await proxy.down();
      const cluster = await Cluster.make({
        folder: temporaryFolder(),
        broker: kafka.broker,
        logs: { partitions: [], registry: 'credentials: []', live: () => [] },
        settings: { elasticsearch: { node: proxy.url } },
      });
      onTestFinished(() => cluster.close());
      const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      for (let at = 0; at < count; at += 500) {
        const messages = activity(`${name}-${at}`, 500).map((document) => ({
          value: JSON.stringify({ ...document, document: { ...document.document, padding } }),
        }));
        await producer.send({ topic: DOCUMENTS, messages });
      }
      await producer.disconnect();
      const there = async (): Promise<number> => {
        await elasticsearch.call('POST', `${ACTIVITY}/_refresh`);
        const query = { prefix: { 'event.id': `${name}-` } };
        return (await elasticsearch.call('POST', `${ACTIVITY}/_count`, { query })).body.count;
      };
      return { cluster, proxy, there };
    }
    const away = ({ msg }: LogLine) => msg === 'Elasticsearch takes no documents; they wait on Kafka';

    test('160 MB that wait while it is away fit through a process that may hold 64', async () => {
      const { cluster, proxy, there } = await waitingFor('heavy', 40_000, 'x'.repeat(4_000));
      const wayward = cluster.start('deliver', { NODE_OPTIONS: '--max-old-space-size=64' });
      await wayward.line(away, 60_000);
      await proxy.up();
      await delivered(cluster, 180_000, DOCUMENTS);
      expect(await wayward.stop()).toBe(0);
      expect(await there()).toBe(40_000);
    }, 300_000);

    test('a process that joins meanwhile does not have to wait for one that tries again and again', async () => {
      const { cluster, proxy, there } = await waitingFor('joined', 1_000, '');
      const first = cluster.start('deliver');
      await first.line(away, 60_000);
      const second = cluster.start('deliver');
      await first.line(({ msg }) => msg === 'the group meets again; what is under way here is done again', 60_000);
      await second.line(({ msg }) => msg === 'partitions assigned', 60_000);
      await proxy.up();
      await delivered(cluster, 120_000, DOCUMENTS);
      expect(await first.stop()).toBe(0);
      expect(await second.stop()).toBe(0);
      expect(await there()).toBe(1_000);
      const complaints = [first, second].flatMap(({ lines }) => lines.filter(({ level }) => level === 'error'));
      expect(complaints).toEqual([]);
    }, 300_000);
  },
);
