import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

const shortCommit = (written: string): string => git('rev-parse', '--short=7', `${written}^{commit}`);

/** What another commit runs as. */
export interface Build {
  readonly commit: string;
  /** Its files, in a git worktree. */
  readonly tree: string;
  /** Its launcher. */
  readonly bin: string;
  /** Whether its sources may say how an identity got into a log. */
  readonly knowsIdentity: boolean;
  /** Whether it learns and judges as this version does: both make the same of the same logs from the beginning. */
  readonly judgesAsHere: boolean;
  /** Fields of baselines that only it has. */
  readonly adds: readonly string[];
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
    judgesAsHere: false,
    adds: [],
    remove: () => void git('worktree', 'remove', '--force', tree),
  };
}

/** Of commits that have no driver of their own yet: this one's fits their code. */
const FIRST_DRIVER = '7f88258';

export function bringDriver(tree: string): void {
  const archive = execFileSync('git', ['-C', ROOT, 'archive', FIRST_DRIVER, 'test/upgrade/kept']);
  execFileSync('tar', ['-x', '-C', tree], { input: archive });
}

/** What stands here, uncommitted changes included. */
export const thisBuild: Build = {
  commit: 'here',
  tree: ROOT,
  bin: join(ROOT, 'bin', 'wayward.js'),
  knowsIdentity: true,
  judgesAsHere: true,
  adds: [],
  remove: () => undefined,
};

const ONE_MORE = 'oneMore';

/** The last commit with one more number in each baseline: the next version, as far as that is concerned. */
export function withOneMoreField(tree: string): Build {
  const build = checkOut('HEAD', tree);
  const file = join(tree, 'src', 'baselines', 'state.ts');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(/^ {2}lastSeen: .*$/m, (line) => `${line}\n${line.replaceAll('lastSeen', ONE_MORE)}`);
  if (changed === text) throw new Error('there is no place for one more field');
  writeFileSync(file, changed);
  return { ...build, commit: 'more', judgesAsHere: true, adds: [ONE_MORE] };
}
