import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { ended, runIn, start } from './process.ts';

const RECORD = JSON.parse(
  readFileSync(fileURLToPath(new URL('../fixtures/logs/nginx-access.jsonl', import.meta.url)), 'utf8').split('\n')[0] ??
    '',
);
const lineAt = (time: number): string => `${JSON.stringify({ ...RECORD, msec: time / 1_000 })}\n`;

let folder: string;
let running: ChildProcess | undefined;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'credentials.yaml'), 'credentials: []\n');
  mkdirSync(join(folder, 'logs'));
});
afterEach(async () => {
  if (running === undefined || running.exitCode !== null) return;
  const done = ended(running);
  running.kill('SIGKILL');
  await done;
});

interface Running {
  /** Until its log has so many entries with this message. */
  says(message: string, times?: number): Promise<void>;
  /** Until it has read so many records. */
  hasRead(records: number): Promise<void>;
  health(): Promise<{ readonly state: string; readonly reason?: string }>;
  /** What was read, as its last line says. */
  stop(): Promise<{ readonly records: number; readonly deadLetters: object }>;
}

const run = async (file: string): Promise<Running> => {
  const port = await freePort();
  writeFileSync(
    join(folder, 'wayward.yaml'),
    `sources: [{ file: "${folder}/${file}", format: nginx-json, identity: from-key-map }]\nhttp: { port: ${port} }\n`,
  );
  const child = start(folder, ['run']);
  running = child;
  let log = '';
  const changed = new EventTarget();
  child.stderr?.on('data', (chunk) => {
    log += chunk;
    changed.dispatchEvent(new Event('log'));
  });
  const done = ended(child);
  return {
    async says(message, times = 1) {
      while (log.split(`"${message}"`).length <= times)
        await new Promise((seen) => changed.addEventListener('log', seen, { once: true }));
    },
    async hasRead(records) {
      const read = async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const counts = [...metrics.matchAll(/^wayward_records_total\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
        return counts.reduce((sum, count) => sum + count, 0);
      };
      await expect.poll(read, { timeout: 30_000 }).toBeGreaterThanOrEqual(records);
    },
    async health() {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
      return JSON.parse(await answer.text()).components.sources;
    },
    async stop() {
      child.kill('SIGTERM');
      const { code } = await done;
      expect(code, log).toBe(0);
      return JSON.parse(log.trim().split('\n').at(-1) ?? '').counts;
    },
  };
};

describe('a running Wayward', () => {
  test('waits for a file that its pattern fits, and takes the next day’s, too', async () => {
    const wayward = await run('logs/api-*.json');
    await wayward.says('there is no file yet; it is read once it appears');
    expect(await wayward.health()).toMatchObject({ state: 'degraded', reason: expect.stringContaining('api-*.json') });

    writeFileSync(join(folder, 'logs/api-1.json'), lineAt(Date.now()));
    await wayward.says('a new file');
    expect(await wayward.health()).toEqual({ state: 'ok' });
    writeFileSync(join(folder, 'logs/api-2.json'), lineAt(Date.now()));
    await wayward.says('a new file', 2);
    await wayward.hasRead(2);
    expect(await wayward.stop()).toMatchObject({ records: 2, deadLetters: {} });
  });

  test('reads nothing twice where its pattern also fits what rotation makes', async () => {
    const log = join(folder, 'logs/api.json');
    writeFileSync(log, lineAt(Date.now() - 5_000) + lineAt(Date.now() - 4_000));
    const wayward = await run('logs/api.json*');
    await wayward.says('caught up');
    renameSync(log, `${log}.1`);
    writeFileSync(log, lineAt(Date.now()));
    writeFileSync(join(folder, 'logs/api.json-new'), lineAt(Date.now())); // its look has come by then
    await wayward.says('a new file');
    await wayward.hasRead(4);
    expect(await wayward.stop()).toMatchObject({ records: 4 });
  });

  test('goes on where it stood in a file that was away at its start', async () => {
    const [log, away] = [join(folder, 'logs/api-1.json'), join(folder, 'away')];
    writeFileSync(join(folder, 'logs/api-0.json'), lineAt(Date.now() - 9_000));
    writeFileSync(log, lineAt(Date.now() - 5_000) + lineAt(Date.now() - 4_000));
    const first = await run('logs/*.json');
    await first.says('caught up');
    await first.stop();

    renameSync(log, away);
    const second = await run('logs/*.json');
    await second.says('caught up');
    await second.stop();

    const third = await run('logs/*.json');
    await third.says('caught up');
    appendFileSync(away, lineAt(Date.now()));
    renameSync(away, log);
    await third.says('a new file');
    await third.hasRead(4);
    expect(await third.stop()).toMatchObject({ records: 4 });
  });
});

describe('where no file fits a pattern', () => {
  test.each([
    ['scan', ['scan', 'logs/*.json']],
    ['parse', ['parse', 'logs/*.json']],
  ])('%s ends with 4 and says which', async (_, args) => {
    expect(await runIn(folder, args)).toMatchObject({
      code: 4,
      stdout: '',
      stderr: 'logs/*.json: no file fits this pattern\n',
    });
  });

  test('run ends with 4 where it would be read once', async () => {
    writeFileSync(join(folder, 'wayward.yaml'), 'sources: [{ file: "logs/*.json", follow: false }]\n');
    expect(await runIn(folder, ['run'])).toMatchObject({ code: 4, stderr: expect.stringMatching(/no file fits/) });
  });
});
