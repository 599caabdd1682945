import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { delivered } from '../../chaos/chaos.ts';
import { Cluster } from '../../chaos/cluster.ts';
import { differencesIn } from '../../chaos/in-elasticsearch.ts';
import { scanned } from '../../chaos/run.ts';
import { run } from '../../cli/run.ts';
import { temporaryFile, temporaryFolder } from '../../config/temp.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { documentedRoles, rolesYaml } from '../../sinks/elasticsearch/documented-roles.ts';

const KAFKA_PASSWORD = 'kafka-canary-password';
const ELASTIC_PASSWORD = 'elastic-canary-password';
const LOG = join(import.meta.dirname, '..', '..', 'fixtures', 'logs', 'nginx-access.jsonl');
const ENV = { KAFKA_PASSWORD, ELASTIC_PASSWORD, WRONG: 'wrong-canary-password' };
const CANARIES = Object.values(ENV);

async function start() {
  const [kafka, elasticsearch] = await Promise.all([
    startKafka({ users: { wayward: KAFKA_PASSWORD } }),
    startElasticsearch({
      users: [
        { name: 'admin', password: ELASTIC_PASSWORD, roles: ['superuser'] },
        ...Object.keys(documentedRoles()).map((name) => ({ name, password: ELASTIC_PASSWORD, roles: [name] })),
      ],
      roles: rolesYaml(documentedRoles()),
    }),
  ]);
  const { secured } = kafka;
  if (secured === undefined) throw new Error('started without users');
  const stop = async () => void (await Promise.all([kafka.stop(), elasticsearch.stop()]));
  const kafkaAs = (password: string) => ({
    brokers: [secured.saslBroker],
    tls: { ca: secured.ca },
    sasl: { mechanism: 'scram-sha-512', username: 'wayward', password: `secret://env/${password}` },
  });
  const elasticAs = (username: string, password = 'ELASTIC_PASSWORD') => ({
    node: elasticsearch.url,
    username,
    password: `secret://env/${password}`,
  });
  return { kafka, elasticsearch, kafkaAs, elasticAs, stop };
}

describeWith('Kafka with SASL over TLS, Elasticsearch with the roles of the documentation', start, (servers) => {
  test('wayward run: records in, alerts out, as wayward scan says; and no password anywhere', async () => {
    const { kafka, elasticsearch, kafkaAs, elasticAs } = servers();
    const setup = temporaryFile('setup.yaml', stringify({ elasticsearch: elasticAs('wayward_setup') }));
    expect(await run(['setup', 'elasticsearch', '--config', setup], { env: ENV })).toMatchObject({ code: 0 });
    const folder = temporaryFolder();
    const lines = readFileSync(LOG, 'utf8').trimEnd().split('\n');
    const cluster = await Cluster.make({
      folder,
      broker: kafka.broker,
      logs: {
        partitions: [{ topic: 'gateway-logs', format: 'nginx-json', partition: 0, lines }],
        registry: 'credentials: []\n',
        live: () => [],
      },
      kafka: kafkaAs('KAFKA_PASSWORD'),
      settings: { elasticsearch: elasticAs('wayward_delivery') },
      env: ENV,
    });
    try {
      await cluster.write('gateway-logs', 0, lines);
      const wayward = cluster.start();
      const count = async () => (await elasticsearch.call('GET', 'wayward-alerts-latest/_count')).body.count as number;
      await expect.poll(count, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
      await delivered(cluster, 60_000);
      expect(await wayward.stop()).toBe(0);
      const expected = await scanned(cluster, [cluster.file('gateway-logs', 0)], join(folder, 'credentials.yaml'));
      expect(await differencesIn(elasticsearch, expected)).toEqual([]);
      const log = wayward.lines.map((line) => JSON.stringify(line)).join('\n');
      for (const canary of CANARIES) expect(log).not.toContain(canary);
    } finally {
      await cluster.close();
    }
  });

  const config = (kafka: object, elasticsearch: object) =>
    temporaryFile('wayward.yaml', stringify({ kafka, elasticsearch, fingerprint_key: 'secret://env/KEY' }));
  const KEY = '0123456789abcdef'.repeat(4);

  test.each([
    ['Kafka', 'WRONG', 'ELASTIC_PASSWORD', 'did not take the user "wayward"; check kafka.sasl'],
    [
      'Elasticsearch',
      'KAFKA_PASSWORD',
      'WRONG',
      'refuses the user wayward_delivery with the password of elasticsearch.password (401)',
    ],
  ])('a wrong password of %s: exit 3, what to check, and no password in it', async (_name, kafka, elastic, message) => {
    const { kafkaAs, elasticAs } = servers();
    const file = config(kafkaAs(kafka), elasticAs('wayward_delivery', elastic));
    const { code, stdout, stderr } = await run(['run', '--roles', 'deliver', '--config', file], {
      env: { ...ENV, KEY },
    });
    expect(stderr).toContain(message);
    expect(code).toBe(3);
    for (const canary of CANARIES) expect(stdout + stderr).not.toContain(canary);
  });
});
