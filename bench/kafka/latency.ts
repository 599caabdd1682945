import { mkdtempSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { quantile } from 'simple-statistics';
import { type RegistryEntry, registryYaml } from '../../src/simulate/registry-file.ts';
import { STREAMS } from '../../src/sinks/elasticsearch/streams.ts';
import { startElasticsearch } from '../../test/servers/elasticsearch.ts';
import type { Elasticsearch } from '../../test/servers/elasticsearch-client.ts';
import type { Kafka as Broker } from '../../test/servers/kafka.ts';
import { benchLines, benchRegistry } from '../generate.ts';
import { Streams, startBroker } from './streams.ts';

/** `npm run bench -- latency [--seconds 40] [--probes 200] [--rate 5000]`: from a record's append to its alert, found by a search. */
export interface LatencyOptions {
  /** How long the background lasts; the first fifth of it is without probes. */
  readonly seconds: number;
  readonly probes: number;
  /** Records a second of the background. */
  readonly rate: number;
}

export interface Probe {
  /** When it was handed to Kafka's client, when its alert was handed to Elasticsearch, and when a search found it; milliseconds. */
  readonly sent: number;
  readonly ingested: number;
  readonly found: number;
}

const RAW_PARTITIONS = 4;
const FEED_EVERY = 10;
const SEARCH_EVERY = 10;
const PATIENCE = 30_000;
const MOST_P99 = 2_000;
const DAY = 86_400_000;
const ALERTS = 'logs-wayward.alert-default';

export interface LatencyServers {
  readonly broker: Broker;
  readonly elasticsearch: Elasticsearch;
}

/** @throws Error for an alert that is not found within 30 s after the last record */
export async function benchLatency(
  options: LatencyOptions,
  { broker, elasticsearch }: LatencyServers,
): Promise<Probe[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-bench-latency-'));
  const credentials = join(folder, 'credentials.yaml');
  writeFileSync(
    credentials,
    registryYaml('Probes have expired.', [...benchRegistry(), ...probeRegistry(options.probes)]),
  );
  const streams = await Streams.start({
    broker,
    folder,
    credentials,
    rawPartitions: RAW_PARTITIONS,
    eventsPartitions: 12,
    settings: { elasticsearch: { node: elasticsearch.url } },
  });
  try {
    await streams.says(['setup', 'elasticsearch']);
    const wayward = await streams.run('ingest,detect,deliver');
    await wayward.line(({ msg }) => msg === 'working', PATIENCE);
    const sent = new Map<string, number>();
    const searching = search(elasticsearch, options.probes, options.seconds * 1_000 + PATIENCE);
    await feed(streams, options, sent);
    const found = await searching;
    await wayward.stop();
    return [...sent].map(([agent, at]) => ({ sent: at, ...(found.get(agent) as Omit<Probe, 'sent'>) }));
  } finally {
    await streams.close();
  }
}

/** Each of its own agent and peer group, so that each raises an alert of its own, on any partition. */
const probeRegistry = (probes: number): RegistryEntry[] =>
  Array.from({ length: probes }, (_, index) => ({
    id: `cred-probe-${index}`,
    agent: `probe-${index}`,
    peer_group: `probe-${index}`,
    slot: 'gateway',
    kind: 'api-key',
    owner: 'team-bench@example.com',
    match: { credential_id: `cred-probe-${index}` },
    issued_at: new Date(Date.now() - 30 * DAY).toISOString(),
    expires_at: new Date(Date.now() - DAY).toISOString(),
  }));

/** Writes the background as its time comes, and the probes in between; each probe's moment goes to `sent`. */
async function feed(
  streams: Streams,
  { seconds, probes, rate }: LatencyOptions,
  sent: Map<string, number>,
): Promise<void> {
  const began = Date.now();
  const length = seconds * 1_000;
  const lines = benchLines(rate * seconds, began, length);
  const firstProbe = length / 5;
  const between = (length - firstProbe) / probes;
  let fed = 0;
  const underWay: Promise<void>[] = [];
  for (let passed = 0; passed < length || sent.size < probes; passed = Date.now() - began) {
    const messages: { partition: number; value: string }[] = [];
    for (const due = (Math.min(passed, length) / 1_000) * rate; fed < due; fed++)
      messages.push({ partition: fed % RAW_PARTITIONS, value: String(lines.next().value).trimEnd() });
    const now = Date.now();
    while (sent.size < probes && passed >= firstProbe + sent.size * between) {
      messages.push({ partition: sent.size % RAW_PARTITIONS, value: probeLine(sent.size, now) });
      sent.set(`probe-${sent.size}`, now);
    }
    underWay.push(streams.write(messages));
    await sleep(FEED_EVERY);
  }
  await Promise.all(underWay);
}

/** As a line of the background, with another credential. */
function probeLine(index: number, time: number): string {
  const [line = ''] = benchLines(1, time, 1);
  return line.trimEnd().replace(/"credential":"[^"]*"/, `"credential":"cred-probe-${index}"`);
}

/** Searches again and again until the alert of each probe was found. */
async function search(
  server: Elasticsearch,
  probes: number,
  patience: number,
): Promise<ReadonlyMap<string, Omit<Probe, 'sent'>>> {
  const found = new Map<string, Omit<Probe, 'sent'>>();
  for (const deadline = Date.now() + patience; found.size < probes; await sleep(SEARCH_EVERY)) {
    if (Date.now() > deadline) throw new Error(`${found.size} of ${probes} alerts were found`);
    const { body } = await server.call('POST', `${ALERTS}/_search?ignore_unavailable=true`, {
      size: 100,
      sort: [{ 'event.ingested': 'desc' }],
      query: { prefix: { 'gen_ai.agent.id': 'probe-' } },
      _source: ['gen_ai.agent.id', 'event.ingested'],
    });
    const now = Date.now();
    for (const { _source: source } of body.hits?.hits ?? []) {
      const { id } = source.gen_ai.agent;
      if (!found.has(id)) found.set(id, { ingested: Date.parse(source.event.ingested), found: now });
    }
  }
  return found;
}

/** Milliseconds at these shares of all probes. */
const at = (values: readonly number[]): string =>
  [0.5, 0.99, 1].map((share) => `${Math.round(quantile([...values], share))} ms`.padStart(9)).join('');

function summary(rate: number, probes: readonly Probe[]): string {
  const latency = probes.map(({ sent, found }) => found - sent);
  const met = quantile(latency, 0.99) <= MOST_P99 ? 'met' : 'MISSED';
  return [
    `${probes.length} alerts at ${rate} events/s, load ${loadavg()[0]?.toFixed(1)}`,
    '                                          p50      p99      max',
    `record appended → alert found       ${at(latency)}   bar p99 ${MOST_P99} ms: ${met}`,
    `  appended → sent to Elasticsearch  ${at(probes.map(({ sent, ingested }) => ingested - sent))}`,
    `  sent to Elasticsearch → found     ${at(probes.map(({ ingested, found }) => found - ingested))}   refresh_interval ${STREAMS.alert.refresh}`,
  ].join('\n');
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '40' },
      probes: { type: 'string', default: '200' },
      rate: { type: 'string', default: '5000' },
    },
  });
  const rate = Number(values.rate);
  const options = { seconds: Number(values.seconds), probes: Number(values.probes), rate };
  const [broker, elasticsearch] = await Promise.all([startBroker(), startElasticsearch({ heap: '512m' })]);
  try {
    console.log(summary(rate, await benchLatency(options, { broker, elasticsearch })));
  } finally {
    await Promise.all([broker.stop(), elasticsearch.stop()]);
  }
}
