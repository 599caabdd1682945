import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { delivered, settled } from '../chaos/chaos.ts';
import { Cluster } from '../chaos/cluster.ts';
import { type ChaosLogs, chaosLogs } from '../chaos/logs.ts';
import { startElasticsearch } from '../servers/elasticsearch.ts';
import type { Elasticsearch } from '../servers/elasticsearch-client.ts';
import { type Issuer, startIssuer } from '../servers/issuer.ts';
import { startKafka } from '../servers/kafka.ts';
import { type PostgresServer, startPostgres } from '../servers/postgres.ts';
import { describeWith } from '../servers/require-server.ts';
import { startTogether } from '../servers/start-together.ts';
import { panelQueries, type Row, runPanel } from './queries.ts';
import { readSavedObjects } from './saved-object-schema.ts';

const DAY = 86_400_000;
const PATIENCE = 120_000;
const LIVE_SECONDS = 12;

const file = readFileSync(new URL('../../dashboards/wayward.ndjson', import.meta.url), 'utf8');
const queries = panelQueries(readSavedObjects(file));

interface Entry {
  readonly id: string;
  readonly match: { readonly credential_id?: string };
  revoke?: object;
}

/** Those of the gateway can be revoked, one of them by an issuer that refuses; two more that nobody uses. */
function registryWith(registry: string, issuer: string, refusing: string): string {
  const { credentials }: { credentials: Entry[] } = parse(registry);
  for (const entry of credentials.filter(({ match }) => match.credential_id !== undefined)) {
    const url = entry.id === REFUSED ? refusing : issuer;
    entry.revoke = { with: 'webhook', url: `${url}/revoke`, verify_url: `${url}/verify` };
  }
  const unused = (id: string, days: number) => ({
    id,
    agent: 'idle-agent-1',
    kind: 'api-key',
    owner: 'team-idle@example.com',
    match: { credential_id: id },
    expires_at: new Date(Date.now() + days * DAY).toISOString(),
    scopes: ['GET /v1/idle/*'],
  });
  return stringify({ credentials: [...credentials, unused('cred-idle-soon', 5), unused('cred-idle-past', -5)] });
}

/** The gateway's credential is looked up by the key, so that response acts on it. */
const provenTopics = ({ partitions }: ChaosLogs): object[] =>
  [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, [first]]) => ({
    topic,
    format: first?.format,
    ...(first?.format === 'nginx-json' && { identity: 'from-key-map' }),
  }));

const RESPONDER = 'responder.url';
const REFUSED = 'cred-hr-onboarding-gateway';

const RESPONSE = {
  mode: 'dry-run',
  rules: [
    { detector: 'denied-burst', severity: 'low', mode: 'auto' },
    { detector: 'outside-hours', severity: 'low', mode: 'approve' },
    { severity: 'low', mode: 'dry-run' },
  ],
};

describeWith(
  'every panel after a real run: logs on Kafka, one process in every role, documents in Elasticsearch',
  () =>
    startTogether({
      kafka: startKafka,
      elasticsearch: startElasticsearch,
      postgres: startPostgres,
    }),
  (servers) => {
    let cluster: Cluster;
    let issuer: Issuer;
    let refusing: Server;
    const folder = mkdtempSync(join(tmpdir(), 'wayward-panels-'));

    beforeAll(async () => {
      issuer = await startIssuer();
      refusing = await startRefusing();
      const { kafka, elasticsearch, postgres } = servers();
      await allowResponder(postgres, folder);
      cluster = await realRun(folder, kafka.broker, elasticsearch, issuer, urlOf(refusing));
    }, 300_000);
    afterAll(async () => {
      await cluster?.close();
      await issuer.stop();
      refusing.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test.each(queries.map((query) => [query.dashboard, query.panel, query] as const))(
      '%s: %s',
      async (_, __, query) => {
        const call: Elasticsearch['call'] = (...request) => servers().elasticsearch.call(...request);
        // Health is told every ten seconds, and documents follow alerts on a topic of their own.
        const values = async (): Promise<Row[]> => {
          await call('POST', 'wayward-alerts-latest,logs-wayward.*,metrics-wayward.*/_refresh');
          return (await runPanel(call, query)).filter(hasValue);
        };
        await expect.poll(values, { timeout: PATIENCE / 2, interval: 500 }).not.toEqual([]);
      },
    );
  },
);

/** Some panels count to zero where all is well; what isn't there is not counted at all. */
const hasValue = (row: Row): boolean => Object.values(row).some((value) => value !== null && value !== undefined);

async function realRun(
  folder: string,
  broker: string,
  elasticsearch: Elasticsearch,
  issuer: Issuer,
  refusing: string,
): Promise<Cluster> {
  const logs = chaosLogs(5_000, Date.now());
  const cluster = await Cluster.make({
    folder,
    broker,
    logs: { ...logs, registry: registryWith(logs.registry, issuer.url, refusing) },
    settings: {
      elasticsearch: { node: elasticsearch.url },
      response: RESPONSE,
      revokers: {
        webhook: { secret: 'secret://env/WAYWARD_FINGERPRINT_KEY' },
        postgres: { url: `secret://file/${join(folder, RESPONDER)}` },
      },
      // Every five seconds, since nobody waits here for the night.
      drills: [{ with: 'postgres', schedule: '*/5 * * * * *' }],
    },
    kafka: { settle: '500ms', topics: provenTopics(logs) },
  });
  await cluster.says(['setup', 'elasticsearch']);
  await cluster.load(logs.partitions);
  const wayward = cluster.start();
  await wayward.line(({ msg }) => msg === 'working', PATIENCE);
  await feedLive(cluster, logs);
  await decideAsPeopleDo(cluster);
  await wayward.line(({ msg }) => msg === 'drill passed', PATIENCE);
  await delivered(cluster, PATIENCE);
  return cluster;
}

/** Agents that go wrong now, so that response may act on its own; and a line that is none. */
async function feedLive(cluster: Cluster, logs: ChaosLogs): Promise<void> {
  const live = logs.live(Date.now() + 1_000, LIVE_SECONDS, 100);
  await cluster.write('gateway', 0, ['this is no JSON']);
  await cluster.feed(live);
  const partitions = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
  await settled(cluster, live.at(-1)?.time ?? 0, partitions, PATIENCE);
}

/** The account that drills make their canaries with. */
async function allowResponder(postgres: PostgresServer, folder: string): Promise<void> {
  await postgres.query("CREATE ROLE panels_responder LOGIN CREATEROLE PASSWORD 'pw'");
  await postgres.query('GRANT pg_signal_backend TO panels_responder');
  writeFileSync(join(folder, RESPONDER), postgres.urlFor('panels_responder', 'pw'), { mode: 0o600 });
}

/** One revocation proven, one approved, one that its issuer refuses. */
async function decideAsPeopleDo(cluster: Cluster): Promise<void> {
  await cluster.started[0]?.line(({ msg, state }) => msg === 'response' && state === 'verified', PATIENCE);
  const waiting = (await cluster.says(['approve'])).trimEnd().split('\n');
  const one = waiting
    .map((line): { alert: string; credential: string } => JSON.parse(line))
    .find(({ credential }) => credential.endsWith('-gateway') && credential !== REFUSED); // those of PostgreSQL are in its log only
  await cluster.says(['approve', one?.alert ?? 'nothing waits', '--as', 'ann']);
  const refusal = cluster.says(['revoke', '--credential', REFUSED, '--execute', '--as', 'ann']);
  await expect(refusal).rejects.toThrow('400');
}

/** An issuer that takes no order of ours. */
async function startRefusing(): Promise<Server> {
  const server = createServer((request, response) => response.writeHead(request.url === '/verify' ? 404 : 400).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
