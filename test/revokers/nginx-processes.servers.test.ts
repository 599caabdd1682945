import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { masterOf, workersOf } from '../../src/revokers/nginx-processes.ts';
import { temporaryFolder } from '../config/temp.ts';
import { ended } from '../servers/ended.ts';
import { freePort } from '../servers/free-port.ts';
import { startNginx } from '../servers/nginx.ts';
import { describeWith } from '../servers/require-server.ts';
import { watched } from '../servers/watched.ts';
import { failureOf } from './failure.ts';

const WORKERS = 100;

describeWith('counting the workers of nginx', startNginx, (installed) => {
  /** An nginx with so many workers that starting them takes a while. */
  async function manyWorkers(): Promise<{ readonly nginx: ChildProcess; readonly pidFile: string }> {
    const folder = temporaryFolder();
    const [config, pidFile, log] = ['nginx.conf', 'nginx.pid', 'error.log'].map((name) => join(folder, name));
    if (config === undefined || pidFile === undefined || log === undefined) throw new Error('no files');
    const listen = `http { access_log off; server { listen 127.0.0.1:${await freePort()}; } }`;
    const main = `daemon off; worker_processes ${WORKERS}; pid ${pidFile}; error_log ${log} warn;`;
    writeFileSync(config, `${main} events { worker_connections 64; } ${listen}`);
    const nginx = watched(spawn(installed().binary, ['-c', config, '-e', log], { stdio: 'ignore', detached: true }));
    onTestFinished(() => {
      nginx.kill('SIGCONT');
      return ended(nginx, 'SIGTERM');
    });
    return { nginx, pidFile };
  }
  const childrenOf = ({ pid }: ChildProcess): string[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);

  /** Stopped with some of its workers started and others not. */
  async function stoppedHalfway(): Promise<{ readonly nginx: ChildProcess; readonly pidFile: string }> {
    for (;;) {
      const started = await manyWorkers();
      const deadline = performance.now() + 5_000;
      while (childrenOf(started.nginx).length === 0 && performance.now() < deadline);
      started.nginx.kill('SIGSTOP');
      await sleep(50); // a fork that was under way ends
      const { length } = childrenOf(started.nginx);
      if (length > 0 && length < WORKERS) return started;
    }
  }

  test('one that starts its workers slowly is waited for: none is missing, however late it is forked', async () => {
    const { nginx, pidFile } = await stoppedHalfway();
    const counted = workersOf(masterOf(pidFile));
    await sleep(500); // some looks at those that have started
    nginx.kill('SIGCONT');
    expect(await counted).toHaveLength(WORKERS);
  });

  test('one that does not get on is no nginx to count on', async () => {
    const { pidFile } = await stoppedHalfway();
    const error = await failureOf(workersOf(masterOf(pidFile)));
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('is still starting its workers') });
  });

  test('a reload that was ordered but not carried out yet is waited for', async () => {
    const { nginx, pidFile } = await manyWorkers();
    await expect.poll(() => childrenOf(nginx).length, { timeout: 60_000 }).toBe(WORKERS);
    const before = await workersOf(masterOf(pidFile));
    nginx.kill('SIGSTOP');
    nginx.kill('SIGHUP');
    const counted = workersOf(masterOf(pidFile));
    await sleep(300); // some looks at those of before
    nginx.kill('SIGCONT');
    const pids = new Set(before.map(({ pid }) => pid));
    expect((await counted).filter(({ pid }) => !pids.has(pid))).toHaveLength(WORKERS);
  });
});
