import { Client } from '@elastic/elasticsearch';
import { expect, onTestFinished } from 'vitest';
import { AlertLimit } from '../../../src/sinks/elasticsearch/alert-limit.ts';
import { Delivery } from '../../../src/sinks/elasticsearch/delivery.ts';
import { elasticsearchSchema } from '../../../src/sinks/elasticsearch/settings.ts';
import type { DeliveryState } from '../../../src/sinks/patience.ts';
import type { Deliverable, RejectedDocument } from '../../../src/sinks/sink.ts';
import { run } from '../../cli/run.ts';
import { startElasticsearch } from '../../servers/elasticsearch.ts';
import type { Elasticsearch } from '../../servers/elasticsearch-client.ts';
import { type FaultyProxy, startFaultyProxy } from '../../servers/faulty-proxy.ts';
import { configFile } from './config.ts';
import { documentsIn, withoutStamps } from './deliverables.ts';

export const ALERTS = 'logs-wayward.alert-default';
export const LATEST = 'wayward-alerts-latest';
export const ACTIVITY = 'metrics-wayward.activity-default';
const HIGH = 73;

export interface BehindProxy {
  readonly server: Elasticsearch;
  readonly proxy: FaultyProxy;
  stop(): Promise<void>;
}

/** An Elasticsearch that is set up, behind a proxy that fails on demand. */
export async function startBehindProxy(): Promise<BehindProxy> {
  const server = await startElasticsearch();
  const proxy = await startFaultyProxy(server.url);
  const stop = async () => {
    await proxy.stop();
    await server.stop();
  };
  await setUp(server);
  return { server, proxy, stop };
}

export async function setUp({ url }: Elasticsearch): Promise<void> {
  const { code, stderr } = await run(['setup', 'elasticsearch', '--config', configFile({ node: url })]);
  if (code !== 0) throw new Error(stderr);
}

export interface BeginOptions {
  /** Of one request, milliseconds. */
  readonly timeout?: number;
  readonly limit?: AlertLimit;
}

/** One delivery, as a process has it; what it said and what was rejected. It ends with the test. */
export function beginDelivery({ server, proxy }: BehindProxy, options: BeginOptions = {}) {
  const { timeout = 10_000, limit = new AlertLimit(100_000) } = options;
  proxy.faults.length = 0;
  proxy.strikes = (_method, path) => path.startsWith('/_bulk');
  const client = new Client({ node: proxy.url, maxRetries: 0, requestTimeout: timeout });
  const told: DeliveryState[] = [];
  const rejected: RejectedDocument[] = [];
  const delivery = new Delivery({
    client,
    settings: elasticsearchSchema.parse({ node: proxy.url }),
    rejected: (document) => void rejected.push(document),
    stateChanged: (state) => void told.push(state),
    limit,
  });
  onTestFinished(async () => {
    delivery.stop();
    await client.close();
  });
  return { delivery, told, rejected, proxy, server };
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

/** What was delivered under names that begin so is there: each once, whole, and nothing else. */
export async function expectDelivered(server: Elasticsearch, name: string, items: readonly Deliverable[]) {
  const found = async (target: string) =>
    (await documentsIn(server, target, name)).map((hit) => ({ id: hit._id, document: withoutStamps(hit) }));
  const said = items.filter((item) => 'alert' in item).map(({ alert: { id }, document }) => ({ id, document }));
  expect(await found(LATEST)).toEqual(said.toSorted(byId));
  expect(await found(ALERTS)).toEqual(
    said.map(({ id, document }) => ({ id: `${id}-${HIGH}`, document })).toSorted(byId),
  );
  const documents = items.filter((item) => 'stream' in item).map(({ id, document }) => ({ id, document }));
  expect(await found(ACTIVITY)).toEqual(documents.toSorted(byId));
}
