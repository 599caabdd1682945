import { join } from 'node:path';
import { severityRank } from '../../src/detectors/finding.ts';
import { waywardSays } from '../live/wayward.ts';
import type { Elasticsearch } from '../servers/elasticsearch-client.ts';
import type { Kafka } from '../servers/kafka.ts';
import { accountOf, delivered, settled, torment, transactionsOf } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { asFarAsDecided, type Outcome, undisturbed } from './expected.ts';
import { differencesIn } from './in-elasticsearch.ts';
import { chaosLogs } from './logs.ts';
import { alertsSaid, baselinesLearned, type SaidAlerts } from './outcome.ts';

export interface ChaosRun {
  readonly folder: string;
  readonly events: number;
  readonly processes: number;
  readonly kills: number;
  readonly liveSeconds: number;
  readonly between: readonly [number, number];
  readonly pause: boolean;
  /** Between two snapshots of a partition, as wayward.yaml has it: what came since is replayed. */
  readonly snapshotEvery: string;
  readonly seed: string;
}

export interface ChaosServers {
  readonly kafka: Kafka;
  readonly elasticsearch: Elasticsearch;
}

export interface ChaosResult {
  readonly alerts: number;
  readonly detectors: number;
  readonly kills: number;
  readonly transactions: { readonly committed: number; readonly aborted: number };
  readonly fenced: number;
  readonly replayed: number;
  readonly differences: readonly string[];
}

/** Records a second of the live part. */
const LIVE_RATE = 500;
/** How long a record may be on its way, milliseconds: the live part is behind by no more. */
const SETTLE = 10_000;
const PATIENCE = 120_000;

/** History first, then live records while processes are killed; then compares with one undisturbed process. */
export async function runChaos(
  run: ChaosRun,
  { kafka, elasticsearch }: ChaosServers,
  say: (text: string) => void,
): Promise<ChaosResult> {
  const logs = chaosLogs(Math.max(1_000, run.events - run.liveSeconds * LIVE_RATE - 56_000), Date.now());
  const cluster = await Cluster.make({
    folder: run.folder,
    broker: kafka.broker,
    logs,
    settings: { elasticsearch: { node: elasticsearch.url } },
    kafka: { settle: `${SETTLE}ms`, snapshot_every: run.snapshotEvery },
  });
  try {
    await cluster.says(['setup', 'elasticsearch']);
    await cluster.load(logs.partitions);
    say(
      `${logs.partitions.reduce((sum, { lines }) => sum + lines.length, 0)} records of history in ${logs.partitions.length} partitions`,
    );
    const tormented = torment(cluster, { ...run, say });
    const live = logs.live(Date.now() + 1_000, run.liveSeconds, LIVE_RATE);
    await cluster.feed(live);
    say(`${live.length} live records`);
    const { kills } = await tormented;
    const partitions = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    await settled(cluster, live.at(-1)?.time ?? 0, partitions, PATIENCE);
    say('everything has been read and looked at');
    await delivered(cluster, PATIENCE);
    say('and delivered');
    await Promise.all(cluster.started.map((wayward) => wayward.stop()));
    say('all have stopped');
    const files = logs.partitions.map(
      ({ topic, partition, format }) => [cluster.file(topic, partition), format] as const,
    );
    const credentials = join(run.folder, 'credentials.yaml');
    const expected = await undisturbed(files, credentials);
    const documents = await scanned(
      cluster,
      files.map(([file]) => file),
      credentials,
    );
    say(`wayward scan says ${documents.size} alerts`);
    const said = await alertsSaid(cluster.client);
    say(`the alerts topic holds ${said.newest.size}`);
    const decided = asFarAsDecided(documents, expected, said);
    const learned = await baselinesLearned(cluster.client, credentials);
    return {
      alerts: expected.alerts.size,
      detectors: new Set(
        [...expected.alerts.values()].flatMap(({ findings }) => findings.map(({ detector }) => detector)),
      ).size,
      kills,
      transactions: await transactionsOf(cluster),
      ...accountOf(cluster),
      differences: [
        ...notOfTheCore(expected, documents),
        ...alertDifferences(decided, said),
        ...stateDifferences(expected.baselines, learned),
        ...(await differencesIn(elasticsearch, decided)),
      ],
    };
  } finally {
    await cluster.close();
  }
}

/** The documents of `wayward scan` over the same logs, by id. */
export async function scanned(
  cluster: Cluster,
  files: readonly string[],
  credentials: string,
): Promise<Map<string, string>> {
  const text = await waywardSays(cluster.config, ['scan', '--json', '--credentials', credentials, ...files], {
    WAYWARD_FINGERPRINT_KEY: 'another key, of sufficient length, changes nothing',
  });
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [JSON.parse(line).event.id, line] as const),
  );
}

/** `scan`, which decides all at the end of its logs, is the core in a process. */
const notOfTheCore = ({ forms }: Outcome, scanned: ReadonlyMap<string, string>): string[] =>
  [...scanned]
    .filter(([id, document]) => forms.get(id)?.at(-1) !== document)
    .map(([id]) => `scan is not the core: ${id}`);

function alertDifferences(documents: ReadonlyMap<string, string>, said: SaidAlerts): string[] {
  const differences: string[] = [];
  for (const [id, document] of documents) {
    const other = said.newest.get(id);
    if (other === undefined) differences.push(`missing alert: ${document}`);
    else if (other.document !== document) differences.push(`differs:\n  ${document}\n  ${other.document}`);
    for (const { severity, revision } of other?.alert.severityHistory ?? []) {
      const times = said.revisions.filter((name) => name === `${id}/${revision}`).length;
      if (times !== 1) differences.push(`${severity} (${severityRank(severity)}) of ${id} was said ${times} times`);
    }
  }
  for (const id of said.newest.keys()) if (!documents.has(id)) differences.push(`alert that scan does not know: ${id}`);
  const twice = said.revisions.length - new Set(said.revisions).size;
  if (twice > 0) differences.push(`${twice} revisions were said twice`);
  return differences;
}

function stateDifferences(expected: ReadonlyMap<string, Buffer>, learned: ReadonlyMap<string, Buffer>): string[] {
  const differing = [...expected].filter(([name, state]) => !learned.get(name)?.equals(state)).map(([name]) => name);
  const unknown = [...learned.keys()].filter((name) => !expected.has(name));
  return [...differing.map((name) => `state of ${name}`), ...unknown.map((name) => `state of unknown ${name}`)];
}
