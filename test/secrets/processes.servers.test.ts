import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { run as cli } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { startReceiver } from '../servers/receiver.ts';
import { type Canary, canariesOfEveryShape, plainCanary } from './canaries.ts';
import { type Watched, watched } from './process-watch.ts';
import { Search } from './search.ts';

/** Real processes: their arguments, environments and pages, and what they leave when they are told to end, or crash. */

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wayward.js');
const CRASH_WITH = join(import.meta.dirname, 'crash-with.ts');
const LOG = join(import.meta.dirname, '..', 'fixtures', 'logs', 'nginx-access.jsonl');

interface Ended extends Watched {
  readonly code: number | null;
  readonly said: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

function start(folder: string, args: readonly string[], env: object = {}, preload: readonly string[] = []): Running {
  const imports = preload.flatMap((file) => ['--import', file]);
  const child = spawn(process.execPath, [...imports, BIN, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const look = watched(child.pid ?? -1);
  const end = async (): Promise<Ended> => {
    const [code] = await once(child, 'close');
    return { code, said: Buffer.concat(chunks).toString(), ...(await look) };
  };
  return { child, ended: end() };
}

/** Where this Wayward's secrets lie, each in a file of its own. */
function placeWith(canaries: readonly Canary[], config: object): string {
  const folder = temporaryFolder();
  for (const [index, { value }] of canaries.entries())
    writeFileSync(join(folder, `secret-${index}`), value, { mode: 0o600 });
  writeFileSync(join(folder, 'wayward.yaml'), stringify({ state: 'state', ...config }));
  return folder;
}

const leaksOf = (search: Search, folder: string, { said, args, environments }: Ended): string[] => [
  ...search.in('what it said', said),
  ...[...args].flatMap((one) => search.in('arguments', one)),
  ...[...environments].flatMap((one) => search.in('an environment', one)),
  ...(existsSync(join(folder, 'state')) ? search.inFolder('state', join(folder, 'state')) : []),
];

test('the watch sees arguments and environments, also of what a process started', async () => {
  const canary = plainCanary('a password');
  const script =
    'require("child_process").execFileSync("sleep", ["0.2"], { env: { PATH: process.env.PATH, SECRET: process.argv[1] } })';
  const child = spawn(process.execPath, ['-e', script, canary.value]);
  const { args, environments } = await watched(child.pid ?? -1);
  const search = new Search([canary]);
  expect([...args].flatMap((one) => search.in('arguments', one))).not.toEqual([]);
  expect([...environments].flatMap((one) => search.in('an environment', one))).not.toEqual([]);
});

test('wayward run, its pages, and its end by SIGTERM', async () => {
  const [key, token, hook, path] = ['a fingerprint key', 'a token', 'a signing key', 'a key in an address'].map(
    (name) => plainCanary(name),
  ) as [Canary, Canary, Canary, Canary];
  const canaries = [{ ...key, value: `${key.value}${'0123456789abcdef'.repeat(2)}` }, token, hook];
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  receiver.answer(500, `no: ${hook.value}`);
  const port = await freePort();
  const secretLine = `{"time":"2026-11-23T12:03:18+00:00","msec":"1795435398.624","request_id":"5e2ea0b50c3da144c5be2e407c0406c1","remote_addr":"127.0.0.1","credential":"cred-a","method":"GET","uri":"/v1/x","args":"password=planted-hunter-2","status":200,"body_bytes_sent":68,"user_agent":"a/1","session":"r"}\n`;
  const folder = placeWith(canaries, {
    sources: [{ file: 'access.json' }],
    fingerprint_key: 'secret://file/secret-0',
    http: { port },
    revokers: { vault: { url: `http://127.0.0.1:${await freePort()}`, token: 'secret://file/secret-1' } },
    response: { webhook: { url: `${receiver.url}/services/${path.value}`, secret: 'secret://file/secret-2' } },
  });
  writeFileSync(join(folder, 'access.json'), readFileSync(LOG, 'utf8') + secretLine);
  const expired = { match: { credential_id: 'cred-agent-a' }, expires_at: '2026-01-01T00:00:00Z' };
  const credentials = [{ id: 'c', agent: 'a', kind: 'api-key', ...expired }];
  writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials }));
  const { child, ended } = start(folder, ['run']);
  const pages = async () => {
    const texts: string[] = [];
    for (const page of ['healthz', 'readyz', 'metrics', 'nothing'])
      texts.push(await (await fetch(`http://127.0.0.1:${port}/${page}?token=${token.value}`)).text());
    return texts.join('\n');
  };
  await expect
    .poll(() => pages().catch(() => ''), { timeout: 30_000, interval: 100 })
    .toContain('wayward_alerts_total');
  await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBeGreaterThan(0);
  const seen = await pages();
  child.kill('SIGTERM');
  const end = await ended;
  expect(end).toMatchObject({ code: 0, said: expect.stringContaining('"msg":"stopped"') });
  const search = new Search([...canaries, path]);
  expect(search.in('pages', seen)).toEqual([]);
  expect(leaksOf(search, folder, end)).toEqual([]);
});

test('what shows no secret because it is given none: the demo and every help, in an environment that is full of them', async () => {
  const canary = plainCanary('a variable');
  const env = { VAULT_TOKEN: canary.value, AWS_SECRET_ACCESS_KEY: canary.value, WAYWARD_FINGERPRINT_KEY: canary.value };
  const names = (await cli(['--help'])).stdout.match(/^ {2}(?!-)[a-z-]+/gm)?.map((line) => line.trim()) ?? [];
  expect(names.length).toBeGreaterThan(15);
  const orders = [['demo'], ['--help'], ...names.map((name) => [name, '--help'])];
  for (const args of orders) {
    const { code, stdout, stderr } = await cli(args, { env });
    expect({ args, code }).toEqual({ args, code: 0 });
    expect(new Search([canary]).in(args.join(' '), stdout + stderr)).toEqual([]);
  }
});

const WAYS = [
  'a thrown error',
  'an error that nobody catches',
  'a rejection that nobody awaits',
  'a text that is thrown',
];

const CRASHES = WAYS.flatMap((how) => ['0', '1'].map((debug) => [how, debug] as const));

test.each(CRASHES)(
  'a crash by %s, with WAYWARD_DEBUG=%s: it ends with 70, says where, and shows no secret',
  async (how, debug) => {
    const canaries = canariesOfEveryShape();
    // A secret of another shape each time.
    const at = Math.floor(
      (CRASHES.findIndex((one) => one[0] === how && one[1] === debug) * canaries.length) / CRASHES.length,
    );
    const folder = placeWith(canaries, {
      sources: [{ file: LOG }],
      revokers: { vault: { url: 'http://127.0.0.1:9', token: `secret://file/secret-${at}` } },
    });
    const env = { WAYWARD_TEST_CRASH: how, WAYWARD_TEST_SECRET: `secret-${at}`, WAYWARD_DEBUG: debug };
    const end = await start(folder, ['run'], env, [CRASH_WITH]).ended;
    expect(end).toMatchObject({ code: 70, said: expect.stringContaining('wayward: internal error: ') });
    if (how !== 'a text that is thrown' && (debug === '1' || how !== 'a thrown error'))
      expect(end.said).toMatch(/at .*crash-with\.ts:\d+/);
    expect(leaksOf(new Search(canaries), folder, end)).toEqual([]);
  },
);

/** Shows all that it was given, in the ways that a careless program does. */
const CARELESS = `
tr '\\0' '\\n' < /proc/self/cmdline > ../seen-args
tr '\\0' '\\n' < /proc/self/environ > ../seen-environment
echo "got $GIVEN"; echo "Authorization: Bearer $GIVEN" >&2; exit 3`;

test('a command that is run for a revocation gets the one variable that it is allowed, and shows it to nobody', async () => {
  const given = plainCanary('a variable for the command');
  const [token, other] = [plainCanary('a token'), plainCanary('a variable for others')];
  const folder = placeWith([token], {
    revokers: {
      vault: { url: 'http://127.0.0.1:9', token: 'secret://file/secret-0' },
      command: { block: { run: ['/bin/sh', '-c', `cd state && ${CARELESS}`], env: ['GIVEN'] } },
    },
  });
  const entry = { id: 'c', agent: 'a', kind: 'api-key', revoke: { with: 'command', command: 'block' } };
  writeFileSync(join(folder, 'credentials.yaml'), stringify({ credentials: [entry] }));
  const env = { GIVEN: given.value, OTHER_SECRET: other.value };
  const { child, ended } = start(folder, ['revoke', '--credential', 'c', '--execute'], env);
  child.stderr?.on('data', (text) => String(text).includes('trying again') && child.kill('SIGTERM'));
  const end = await ended;
  expect(end).toMatchObject({
    code: 3,
    said: expect.stringContaining('command "block" (run) ended with 3: got [redacted]'),
  });
  const seen = (name: string) => readFileSync(join(folder, name), 'utf8');
  expect(new Search([given, token, other]).in('arguments', seen('seen-args'))).toEqual([]);
  expect(new Search([token, other]).in('environment', seen('seen-environment'))).toEqual([]);
  expect(seen('seen-environment')).toContain(`GIVEN=${given.value}`);
  const search = new Search([given, token, other]);
  expect(leaksOf(search, folder, { ...end, environments: new Set() })).toEqual([]);
});
