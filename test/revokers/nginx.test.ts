import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { CallError } from '../../src/errors.ts';
import type { Revocation } from '../../src/response/action.ts';
import { nginx } from '../../src/revokers/nginx.ts';
import { startNginx } from '../servers/nginx.ts';
import { describeWith } from '../servers/require-server.ts';
import { secretOf } from './secret-of.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };
const OWN = 'own-key-canary-0000';
const MAP = `# consumers of the gateway
"${OWN}" "wayward-probe";
"key-canary-a1" "agent-a";   # since March
  'key-canary-a2'  agent-a ;

"key-canary-b" "agent-b";
key-canary-c "agent-a-2";
`;

async function failure(attempt: Promise<unknown>): Promise<CallError> {
  const error = await attempt.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CallError);
  expect((error as CallError).message).not.toContain('canary');
  return error as CallError;
}

describeWith('taking a key out of nginx', startNginx, (server) => {
  beforeEach(async () => {
    await setMap(MAP);
  });

  /** Written as a person would: the file, then a reload, waited for. */
  async function setMap(text: string): Promise<void> {
    const marker = `marker-${Math.random()}`;
    writeFileSync(server().mapFile, `${text}"${marker}" "marker";\n`);
    process.kill(Number(readFileSync(server().pidFile, 'utf8')), 'SIGHUP');
    await expect.poll(() => use(marker), { timeout: 5_000 }).toBe(200);
  }

  const use = (key: string, agent?: Agent, path = ''): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { headers: { 'x-api-key': key }, ...(agent === undefined ? {} : { agent }) };
      const sent = request(`${server().url}${path}`, options, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      });
      sent.once('error', reject).end();
    });

  async function revocation(consumer: string, changed: object = {}): Promise<Revocation> {
    const { url, mapFile, pidFile } = server();
    const probe = { url, header: 'x-api-key', key: await secretOf(OWN) };
    const settings = { map_file: mapFile, pid_file: pidFile, probe, ...changed };
    return nginx.prepare(settings, { with: 'nginx', consumer });
  }

  const map = () => readFileSync(server().mapFile, 'utf8');

  test('all keys of a consumer in use are refused, those of others go on, and the gateway itself is the proof', async () => {
    const step = await revocation('agent-a');
    const busy = new Agent({ keepAlive: true });
    expect(await use('key-canary-a1', busy)).toBe(200);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: false,
      alive: true,
      proof: "the gateway answers 200 to its key, 200 to Wayward's own, and 401 to one that nobody has",
    });

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: "the gateway answers 401 to its key, 200 to Wayward's own, and 401 to one that nobody has",
    });
    for (const key of ['key-canary-a1', 'key-canary-a2', 'KEY-CANARY-A1']) expect(await use(key)).toBe(401);
    await expect.poll(() => use('key-canary-a1', busy).catch(() => 401)).toBe(401);
    for (const key of ['key-canary-b', 'key-canary-c', OWN]) expect(await use(key)).toBe(200);
    busy.destroy();

    await step.revoke(CONTEXT);
    expect((await step.verify(CONTEXT))?.dead).toBe(true);
  });

  test('only the lines of that consumer change, and restore puts them back as they were', async () => {
    const before = map();
    const step = await revocation('agent-a');
    await step.revoke(CONTEXT);
    const changed = before
      .split('\n')
      .map((line, index) => (index === 2 || index === 3 ? `#wayward-revoked ${line}` : line));
    expect(map()).toBe(changed.join('\n'));
    await step.restore?.(CONTEXT);
    expect(map()).toBe(before);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await use('key-canary-a2')).toBe(200);
  });

  test('restore leaves alone what a person commented out', async () => {
    await setMap(`${MAP}#"key-canary-old" "agent-a";\n`);
    const before = map();
    const step = await revocation('agent-a');
    await step.revoke(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(map()).toBe(before);
    expect(await use('key-canary-old')).toBe(401);
  });

  test('reloaded by a command, too; without a probe nobody can be asked for a proof', async () => {
    const { configFile } = server();
    const reload = ['nginx', '-c', configFile, '-s', 'reload'];
    const step = await revocation('agent-b', { pid_file: undefined, reload, probe: undefined });
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'the map file still has its key' });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toBeUndefined();
    await expect.poll(() => use('key-canary-b')).toBe(401);
  });

  test('a file that was changed but not loaded is no proof', async () => {
    const step = await revocation('agent-b', { pid_file: undefined, reload: ['true'] });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, proof: expect.stringContaining('200 to its key') });
    expect(await use('key-canary-b')).toBe(200);
  });

  test.each(['open', 'closed', 'nothing-listens'])(
    'a probe that cannot tell keys apart proves nothing: %s',
    async (path) => {
      const url = path === 'nothing-listens' ? 'http://127.0.0.1:1/' : `${server().url}${path}`;
      const step = await revocation('agent-b', { probe: { url, header: 'x-api-key', key: await secretOf(OWN) } });
      await step.revoke(CONTEXT);
      expect((await failure(step.verify(CONTEXT))).retryable).toBe(true);
    },
  );

  test('a consumer that is not there is never called dead', async () => {
    const before = map();
    for (const consumer of ['agent', 'agent-a"', 'AGENT-A', 'key-canary'.slice(0, 3)]) {
      const step = await revocation(consumer);
      expect(await failure(step.revoke(CONTEXT))).toMatchObject({ retryable: false });
      expect((await step.verify(CONTEXT))?.dead).toBe(false);
    }
    expect(map()).toBe(before);
  });

  test("Wayward's own key is not revoked", async () => {
    const error = await failure((await revocation('wayward-probe')).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining("Wayward's own key") });
    expect(await use(OWN)).toBe(200);
  });

  test('mode and owner stay, a link stays one, and nothing but the lock is left beside', async () => {
    const { mapFile } = server();
    chmodSync(mapFile, 0o640);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(mapFile, 65534, 65534);
    const before = statSync(mapFile);
    writeFileSync(join(dirname(mapFile), '.keys.map.wayward-new'), 'of a process that was killed');
    const link = join(mkdtempSync(join(tmpdir(), 'wayward-link-')), 'link.map');
    symlinkSync(mapFile, link);
    await (await revocation('agent-b', { map_file: link })).revoke(CONTEXT);
    const after = statSync(mapFile);
    expect(after.ino).not.toBe(before.ino);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(map()).toContain('#wayward-revoked "key-canary-b"');
    expect(readdirSync(dirname(mapFile)).sort()).toEqual(['.keys.map.wayward-lock', 'keys.map']);
  });

  test('many at the same time, from several processes: none loses the change of another', async () => {
    const consumers = Array.from({ length: 12 }, (_, index) => `many-${index}`);
    await setMap(MAP + consumers.map((consumer) => `"key-${consumer}" "${consumer}";\n`).join(''));
    const code = `
      const { editFile } = await import(process.argv[1]);
      const { withoutConsumer } = await import(process.argv[2]);
      await Promise.all(process.argv.slice(4).map((one) => editFile(process.argv[3], (text) => withoutConsumer(text, one))));`;
    const source = (name: string) => join(import.meta.dirname, '..', '..', 'src', 'revokers', name);
    const processes = [0, 1, 2].map((part) => {
      const own = consumers.filter((_, index) => index % 3 === part);
      const args = [source('edit-file.ts'), source('nginx-map.ts'), server().mapFile, ...own];
      return spawn(process.execPath, ['--input-type=module', '--eval', code, ...args], { stdio: 'inherit' });
    });
    const codes = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(map().match(/^#wayward-revoked "key-many-\d+"/gm)).toHaveLength(12);
    expect(map().match(/^#wayward-revoked /gm)).toHaveLength(12);
  });

  test.each([
    ['two entries on a line', '"key-canary-x" "agent-b"; "key-canary-y" "agent-a";'],
    ['an entry on two lines', '"key-canary-x"\n  "agent-a";'],
    ['another file', 'include more-canary.map;'],
    ['a pattern', '~^key-canary-.* "agent-a";'],
    ['nonsense', 'key-canary'],
  ])('a map that may hide an entry is not touched: %s', async (_what, line) => {
    writeFileSync(server().mapFile, `${MAP}${line}\n`);
    const before = map();
    const error = await failure((await revocation('agent-a')).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(/^line 8 of the map file/) });
    expect(map()).toBe(before);
  });

  test('a pid file that names no nginx hurts nobody', async () => {
    const pidFile = join(mkdtempSync(join(tmpdir(), 'wayward-pid-')), 'pid');
    const bystander = spawn('sleep', ['30']);
    for (const pid of [`${bystander.pid}`, '0', '-1', '', '99999999', 'x']) {
      writeFileSync(pidFile, pid);
      const error = await failure((await revocation('agent-b', { pid_file: pidFile })).revoke(CONTEXT));
      expect(error.message).toContain('names no running nginx');
    }
    expect(bystander.exitCode).toBeNull();
    expect(bystander.signalCode).toBeNull();
    bystander.kill('SIGKILL');
  });
});

test('a map file that is not there is no reason to try again', async () => {
  const settings = { map_file: '/nonexistent/keys.map', pid_file: '/nonexistent/pid' };
  const step = nginx.prepare(settings, { with: 'nginx', consumer: 'agent-a' });
  const error = await failure(step.revoke(CONTEXT));
  expect(error).toMatchObject({ retryable: false, message: '/nonexistent/keys.map cannot be changed (ENOENT)' });
});

test.each([
  { map_file: '/a' },
  { map_file: 'a', pid_file: '/b' },
  { map_file: '/a', pid_file: '/b', reload: ['c'] },
  { map_file: '/a', reload: 'nginx -s reload' },
  { map_file: '/a', pid_file: '/b', probe: { url: 'http://127.0.0.1/', key: 'the-key-canary' } },
])('wrong settings are refused, without a key in the message: %j', (settings) => {
  const checked = nginx.settingsSchema.safeParse(settings);
  expect(checked.success).toBe(false);
  expect(checked.error?.message).not.toContain('canary');
});

test.each(['', 'a\nb', 'x'.repeat(257)])('a consumer that is none is refused: %j', (consumer) => {
  expect(nginx.specSchema.safeParse({ with: 'nginx', consumer }).success).toBe(false);
});
