import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALERTS, DOCUMENTS } from '../kafka/names.ts';
import { parsePrometheus } from '../ops/prometheus-text.ts';
import type { Elasticsearch } from '../servers/elasticsearch-client.ts';
import { type Fault, startFaultyProxy } from '../servers/faulty-proxy.ts';
import { freePort } from '../servers/free-port.ts';
import { delivered, highs, settled } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { asFarAsDecided, undisturbed } from './expected.ts';
import { differencesIn, documentDifferences } from './in-elasticsearch.ts';
import { chaosLogs } from './logs.ts';
import { alertsSaid } from './outcome.ts';
import { type ChaosServers, scanned } from './run.ts';

export interface OutageRun {
  readonly folder: string;
  /** Records of history beside those of the agents that misbehave. */
  readonly events: number;
  readonly liveSeconds: number;
  /** How long Elasticsearch is down, at least. */
  readonly downSeconds: number;
}

export interface OutageResult {
  readonly alerts: number;
  readonly documents: number;
  /** Messages on the topic of alerts that came while Elasticsearch was down. */
  readonly alertsWhileDown: number;
  readonly secondsDown: number;
  /** What `/readyz` said before, while it was down, and in the end. */
  readonly ready: readonly { readonly status: number; readonly state: string; readonly reason: string | undefined }[];
  /** Greatest resident size of the process, bytes: before and during. */
  readonly memory: { readonly before: number; readonly during: number };
  readonly bulkRequests: number;
  readonly differences: readonly string[];
}

const LIVE_RATE = 200;
const PATIENCE = 180_000;

/** Elasticsearch is killed while alerts come in, and comes back with 429s, partial failures, cut connections and rollovers. */
export async function runOutage(
  run: OutageRun,
  { kafka, elasticsearch }: ChaosServers,
  say: (text: string) => void,
): Promise<OutageResult> {
  const proxy = await startFaultyProxy(elasticsearch.url);
  const port = await freePort();
  const logs = chaosLogs(run.events, Date.now());
  const cluster = await Cluster.make({
    folder: run.folder,
    broker: kafka.broker,
    logs,
    settings: { elasticsearch: { node: proxy.url }, http: { port } },
    kafka: { settle: '10s', snapshot_every: '5s' },
  });
  const rollover = (name: string) => async () => {
    const { body } = await elasticsearch.call('POST', `${name}/_rollover`);
    if (body.rolled_over !== true) throw new Error(JSON.stringify(body));
    say(`${name} was rolled over`);
  };
  try {
    await cluster.says(['setup', 'elasticsearch']);
    await cluster.load(logs.partitions);
    cluster.start();
    await until(async () => (await alertsIn(elasticsearch)) > 0, 'the first alert');
    const before = await healthy(port, 'health once history is read');
    const memoryBefore = (await metrics(port)).get('process_resident_memory_bytes') ?? 0;

    await elasticsearch.kill();
    const downAt = Date.now();
    const [alertsBefore = 0] = await highs(cluster, ALERTS);
    say(`Elasticsearch is down; ${alertsBefore} messages about alerts so far`);
    const memory = watchMemory(port);
    const live = logs.live(Date.now() + 1_000, run.liveSeconds, LIVE_RATE);
    await cluster.feed(live);
    const partitions = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    await settled(cluster, live.at(-1)?.time ?? 0, partitions, PATIENCE);
    const [alertsThen = 0] = await highs(cluster, ALERTS);
    say(`everything has been looked at; ${alertsThen} messages about alerts`);
    await sleep(downAt + run.downSeconds * 1_000 - Date.now()); // down for as long as was asked for
    const during = await readiness(port);

    proxy.faults.push(...FAULTS, { kind: 'cut', after: rollover('logs-wayward.alert-default') }, ...CUTS);
    proxy.faults.push({ kind: 'cut', after: rollover('metrics-wayward.activity-default') }, ...CUTS);
    await elasticsearch.restart();
    const secondsDown = (Date.now() - downAt) / 1_000;
    say(`Elasticsearch is back after ${secondsDown.toFixed(0)} s`);
    await until(async () => proxy.faults.length === 0, 'every fault');
    await delivered(cluster, PATIENCE);
    const end = await delivered(cluster, PATIENCE, DOCUMENTS);
    const after = await healthy(port, 'health');
    const bulkRequests = proxy.requests.filter((request) => request === 'POST /_bulk').length;
    const greatest = await memory.stop();
    await Promise.all(cluster.started.map((wayward) => wayward.stop()));
    say('delivered');

    const files = logs.partitions.map(
      ({ topic, partition, format }) => [cluster.file(topic, partition), format] as const,
    );
    const credentials = join(run.folder, 'credentials.yaml');
    const all = await scanned(
      cluster,
      files.map(([file]) => file),
      credentials,
    );
    const expected = asFarAsDecided(all, await undisturbed(files, credentials), await alertsSaid(cluster.client));
    const documents = await documentDifferences(elasticsearch, cluster.client, end);
    return {
      alerts: expected.size,
      documents: documents.documents,
      alertsWhileDown: alertsThen - alertsBefore,
      secondsDown,
      ready: [before, during, after],
      memory: { before: memoryBefore, during: greatest },
      bulkRequests,
      differences: [...(await differencesIn(elasticsearch, expected)), ...documents.differences],
    };
  } finally {
    await cluster.close();
    await proxy.stop();
  }
}

const FAULTS: readonly Fault[] = [
  { kind: 'answer', status: 429 },
  { kind: 'answer', status: 429 },
  { kind: 'answer', status: 503, type: 'cluster_block_exception' },
  { kind: 'items', status: 429, carriedOut: false },
  { kind: 'items', status: 503, carriedOut: false },
  { kind: 'items', status: 503, carriedOut: true },
];
const CUTS: readonly Fault[] = [{ kind: 'cut' }, { kind: 'drop' }];

async function readiness(port: number) {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  const { state, components } = (await answer.json()) as {
    state: string;
    components: Record<string, { reason?: string }>;
  };
  return { status: answer.status, state, reason: components.deliver?.reason };
}

/** Waits until all is well: an entry of the audit trail, for one, is kept nowhere else for a moment after it was made. */
async function healthy(port: number, what: string) {
  let found = await readiness(port);
  await until(async () => {
    found = await readiness(port);
    return found.state === 'ok';
  }, what);
  return found;
}

const metrics = async (port: number) => parsePrometheus(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());

/** The greatest resident size from now on. */
function watchMemory(port: number): { stop(): Promise<number> } {
  let greatest = 0;
  const stopped = new AbortController();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      greatest = Math.max(greatest, (await metrics(port)).get('process_resident_memory_bytes') ?? 0);
      await sleep(500);
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await watching;
      return greatest;
    },
  };
}

async function alertsIn(elasticsearch: Elasticsearch): Promise<number> {
  const { body } = await elasticsearch.call('GET', 'logs-wayward.alert-default/_count?ignore_unavailable=true');
  return body.count ?? 0;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(100);
  }
}
