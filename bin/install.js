// Runs before `npm start` and `npm test`: makes sure that node_modules holds what package-lock.json says.
// Plain JavaScript without dependencies, since it must work on any Node >= 20 before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NEEDED_NODE_MAJOR = 24;

/** Path → package of a lock file; npm keeps one of what it really installed inside node_modules. */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** Compares contents, not dates: a `git checkout` touches the lock file without changing it. */
function isUpToDate() {
  const wanted = Object.entries(lockedPackages(join(root, 'package-lock.json'))).filter(([path]) => path !== '');
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  return wanted.every(([path, { version, optional }]) =>
    // Packages for other platforms are optional, and rightly absent.
    path in installed ? installed[path].version === version : optional === true,
  );
}

function runNpmCi() {
  // stderr, because stdout is for what the command itself prints. Only errors: npm would warn that
  // some packages want a newer Node than the one that starts npm, but they get it: it is one of the optional packages.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const result = npm?.endsWith('npm-cli.js')
    ? spawnSync(node, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  return result.status === 0;
}

/** The Node that npm scripts get: the one inside node_modules, else the one that runs this. */
function nodeMajor() {
  const bin = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  if (!existsSync(bin)) return Number.parseInt(process.versions.node, 10);
  const { stdout } = spawnSync(bin, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  return Number.parseInt((stdout ?? '').replace(/^v/, ''), 10);
}

function fail(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

if (!isUpToDate()) {
  console.error('Installing what Wayward needs (npm ci: once, about 400 MB on disk, its own Node 24 included) …');
  if (!runNpmCi()) {
    fail(
      'npm ci failed; its message is above. Most often the npm registry cannot be reached (proxy, offline)\n' +
        'or node_modules is in use or not writable. Once that is solved: npm ci',
    );
  }
}
if (!(nodeMajor() >= NEEDED_NODE_MAJOR)) {
  fail(
    `Wayward runs on Node ${NEEDED_NODE_MAJOR}, and npm has no such package for ${process.platform}-${process.arch}\n` +
      `(or could not start it). Install Node ${NEEDED_NODE_MAJOR} or later from https://nodejs.org and try again.`,
  );
}
