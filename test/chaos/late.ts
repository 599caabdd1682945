import { join } from 'node:path';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import type { Kafka } from '../servers/kafka.ts';
import { accountOf, settled, torment } from './chaos.ts';
import { Cluster } from './cluster.ts';
import { isAboutSource } from './expected.ts';
import { chaosLogs, type RawPartition } from './logs.ts';
import { alertsSaid, disorderCounted } from './outcome.ts';
import { scanned } from './run.ts';
import { comeAgainWithoutRoom, grow, loseRecords, lostRecords, restartInTurn } from './troubles.ts';

const DAY = 86_400_000;
/** The history of `chaosLogs`. */
const HISTORY = 14 * DAY;
/** Topics with one partition: all records of their principals come through it; and the slot of those. */
const MAY_BE_LATE: Readonly<Record<string, string>> = { appdb: 'postgres', warehouse: 'postgres', vault: 'vault' };
const PATIENCE = 180_000;

export interface LateRun {
  readonly folder: string;
  readonly steady: number;
  readonly processes: number;
  readonly kills: number;
  readonly between: readonly [number, number];
  /** So much of the end of the logs is held back until time has come to the present, milliseconds. */
  readonly away: number;
  /** A partition of which so much comes again, records, while more of them come than may wait: later ones of their agents have been counted. */
  readonly again?: number;
  /** So many records are deleted before they were read, while nothing runs. */
  readonly unread?: number;
  /** In the end a topic gets another partition, with records of its agents. */
  readonly grows?: boolean;
  /** All processes are restarted in turn as the late records come. */
  readonly restarts?: boolean;
  /** So many of a thousand lines are there twice. */
  readonly twice: number;
  readonly seed: string;
}

export interface LateResult {
  readonly alerts: number;
  /** Of them, those that say that they rest on late records. */
  readonly lateAlerts: number;
  readonly kills: number;
  readonly fenced: number;
  readonly replayed: number;
  readonly behind: number;
  readonly late: number;
  readonly overflow: number;
  /** Late records of members of peer groups. */
  readonly latePeers: number;
  /** Dead letters about what was deleted before it was read, and the records that they name. */
  readonly lost: { readonly letters: number; readonly records: number };
  readonly differences: readonly string[];
  /** Alerts of members of a peer group that came late, and of their peers: what they lend each other may differ by that. */
  readonly byLatePeers: readonly string[];
}

/** Processes are killed while one or two partitions come hours after all others; compares with `wayward scan` over the same lines. */
export async function runLate(run: LateRun, kafka: Kafka, say: (text: string) => void): Promise<LateResult> {
  const random = seeded(run.seed);
  const all = chaosLogs(run.steady, Date.now());
  const logs = {
    ...all,
    partitions: all.partitions.map((part) => ({
      ...part,
      lines: part.lines.flatMap((line) => (integer(random, 0, 999) < run.twice ? [line, line] : [line])),
    })),
  };
  const mayBeLate = Object.keys(MAY_BE_LATE);
  const first = integer(random, 0, mayBeLate.length - 1);
  const away = new Set(mayBeLate.filter((_, at) => at === first || integer(random, 0, 1) === 0));
  const kept = ({ topic, lines }: RawPartition): number =>
    away.has(topic) ? Math.floor(lines.length * (1 - run.away / HISTORY)) : lines.length;
  const cluster = await Cluster.make({
    folder: run.folder,
    broker: kafka.broker,
    logs,
    kafka: { partitions: 4, snapshot_every: '3s', settle: '1s' }, // within which one file is written on, also on a busy machine
  });
  try {
    const names = logs.partitions.map(({ topic, partition }) => `${topic}/${partition}`);
    await cluster.load(logs.partitions.map((part) => ({ ...part, lines: part.lines.slice(0, kept(part)) })));
    const tormented = torment(cluster, { ...run, pause: false, say });
    await settled(cluster, Date.now(), names, PATIENCE);
    say(`${[...away]} come now`);
    for (const part of logs.partitions) await cluster.load([{ ...part, lines: part.lines.slice(kept(part)) }]);
    const { kills, running } = await tormented;
    if (run.restarts) await restartInTurn(cluster, running);
    await settled(cluster, Date.now() + 2_000, names, PATIENCE);
    const [steady] = logs.partitions;
    if (run.again && steady)
      await comeAgainWithoutRoom(cluster, running, { ...steady, lines: steady.lines.slice(0, run.again) }, names);
    if (run.unread) await loseRecords(cluster, running, names[integer(random, 0, names.length - 1)] ?? '', run.unread);
    const grown = run.grows ? [await grow(cluster, logs)] : [];
    await settled(cluster, Date.now() + 2_000, [...names, ...grown], PATIENCE);
    await Promise.all(cluster.started.map((wayward) => wayward.stop()));
    const files = [...names, ...grown].map((name) => {
      const [topic = '', partition] = name.split('/');
      return cluster.file(topic, Number(partition));
    });
    const credentials = join(run.folder, 'credentials.yaml');
    const documents = await scanned(cluster, files, credentials);
    const said = await alertsSaid(cluster.client);
    const shown = [...said.newest.values()].map(({ document }) => timeless(document)).filter(isAboutAgent);
    const isByLatePeers = amongLatePeers(credentials, away);
    const differences = differing([...documents.values()].map(timeless).filter(isAboutAgent), shown);
    return {
      alerts: documents.size,
      lateAlerts: shown.filter(({ lateMs = 0 }) => lateMs > 60_000).length,
      kills,
      ...accountOf(cluster),
      ...(await disorderCounted(cluster.client, credentials)),
      lost: await lostRecords(cluster),
      byLatePeers: differences.filter(({ alert }) => isByLatePeers(alert)).map(({ text }) => text),
      differences: [
        ...differences.filter(({ alert }) => !isByLatePeers(alert)).map(({ text }) => text),
        ...said.revisions
          .filter((name, at) => said.revisions.indexOf(name) !== at)
          .map((name) => `${name} was said twice`),
      ],
    };
  } finally {
    await cluster.close();
  }
}

interface Timeless {
  readonly id: string;
  readonly principal: string;
  readonly group: string;
  readonly slot: string;
  readonly text: string;
  readonly lateMs: number | undefined;
}

/** What is said of a log counts records of several partitions: some of them are late, others are not. */
const isAboutAgent = (alert: Timeless): boolean => !isAboutSource(alert);

/** An alert without what depends on when its records came. */
function timeless(document: string): Timeless {
  const { wayward, ...alert } = JSON.parse(document);
  const { revision: _, late_ms: lateMs, ...rest } = wayward;
  return {
    id: alert.event.id,
    principal: wayward.principal,
    group: wayward.peer_group,
    slot: wayward.slot,
    text: JSON.stringify({ ...alert, wayward: rest }),
    lateMs,
  };
}

/** Whether several agents share the slot of its peer group, and that slot's log came late. */
function amongLatePeers(credentials: string, away: ReadonlySet<string>): (alert: Timeless) => boolean {
  const late = new Set([...away].map((topic) => MAY_BE_LATE[topic]));
  const entries = loadCredentials(credentials);
  return ({ group, slot }) =>
    late.has(slot) &&
    new Set(entries.filter((one) => one.peerGroup === group && one.slot === slot).map(({ agent }) => agent)).size > 1;
}

interface Difference {
  readonly alert: Timeless;
  readonly text: string;
}

function differing(expected: readonly Timeless[], said: readonly Timeless[]): Difference[] {
  const found = new Map(said.map((one) => [one.id, one.text]));
  const known = new Set(expected.map(({ id }) => id));
  return [
    ...expected.flatMap((alert) => {
      const other = found.get(alert.id);
      if (other === alert.text) return [];
      const text = other === undefined ? `missing: ${alert.text}` : `differs:\n  ${alert.text}\n  ${other}`;
      return [{ alert, text }];
    }),
    ...said.filter(({ id }) => !known.has(id)).map((alert) => ({ alert, text: `scan does not know: ${alert.text}` })),
  ];
}
