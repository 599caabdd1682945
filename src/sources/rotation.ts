import type { Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compareIdentity } from './identity.ts';

/** What logrotate and its like append to a name: `.1`, `-20261123`, `.2026-11-23`; never `.gz`. */
const ROTATED = /^[.-]\d[\d.-]*$/;

interface Found {
  readonly path: string;
  readonly stats: Stats;
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

const isSameFile = (a: Stats, b: Stats): boolean => a.ino === b.ino && a.dev === b.dev;

/** The files that rotation has made of this log, the oldest first. */
const rotatedFiles = async (path: string): Promise<Found[]> => {
  const name = basename(path);
  const found: Found[] = [];
  for (const entry of await readdir(dirname(path))) {
    if (!entry.startsWith(name) || !ROTATED.test(entry.slice(name.length))) continue;
    const sibling = join(dirname(path), entry);
    const stats = await statIfThere(sibling);
    if (stats?.isFile() === true) found.push({ path: sibling, stats });
  }
  return found.sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs);
};

/** Where the file of a saved position is now: still in place, renamed or copied by rotation, or gone. */
export const findFile = async (path: string, identity: string): Promise<string | undefined> => {
  let copy: string | undefined;
  for (const candidate of [path, ...(await rotatedFiles(path)).map((file) => file.path)]) {
    if ((await statIfThere(candidate)) === undefined) continue;
    const file = await open(candidate, 'r');
    try {
      const likeness = await compareIdentity(identity, file);
      if (likeness === 'same') return candidate;
      if (likeness === 'copy') copy = candidate;
    } finally {
      await file.close();
    }
  }
  return copy;
};

/** The file to read when `finished` has been read to its end: the next that was rotated away since, or the log itself. */
export const fileAfter = async (path: string, finished: Stats): Promise<string | undefined> => {
  const current = await statIfThere(path);
  if (current === undefined || isSameFile(current, finished)) return undefined;
  const missed = (await rotatedFiles(path)).find(
    ({ stats }) => stats.mtimeMs > finished.mtimeMs && !isSameFile(stats, finished) && !isSameFile(stats, current),
  );
  return missed?.path ?? path;
};
