import { benchLines, benchRegistry } from '../../bench/generate.ts';
import { registryYaml } from '../../src/simulate/registry-file.ts';
import { misuse, misuseAt } from '../pipeline/misuse.ts';
import { withRaised } from '../pipeline/unreadable-lines.ts';

/** One partition of a raw topic: the lines that are there before anything runs. */
export interface RawPartition {
  readonly topic: string;
  readonly format: string;
  readonly partition: number;
  readonly lines: readonly string[];
}

/** A line that is written when its time has come. */
export interface LiveLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly topic: string;
  readonly partition: number;
  readonly line: string;
}

export interface ChaosLogs {
  readonly partitions: readonly RawPartition[];
  readonly registry: string;
  /** The lines of so many seconds from `from` on. */
  live(from: number, seconds: number, perSecond: number): LiveLine[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TRAFFIC = 6;
const GATEWAY = 3;

/** Two weeks of 500 steady agents, `steady` lines, and of those few with whom nearly everything goes wrong; they end before today. */
export function chaosLogs(steady: number, now: number): ChaosLogs {
  const from = mondayBefore(now - OVER) - 14 * DAY;
  const { logs, registry } = misuse(from);
  const traffic = [...benchLines(steady, from, 14 * DAY)].map((line) => line.trimEnd());
  return {
    partitions: [
      ...dealt('traffic', 'nginx-json', traffic, TRAFFIC),
      ...dealt('gateway', 'nginx-json', logs.gateway, GATEWAY),
      ...dealt('appdb', 'pgaudit-json', withRaised(logs.appdb), 1),
      ...dealt('warehouse', 'pgaudit-csv', logs.warehouse, 1),
      ...dealt('vault', 'vault-audit', logs.vault, 1),
    ],
    registry: `${registry}${registryYaml('', benchRegistry()).split('credentials:\n')[1]}`,
    live: (start, seconds, perSecond) =>
      [
        ...[...benchLines(seconds * perSecond, start, seconds * 1_000)].map((line, at) =>
          liveLine(line.trimEnd(), 'traffic', at % TRAFFIC),
        ),
        ...misuseAt(from, start + 2_000).map((line, at) => liveLine(line, 'gateway', at % GATEWAY)),
      ]
        .filter(({ time }) => time < start + seconds * 1_000)
        .sort((a, b) => a.time - b.time),
  };
}

/** The history's last incidents must be long over, or what goes wrong now is a part of them, or the same again, and no alert of its own. */
const OVER = 6 * DAY;

/** Midnight, UTC. */
const mondayBefore = (now: number): number => {
  const midnight = Math.floor(now / DAY) * DAY;
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * DAY;
};

const dealt = (topic: string, format: string, lines: readonly string[], count: number): RawPartition[] =>
  Array.from({ length: count }, (_, partition) => ({
    topic,
    format,
    partition,
    lines: lines.filter((_line, at) => at % count === partition),
  }));

const liveLine = (line: string, topic: string, partition: number): LiveLine => ({
  time: Number(JSON.parse(line).msec) * 1_000,
  topic,
  partition,
  line,
});
