import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { startNginx } from './nginx.ts';
import { startPostgres } from './postgres.ts';
import { allProcesses } from './process-table.ts';
import { describeWith } from './require-server.ts';
import { startTogether } from './start-together.ts';

const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const ROOT = join(import.meta.dirname, '..', '..');
const LEFT_RUNNING = join(ROOT, 'scripts', 'left-running.ts');
/** A watchdog gives servers 2 s to end by themselves. */
const SOON = 15_000;

/** A process that starts servers below a folder of its own, and what it left. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755); // PostgreSQL is somebody else
  const list = join(folder, 'processes');
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env, TMPDIR: temporary, WAYWARD_TEST_PROCESSES: list, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  onTestFinished(() => void (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')));
  const started = () => readFileSync(list, 'utf8').split('\n').length - 1;
  return { child, list, started, folders: () => readdirSync(temporary) };
}

async function said(child: ChildProcess, what: RegExp): Promise<RegExpExecArray> {
  if (child.stdout === null) throw new Error('nothing can be heard of it');
  for await (const line of createInterface({ input: child.stdout })) {
    const found = what.exec(line);
    if (found !== null) return found;
  }
  throw new Error(`it ended without saying ${what}`);
}

/** What is left of it after a moment. */
async function left<Item>(items: () => readonly Item[]): Promise<readonly Item[]> {
  for (const end = Date.now() + SOON; items().length > 0 && Date.now() < end; ) await sleep(50);
  return items();
}

/** Its children now, theirs and so on, as far as they are there whenever it is asked. */
function descendantsOf(pid = 0): () => readonly number[] {
  const table = allProcesses();
  const below = (parent: number): typeof table =>
    table.filter((each) => each.parent === parent).flatMap((each) => [each, ...below(each.pid)]);
  const found = below(pid);
  return () => {
    const now = new Map(allProcesses().map((each) => [each.pid, each]));
    const isThere = (each: (typeof table)[number]) => {
      const same = now.get(each.pid);
      return same !== undefined && !same.isZombie && same.startedAt === each.startedAt;
    };
    return found.filter(isThere).map((each) => each.pid);
  };
}

/** What the check at the end of a run says. */
async function leftRunning(...args: readonly string[]): Promise<string[]> {
  const check = spawn(process.execPath, [LEFT_RUNNING, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(check, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: check.stdout })) lines.push(line);
  expect(await exit).toEqual([lines.length > 1 ? 1 : 0, null]);
  return lines;
}

const starter = join(import.meta.dirname, 'killed-starter.ts');

describeWith(
  'servers whose starter ends without stopping them',
  () => startTogether({ nginx: startNginx, postgres: startPostgres }),
  () => {
    test.each(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'by %s: all of them, their children and their folders are gone within seconds',
      async (signal) => {
        const { child, started, folders } = run([starter]);
        await said(child, /^started$/);
        const alive = descendantsOf(child.pid);
        expect(started()).toBe(2);
        expect(alive().length).toBeGreaterThan(5); // nginx has workers, and PostgreSQL has many
        expect(folders()).toHaveLength(2);
        // As a terminal does: to the whole group.
        process.kill(-(child.pid ?? 0), signal);
        expect(await left(alive)).toEqual([]);
        expect(folders()).toEqual([]);
      },
    );

    test.each(['exit', 'crash'])('by %s', async (end) => {
      const { child, started, list, folders } = run([starter, end]);
      await once(child, 'exit');
      expect(child.exitCode).toBe(1);
      expect(started()).toBe(2);
      expect(await left(folders)).toEqual([]);
      expect(await leftRunning(list)).toEqual(['2 processes started, 0 still running']);
    });

    test.each(['forks', 'threads'])("as vitest's main process is killed, with %s", async (pool) => {
      const { child, started } = runVitest(pool);
      await said(child, /^worker (\d+) started$/);
      const alive = descendantsOf(child.pid);
      expect(started()).toBe(1);
      child.kill('SIGKILL');
      expect(await left(alive)).toEqual([]);
    });

    test("as a worker of vitest's is killed", async () => {
      const { child } = runVitest('forks');
      const [, worker] = await said(child, /^worker (\d+) started$/);
      const alive = descendantsOf(Number(worker));
      process.kill(Number(worker), 'SIGKILL');
      expect(await left(alive)).toEqual([]);
    });

    test('what is left at the end of a run is listed, and fails it; what others started is not', async () => {
      const { child, list } = run([starter]);
      await said(child, /^started$/);
      expect(await leftRunning(list, '0')).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^still running: \d+ .*nginx/),
          expect.stringMatching(/^still running: \d+ .*postgres/),
        ]),
      );
      child.kill('SIGKILL');
      expect(await leftRunning(list)).toEqual(['2 processes started, 0 still running']);
    });
  },
);

function runVitest(pool: string) {
  const folder = temporaryFolder();
  const config = join(folder, 'vitest.config.mjs');
  const settings = { cacheDir: folder, test: { include: ['test/servers/watched.suite.ts'], pool } };
  writeFileSync(config, `export default ${JSON.stringify(settings)};\n`);
  return run([VITEST, 'run', '--root', ROOT, '--config', config, '--disable-console-intercept']);
}
