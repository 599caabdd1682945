import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SHIPPED_DETECTORS } from '../config/detector-files.ts';

const TREE_LINE = /^\d+ blob (\w+)\t(.+)$/;

/**
 * Those of the files that are not as in git's HEAD, nor as the file of that name that comes with Wayward. Files of Wayward itself that git
 * does not know are as they came.
 */
export function changedFiles(files: readonly string[]): ReadonlySet<string> {
  const folders = Map.groupBy(new Set(files), (file) => dirname(resolve(file)));
  return new Set([...folders].flatMap(([folder, inside]) => changedIn(folder, inside)));
}

function changedIn(folder: string, files: readonly string[]): string[] {
  const committed = committedIn(folder);
  const isShipped = folder === resolve(SHIPPED_DETECTORS);
  const [known, rest] = [
    files.filter((file) => committed.has(basename(file))),
    files.filter((file) => !committed.has(basename(file))),
  ];
  const now = known.length === 0 ? [] : git(folder, ['hash-object', '--', ...known.map((file) => basename(file))]);
  const changed = known.filter((file, index) => now[index] !== committed.get(basename(file)));
  return [...changed, ...rest].filter((file) => (isShipped ? changed.includes(file) : !isAsShipped(file)));
}

/** What HEAD holds of a folder: each file's hash. Nothing where git knows no such folder. */
function committedIn(folder: string): ReadonlyMap<string, string> {
  try {
    const lines = git(folder, ['ls-tree', 'HEAD', './']);
    return new Map(
      lines.flatMap((line) => {
        const [, hash, path] = TREE_LINE.exec(line) ?? [];
        return hash === undefined || path === undefined ? [] : [[basename(path), hash] as const];
      }),
    );
  } catch {
    return new Map(); // no git, no repository, or no commit yet: there is only the shipped set to compare with
  }
}

const git = (folder: string, args: readonly string[]): string[] =>
  execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .trim()
    .split('\n');

const isAsShipped = (file: string): boolean => {
  const shipped = join(SHIPPED_DETECTORS, basename(file));
  return existsSync(shipped) && readFileSync(shipped, 'utf8') === readFileSync(file, 'utf8');
};
