import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compareIdentity } from './identity.ts';
import { type OpenLog, openLog } from './open-log.ts';
import type { SourcePosition } from './source.ts';

/** What logrotate and its like append to a name: `.1`, `-20261123`, `.2026-11-23`, with `.gz` behind it once it is compressed; or `.gz` alone. */
const ROTATED = /^(?:[.-](\d[\d.-]*?)(?:\.gz)?|\.gz)$/;
/** The higher one is the older file; a longer number is a date. */
const NUMBERED = /^\d{1,4}$/;

interface Found {
  readonly path: string;
  readonly stats: Stats;
  /** What tells it from its siblings: a number or a date; empty where it has none. */
  readonly mark: string;
}

/** A file that has been read to its end. */
export interface FinishedLog {
  readonly stats: Stats;
  readonly identity: string;
}

/** The file's status, or undefined where it is absent or out of reach for now. */
export const statIfThere = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined; // It may come (back): the caller looks again.
    throw error;
  }
};

/** Whether rotation has made the file of this log, by its name. */
export const isRotatedFrom = (path: string, rotated: string): boolean =>
  rotated.startsWith(path) && ROTATED.test(rotated.slice(path.length));

const isSameFile = (a: Stats, b: Stats): boolean => a.ino === b.ino && a.dev === b.dev;

/** By their marks where both have one of a kind; the time of last change is that of the compression for some. */
const byAge = (a: Found, b: Found): number => {
  const numbered = [a, b].filter(({ mark }) => NUMBERED.test(mark)).length;
  if (numbered === 2) return Number(b.mark) - Number(a.mark);
  const areDated = numbered === 0 && a.mark !== '' && b.mark !== '' && a.mark !== b.mark;
  return areDated ? (a.mark < b.mark ? -1 : 1) : a.stats.mtimeMs - b.stats.mtimeMs;
};

/** The files that rotation has made of this log, the oldest first. */
const rotatedFiles = async (path: string): Promise<Found[]> => {
  const name = basename(path);
  const found: Found[] = [];
  for (const entry of await readdir(dirname(path))) {
    const rotated = entry.startsWith(name) ? ROTATED.exec(entry.slice(name.length)) : null;
    if (rotated === null) continue;
    const [, mark = ''] = rotated;
    const sibling = join(dirname(path), entry);
    const stats = await statIfThere(sibling);
    if (stats?.isFile() === true) found.push({ path: sibling, stats, mark });
  }
  return found.sort(byAge);
};

/** Where the file of a saved position is now: still in place, renamed, copied or compressed by rotation, or gone. */
export const findFile = async (path: string, identity: string): Promise<string | undefined> => {
  let copy: string | undefined;
  for (const candidate of [path, ...(await rotatedFiles(path)).map((file) => file.path)]) {
    const likeness = await withLog(candidate, (log) => likenessTo(identity, log));
    if (likeness === 'same') return candidate;
    if (likeness === 'copy') copy = candidate;
  }
  return copy;
};

/** Whether rotation has taken a file away before all of it was read: what stands behind that position. */
export const hasUnread = async (path: string, { identity, offset }: Omit<SourcePosition, 'name'>): Promise<boolean> => {
  if (identity === '' || (await statIfThere(path)) !== undefined) return false;
  const rotated = await findFile(path, identity);
  return rotated !== undefined && (await withLog(rotated, (log) => log.size())) !== offset % 2 ** 32;
};

/** The file to read when one has been read to its end: the next that was rotated away since, or the log itself. */
export const fileAfter = async (path: string, finished: FinishedLog): Promise<string | undefined> => {
  const { stats } = finished;
  const current = await statIfThere(path);
  if (current === undefined || isSameFile(current, stats)) return undefined;
  const rotated = (await rotatedFiles(path)).filter((file) => !isSameFile(file.stats, current));
  let at = rotated.findIndex((file) => isSameFile(file.stats, stats));
  if (at < 0) at = await placeOfCopy(rotated, finished);
  const next = at < 0 ? rotated.find((file) => file.stats.mtimeMs > stats.mtimeMs) : rotated[at + 1];
  return next?.path ?? path;
};

/** Where what was finished stands by now, compressed; -1 where it is gone. */
const placeOfCopy = async (rotated: readonly Found[], { stats, identity }: FinishedLog): Promise<number> => {
  for (const [at, { path }] of rotated.entries()) {
    if (!path.endsWith('.gz')) continue;
    const isCopy = await withLog(
      path,
      async (log) => (await log.size()) === stats.size % 2 ** 32 && (await likenessTo(identity, log)) !== 'other',
    );
    if (isCopy === true) return at;
  }
  return -1;
};

const likenessTo = async (identity: string, log: OpenLog): Promise<'same' | 'copy' | 'other'> =>
  compareIdentity(identity, await log.stats(), await log.head());

/** Undefined where it is not there, or not any more. */
const withLog = async <Result>(path: string, ask: (log: OpenLog) => Promise<Result>): Promise<Result | undefined> => {
  if ((await statIfThere(path)) === undefined) return undefined;
  const log = await openLog(path);
  try {
    return await ask(log);
  } finally {
    await log.close();
  }
};
