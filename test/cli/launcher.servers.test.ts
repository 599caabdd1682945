import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';

const BIN = fileURLToPath(new URL('../../bin/wayward.js', import.meta.url));
const NGINX = fileURLToPath(new URL('../fixtures/logs/nginx-access.jsonl', import.meta.url));

/** An older Node, where the machine has one; the launcher must work from there. */
const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path));
const NODES = [process.execPath, ...(OLD_NODE === undefined ? [] : [OLD_NODE])];

const start = (node: string, args: readonly string[], bin = BIN) =>
  spawn(node, [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });

/** One request an hour, so that most of them are settled at once. */
const hoursOfLog = (hours: number): string => {
  const record = JSON.parse(readFileSync(NGINX, 'utf8').split('\n', 1)[0] ?? '');
  const first = Date.UTC(2026, 0, 1) / 1_000;
  return Array.from(
    { length: hours },
    (_, hour) => `${JSON.stringify({ ...record, msec: first + hour * 3_600 })}\n`,
  ).join('');
};

/** Until its error output says so. */
const text = async (child: ChildProcess, wanted: string): Promise<void> => {
  let seen = '';
  while (!seen.includes(wanted)) {
    const [chunk] = await once(child.stderr ?? child, 'data');
    seen += chunk;
  }
};

const outcome = async (child: ChildProcess) => {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk) => {
      texts[name] += chunk;
    });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...texts };
};

describe.each(NODES)('started by %s', (node) => {
  test('runs the command on Node 24 and passes its exit code and output on', async () => {
    expect(await outcome(start(node, ['--version']))).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d/),
      stderr: '',
    });
    expect(await outcome(start(node, ['nope']))).toMatchObject({ code: 2, stdout: '' });
  });

  test('ends quietly when its output is closed early', async () => {
    const config = temporaryFile('wayward.yaml', '');
    const child = start(node, ['parse', '--config', config, ...Array(40).fill(NGINX), '-']);
    child.stdin?.end();
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await outcome(child)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('EPIPE') });
  });

  test('stops on a signal', async () => {
    const config = temporaryFile('wayward.yaml', '');
    const child = start(node, ['parse', '--config', config, '-']); // waits for standard input
    const done = outcome(child);
    child.stdin?.on('error', () => undefined); // it may end before it has read all
    child.stdin?.write(hoursOfLog(2_000));
    await once(child.stdout ?? child, 'data'); // the command is up, and waits for more
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect([0, 130]).toContain(code);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

test.skipIf(OLD_NODE === undefined)('a killed launcher leaves nothing running that holds the state', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(join(folder, 'credentials.yaml'), 'credentials: []\n');
  writeFileSync(config, `state: ${folder}/state\nsources: [{ file: ${folder}/access.json, format: nginx-json }]\n`);
  const run = () =>
    start(OLD_NODE ?? '', ['run', '--config', config, '--credentials', join(folder, 'credentials.yaml')]);
  const killed = run();
  await text(killed, 'watching');
  killed.kill('SIGKILL');
  await outcome(killed); // both ends of its output are closed: the Node that it started has ended, too

  const next = run();
  await text(next, 'watching');
  next.kill('SIGTERM');
  expect(await outcome(next)).toMatchObject({ code: 0 });
});

test.skipIf(OLD_NODE === undefined)('without its own Node 24, says what to do', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  cpSync(BIN, join(folder, 'bin', 'wayward.js'));
  cpSync(join(BIN, '../../package.json'), join(folder, 'package.json'));
  const { code, stderr } = await outcome(start(OLD_NODE ?? '', ['--version'], join(folder, 'bin', 'wayward.js')));
  expect(code).toBe(2);
  expect(stderr).toMatch(/needs Node 24.*\nRun npm ci/);
});
