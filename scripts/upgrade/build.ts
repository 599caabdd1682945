import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

export const shortCommit = (written: string): string => git('rev-parse', '--short=7', `${written}^{commit}`);

/** What another commit runs as. */
export interface Build {
  readonly commit: string;
  /** Its files, in a git worktree. */
  readonly tree: string;
  /** Its launcher. */
  readonly bin: string;
  /** Whether its sources may say how an identity got into a log. */
  readonly knowsIdentity: boolean;
  remove(): void;
}

/** Checks a commit out into a new folder, with what it needs installed. */
export function checkOut(written: string, tree: string): Build {
  const commit = shortCommit(written);
  git('worktree', 'add', '--detach', tree, commit);
  const lock = (folder: string): string => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  if (lock(tree) === lock(ROOT)) symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  else execFileSync('npm', ['ci'], { cwd: tree, stdio: 'ignore' });
  return {
    commit,
    tree,
    bin: join(tree, 'bin', 'wayward.js'),
    knowsIdentity: readFileSync(join(tree, 'src', 'config', 'wayward-yaml.ts'), 'utf8').includes('identity:'),
    remove: () => void git('worktree', 'remove', '--force', tree),
  };
}
