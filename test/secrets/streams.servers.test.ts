import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { delivered } from '../chaos/chaos.ts';
import { Cluster } from '../chaos/cluster.ts';
import { differencesIn } from '../chaos/in-elasticsearch.ts';
import { readTopic } from '../chaos/outcome.ts';
import { scanned } from '../chaos/run.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { ALERTS, DEAD_LETTERS, DOCUMENTS, EVENTS, names, PREFIX, STATE } from '../kafka/names.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import { startFakeKibana } from '../servers/fake-kibana.ts';
import { freePort } from '../servers/free-port.ts';
import { startKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { documentsIn } from '../sinks/elasticsearch/deliverables.ts';
import { documentedRoles, rolesYaml } from '../sinks/elasticsearch/documented-roles.ts';
import { startEcho, startMirror, startUntrusted } from './bad-servers.ts';
import { type Canary, canariesOfEveryShape, canaryOf, plainCanary } from './canaries.ts';
import { PLANTED, PLANTED_LOGS } from './planted-logs.ts';
import { watched } from './process-watch.ts';
import { Search } from './search.ts';

/** Wayward on Kafka with SASL over TLS and Elasticsearch with security, with secrets in the logs too: what is kept where. */

const LOG = join(import.meta.dirname, '..', 'fixtures', 'logs', 'nginx-access.jsonl');
const secretOf = (name: string, written: (part: string) => string): Canary => {
  const plain = plainCanary(name);
  return { ...plain, value: written(plain.value) };
};
// What a password may hold where the test broker takes it from its own arguments.
const KAFKA = secretOf('the password of Kafka', (part) => `k@fka:%41/${part}`);
const ELASTIC = secretOf('the password of Elasticsearch', (part) => `el"st'c:%41/\\${part}`);
const KIBANA = secretOf('the password of Kibana', (part) => `kib"na:%41/${part}`);
const FINGERPRINT = secretOf('the fingerprint key', (part) => `${part}${'0123456789abcdef'.repeat(2)}`);
const WEBHOOK = plainCanary('the key of the webhooks');
const OWN = [KAFKA, ELASTIC, KIBANA, FINGERPRINT, WEBHOOK];
const basicOf = (user: string, { value }: Canary) => `Basic ${Buffer.from(`${user}:${value}`).toString('base64')}`;

/** In use all the same: an alert of high severity, and what would be done about it. */
const EXPIRED = {
  ...{ id: 'cred-a', agent: 'agent-a', kind: 'api-key', match: { credential_id: 'cred-agent-a' } },
  ...{ expires_at: '2026-01-01T00:00:00Z', revoke: { with: 'webhook', url: 'http://127.0.0.1:9/revoke' } },
};

async function start() {
  const roles = Object.keys(documentedRoles()).map((name) => ({ name, password: ELASTIC.value, roles: [name] }));
  const started = await startTogether({
    kafka: () => startKafka({ users: { wayward: KAFKA.value } }),
    elasticsearch: () =>
      startElasticsearch({
        users: [{ name: 'admin', password: ELASTIC.value, roles: ['superuser'] }, ...roles],
        roles: rolesYaml(documentedRoles()),
      }),
    kibana: () => startFakeKibana(basicOf('setup', KIBANA)),
  });
  const { secured } = started.kafka;
  if (secured === undefined) throw new Error('started without users');
  return { ...started, secured };
}

/** A file that holds the secret, as the configuration names it. */
function fileOf({ value }: Canary): string {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, value, { mode: 0o600 });
  return `secret://file/${file}`;
}

describeWith('Kafka with SASL over TLS, Elasticsearch with the roles of the documentation', start, (servers) => {
  const kafkaAs = (password: Canary, broker = servers().secured.saslBroker) => ({
    brokers: [broker],
    prefix: PREFIX,
    tls: { ca: servers().secured.ca },
    sasl: { mechanism: 'scram-sha-512', username: 'wayward', password: fileOf(password) },
  });
  /** With a certificate instead of a password. */
  const kafkaByKey = (key: Canary) => {
    const { mtlsBroker, ca, clientCert } = servers().secured;
    return { brokers: [mtlsBroker], prefix: PREFIX, tls: { ca, cert: clientCert, key: fileOf(key) } };
  };
  const elasticAs = (username: string, password: Canary, node = servers().elasticsearch.url) => ({
    ...{ node, username, password: fileOf(password) },
  });

  test('wayward run: records in, alerts out, as wayward scan says; and no secret anywhere', async () => {
    const { kafka, elasticsearch } = servers();
    const folder = temporaryFolder();
    const setup = join(folder, 'setup.yaml');
    writeFileSync(setup, stringify({ elasticsearch: elasticAs('wayward_setup', ELASTIC) }));
    const made = await run(['setup', 'elasticsearch', '--config', setup]);
    expect(made).toMatchObject({ code: 0 });

    const { 'gateway.jsonl': gateway = [], 'unknown.log': unknown = [] } = PLANTED_LOGS;
    const raw = [
      {
        topic: 'gateway-logs',
        format: 'nginx-json',
        lines: [...readFileSync(LOG, 'utf8').trimEnd().split('\n'), ...gateway, ...unknown],
      },
      { topic: 'database-logs', format: 'pgaudit-json', lines: PLANTED_LOGS['database.json'] ?? [] },
      { topic: 'vault-logs', format: 'vault-audit', lines: PLANTED_LOGS['vault.jsonl'] ?? [] },
    ].map((one) => ({ ...one, partition: 0 }));
    const port = await freePort();
    const cluster = await Cluster.make({
      folder,
      broker: kafka.broker,
      logs: { partitions: raw, registry: stringify({ credentials: [EXPIRED] }), live: () => [] },
      kafka: { ...kafkaAs(KAFKA), snapshot_every: '1s' },
      settings: {
        elasticsearch: elasticAs('wayward_delivery', ELASTIC),
        fingerprint_key: fileOf(FINGERPRINT),
        revokers: { webhook: { secret: fileOf(WEBHOOK) } },
        response: { webhook: { url: 'http://127.0.0.1:9/alerts', secret: fileOf(WEBHOOK) } },
        http: { port },
      },
    });
    try {
      for (const { topic, lines } of raw) await cluster.write(topic, 0, lines);
      const wayward = cluster.start();
      const look = watched(wayward.pid);
      const count = async () => (await elasticsearch.call('GET', 'wayward-alerts-latest/_count')).body.count as number;
      await expect.poll(count, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
      await delivered(cluster, 60_000);
      const pages = await Promise.all(
        ['healthz', 'readyz', 'metrics'].map(async (page) => (await fetch(`http://127.0.0.1:${port}/${page}`)).text()),
      );
      const letters = await cluster.says(['dead-letters', '--json']);
      expect(letters).toContain('redacted');
      const audit = await cluster.says(['audit', 'verify']);
      expect(await wayward.stop()).toBe(0);
      const files = raw.map(({ topic }) => cluster.file(topic, 0));
      const expected = await scanned(cluster, files, join(folder, 'credentials.yaml'));
      expect(await differencesIn(elasticsearch, expected)).toEqual([]);

      const search = new Search([...OWN, ...PLANTED.map((secret) => canaryOf(secret, secret))]);
      const { args, environments } = await look;
      const leaks = [
        ...search.in('setup', made.stdout + made.stderr),
        ...search.in('its log', wayward.lines.map((line) => JSON.stringify(line)).join('\n')),
        ...search.in('pages', pages.join('\n')),
        ...search.in('commands', letters + audit),
        ...[...args, ...environments].flatMap((one) => search.in('arguments and environment', one)),
        ...search.inFolder('state', join(folder, 'process-1')),
      ];
      expect(leaks).toEqual([]);
      await expectNoneInKafka(cluster, search);
      await expectNoneInElasticsearch(search);
    } finally {
      await cluster.close();
    }
  });

  /** As bytes on the broker's disk, and as messages, since some batches are compressed. */
  async function expectNoneInKafka(cluster: Cluster, search: Search): Promise<void> {
    const { kafka } = servers();
    const admin = cluster.client.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(names.topicsBegin));
    await admin.disconnect();
    expect(topics).toEqual(expect.arrayContaining([EVENTS, STATE, ALERTS, DOCUMENTS, DEAD_LETTERS]));
    const messages = new Map<string, number>();
    for (const topic of topics) {
      for (const disk of kafka.foldersOf(topic)) expect(search.inFolder(topic, disk)).toEqual([]);
      const found: string[] = [];
      await readTopic(cluster.client, topic, (_partition, { key, value, headers }) => {
        messages.set(topic, (messages.get(topic) ?? 0) + 1);
        const text = `${key} ${value} ${Object.entries(headers ?? {})
          .flat()
          .join(' ')}`;
        found.push(...search.in(topic, text));
      });
      expect(found).toEqual([]);
    }
    for (const topic of [EVENTS, STATE, ALERTS, DOCUMENTS, DEAD_LETTERS])
      expect(messages.get(topic) ?? 0, topic).toBeGreaterThan(0);
    // The search would find it: what was put in stands there.
    const [disk = ''] = kafka.foldersOf('gateway-logs');
    expect(search.inFolder('gateway-logs', disk)).not.toEqual([]);
  }

  async function expectNoneInElasticsearch(search: Search): Promise<void> {
    const { elasticsearch } = servers();
    const { body } = await elasticsearch.call('GET', '_cat/indices?format=json&expand_wildcards=all&h=index');
    const names = (body as { index: string }[]).map(({ index }) => index);
    const own = names.filter((name) => name.includes('wayward'));
    expect(own.length).toBeGreaterThan(3); // alerts, their latest state, inventory, response
    for (const name of own) {
      const documents = await documentsIn(elasticsearch, name);
      expect(search.in(name, JSON.stringify(documents))).toEqual([]);
    }
    const canary = plainCanary('planted');
    await elasticsearch.call('POST', 'planted/_doc?refresh=true', {
      note: createHash('md5').digest('hex') + canary.value,
    });
    expect(new Search([canary]).in('planted', JSON.stringify(await documentsIn(elasticsearch, 'planted')))).not.toEqual(
      [],
    );
  }

  /** What a command says where it can't go on: 3, and no secret. */
  async function expectRefusal(args: readonly string[], config: object, canaries: readonly Canary[]): Promise<string> {
    const folder = temporaryFolder();
    const file = join(folder, 'wayward.yaml');
    writeFileSync(file, stringify({ state: 'state', fingerprint_key: fileOf(FINGERPRINT), ...config }));
    const { code, stdout, stderr } = await run([...args, '--config', file]);
    expect({ args, code, stderr }).toMatchObject({ code: 3 });
    expect(new Search([...OWN, ...canaries]).in(args.join(' '), stdout + stderr)).toEqual([]);
    return stderr;
  }

  test.each([
    ['Kafka', 'did not take the user "wayward"; check kafka.sasl'],
    ['Elasticsearch', 'refuses the user wayward_delivery with the password of elasticsearch.password (401)'],
  ])('a wrong password of %s: exit 3, what to check, and no password in it', async (name, message) => {
    const wrong = plainCanary('a wrong password');
    const kafka = kafkaAs(name === 'Kafka' ? wrong : KAFKA);
    const elasticsearch = elasticAs('wayward_delivery', name === 'Kafka' ? ELASTIC : wrong);
    const said = await expectRefusal(['run', '--roles', 'deliver'], { kafka, elasticsearch }, [wrong]);
    expect(said).toContain(message);
  });

  test('wrong passwords of every shape', async () => {
    for (const wrong of canariesOfEveryShape()) {
      const elasticsearch = elasticAs('wayward_setup', wrong);
      const apiKey = { node: servers().elasticsearch.url, api_key: fileOf(wrong) };
      const kibana = { url: servers().kibana.url, username: 'setup', password: fileOf(wrong) };
      await Promise.all([
        expectRefusal(['setup', 'elasticsearch'], { elasticsearch }, [wrong]),
        expectRefusal(['setup', 'elasticsearch'], { elasticsearch: apiKey }, [wrong]),
        expectRefusal(['setup', 'kibana'], { kibana }, [wrong]),
        expectRefusal(['setup', 'kibana'], { kibana: { url: servers().kibana.url, api_key: fileOf(wrong) } }, [wrong]),
        expectRefusal(['setup', 'kafka'], { kafka: kafkaAs(wrong) }, [wrong]),
        expectRefusal(['setup', 'kafka'], { kafka: kafkaByKey(wrong) }, [wrong]),
      ]);
    }
  });

  test('servers that are away, not trusted, not what they should be, or say back what they are told', async () => {
    const bad = await Promise.all([...[200, 400, 401, 403, 404, 429, 500].map(startEcho), startMirror()]);
    const untrusted = await startUntrusted();
    onTestFinished(async () => void (await Promise.all([...bad, untrusted].map((server) => server.stop()))));
    const ports = [await freePort(), ...bad.map(({ port }) => port)];
    const nodes = [...ports.map((port) => `http://127.0.0.1:${port}`), `https://127.0.0.1:${untrusted.port}`];
    await Promise.all(
      nodes.map(async (node) => {
        await expectRefusal(
          ['setup', 'elasticsearch'],
          { elasticsearch: elasticAs('wayward_setup', ELASTIC, node) },
          [],
        );
        const kibana = { url: node, username: 'setup', password: fileOf(KIBANA) };
        await expectRefusal(['setup', 'kibana'], { kibana }, []);
        const { host } = new URL(node);
        for (const args of [['setup', 'kafka'], ['run', '--roles', 'detect'], ['dead-letters']])
          await expectRefusal(args, { kafka: kafkaAs(KAFKA, host) }, []);
      }),
    );
  });
});
