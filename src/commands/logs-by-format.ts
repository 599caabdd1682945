import type { Lane } from '../pipeline/lane.ts';
import { type CommandIo, warn } from './io.ts';

/** Logs that are told of one by one; of a folder with thousands of others more would hide what matters. */
const ONE_BY_ONE = 10;

/** Says how many of several logs were read in which format, so that a log taken for another shows. */
export function tellFormats(lanes: readonly Lane[], io: CommandIo): void {
  if (lanes.length < 2) return;
  const counts = new Map<string, number>();
  for (const { format, counts: read } of lanes) {
    const name = format ?? (read.records === 0 ? 'empty' : 'of no known format');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const said = [...counts].toSorted(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${number(count)}`);
  warn(io, `${number(lanes.length)} logs: ${said.join(', ')}`);
}

/** A log of which nothing could be used looks like a quiet one: say so. */
export function warnOfBlindness(lanes: readonly Lane[], io: CommandIo): void {
  const blind = lanes.filter(
    ({ counts }) => counts.events === 0 && counts.records > 0 && Object.keys(counts.deadLetters).length > 0,
  );
  for (const { source, counts } of blind.slice(0, ONE_BY_ONE)) {
    const reasons = Object.entries(counts.deadLetters).map(([reason, count]) => `${reason} ${number(count)}`);
    warn(
      io,
      `${source.name}: NONE of its ${number(counts.records)} records could be used (${reasons.join(', ')}); --dead-letters FILE says why, docs/sources.md what the log should look like`,
    );
  }
  const others = blind.length - ONE_BY_ONE;
  if (others > 0) warn(io, `so it is with ${number(others)} more ${others === 1 ? 'log' : 'logs'}`);
}

const number = (count: number): string => count.toLocaleString('en-US');
