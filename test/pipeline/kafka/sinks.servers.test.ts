import { expect, onTestFinished, test } from 'vitest';
import { send } from '../../../src/kafka/send.ts';
import { alertMessage } from '../../../src/pipeline/kafka/alert-message.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { chaosLogs } from '../../chaos/logs.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { alertOf } from '../../response/alert-of.ts';
import { startFakeSplunk } from '../../servers/fake-splunk.ts';
import { freePort } from '../../servers/free-port.ts';
import { startKafka } from '../../servers/kafka.ts';
import { startReceiver } from '../../servers/receiver.ts';
import { describeWith } from '../../servers/require-server.ts';

const PATIENCE = 60_000;

describeWith('several sinks on Kafka', startKafka, (server) => {
  test(
    'each gets every alert; one that is away holds no other up, and gets all when it is back',
    async () => {
      const splunk = await startFakeSplunk();
      onTestFinished(() => splunk.stop());
      const collector = await startReceiver();
      onTestFinished(() => collector.stop());
      collector.answer(503);
      const port = await freePort();
      const cluster = await Cluster.make({
        folder: temporaryFolder(),
        broker: server().broker,
        logs: { ...chaosLogs(100, Date.now()), partitions: [] },
        kafka: { partitions: 2 },
        prefix: 'sinks.',
        env: { HEC_TOKEN: splunk.token },
        settings: {
          http: { port },
          otlp: { endpoint: collector.url },
          splunk: { url: splunk.url, token: 'secret://env/HEC_TOKEN' },
        },
      });
      onTestFinished(() => cluster.close());
      const topic = cluster.client.names.topics.alerts;
      const ids = Array.from({ length: 20 }, (_, at) => `alert-${at}`);
      for (const id of ids) await send(cluster.client, alertMessage(topic, alertOf({ id })));
      const first = cluster.start('deliver');
      const inSplunk = () => splunk.events.map(({ event }) => (event as { event: { id: string } }).event.id).sort();
      await expect.poll(inSplunk, { timeout: PATIENCE }).toEqual([...ids].sort());
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).text(), { timeout: PATIENCE })
        .toContain('OTLP receiver is tried again');
      collector.received.length = 0;
      collector.answer(200, '{}');
      const text = () => collector.received.map(({ body }) => body).join('');
      await expect.poll(() => ids.filter((id) => !text().includes(`"${id}"`)), { timeout: PATIENCE }).toEqual([]);
      expect(await first.stop()).toBe(0);

      const second = cluster.start('deliver');
      await send(cluster.client, alertMessage(topic, alertOf({ id: 'alert-new' })));
      await expect.poll(inSplunk, { timeout: PATIENCE }).toContain('alert-new');
      expect(await second.stop()).toBe(0);
      expect(inSplunk()).toEqual([...ids, 'alert-new'].sort()); // what was delivered before the stop is not again
    },
    3 * PATIENCE,
  );
});
