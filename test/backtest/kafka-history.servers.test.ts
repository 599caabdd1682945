import { readFileSync, writeFileSync } from 'node:fs';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafka } from '../../src/kafka/client.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { run } from '../cli/run.ts';
import { settingsOf } from '../kafka/settings-of.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { historyFolder, LAST_DAY } from './history.ts';

const QUIET = { info() {}, warn() {}, error() {} };
const TOPIC = 'gateway-logs';

describeWith('history that Kafka keeps', startKafka, (server) => {
  test('backtest finds in raw topics what it finds in a file of the same lines', async () => {
    const deleted = { agent: 'shop', time: LAST_DAY(8) + 43_200_000, method: 'DELETE', path: '/v1/customers' };
    const { config, log } = historyFolder(8, [deleted]);
    const kafka = createKafka(await settingsOf({ brokers: [server().broker] }), QUIET);
    await withAdmin(kafka, (admin) => makeTopic(admin, { topic: TOPIC, partitions: 3, replicas: 1, config: {} }));
    const values = readFileSync(log, 'utf8').trimEnd().split('\n');
    const producer = kafka.producer({
      ...{ createPartitioner: Partitioners.DefaultPartitioner, transactionalId: 'history', idempotent: true },
      maxInFlightRequests: 1,
    });
    await producer.connect();
    // Behind the last message of a partition stands the end of a transaction; the third one stays empty.
    const transaction = await producer.transaction();
    const messages = values.map((value, number) => ({ value, partition: number % 2 }));
    await transaction.send({ topic: TOPIC, messages: [...messages, { value: null, partition: 0 }] });
    await transaction.commit();
    await producer.disconnect();

    const fromFile = await run(['backtest', '--config', config, '--json', '--format', 'nginx-json', log]);
    const without = await run(['backtest', '--config', config, '--kafka']);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('--kafka: no topics are known; write')]);
    const topics = [{ topic: TOPIC, format: 'nginx-json' }];
    const settings = { credentials: 'credentials.yaml', state: 'state', kafka: { brokers: [server().broker], topics } };
    writeFileSync(config, JSON.stringify(settings));
    const found = await run(['backtest', '--config', config, '--json', '--kafka']);
    expect(found.stderr).toContain(`read ${values.length.toLocaleString('en-US')} records`);
    expect(found.stderr).toContain('1 dead letters (no-value 1)');
    expect([found.code, JSON.parse(found.stdout)]).toEqual([0, JSON.parse(fromFile.stdout)]);
    expect(JSON.parse(found.stdout).set.alerts).toBeGreaterThan(0);
  }, 120_000);
});
