import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nginx } from '../../src/revokers/nginx.ts';
import { denies } from '../../src/revokers/nginx-denied.ts';
import { masterOf, workersOf } from '../../src/revokers/nginx-processes.ts';
import { temporaryFolder } from '../config/temp.ts';
import { startNginx } from '../servers/nginx.ts';
import { describeWith } from '../servers/require-server.ts';
import { failureOf } from './failure.ts';
import { statusOf, useAllTheTime } from './live-use.ts';
import { keyOf, type NginxGateway, nginxSettings, startNginxGateway } from './nginx-gateway.ts';
import { PATIENTLY } from './patiently.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

describeWith('denying a credential at nginx', startNginx, () => {
  let running: NginxGateway | undefined;
  const gateway = (): NginxGateway => {
    if (running === undefined) throw new Error('no gateway was started');
    return running;
  };
  beforeEach(async () => {
    running = await startNginxGateway();
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  const step = (id: string, settings = nginxSettings(gateway())) =>
    nginx.prepare(settings, { with: 'nginx', credential_id: id });
  const status = (id: string) => statusOf(gateway().url, keyOf(id));
  const denied = () => readFileSync(gateway().deniedFile, 'utf8');
  const workers = async () => (await workersOf(masterOf(gateway().pidFile))).map(({ pid }) => pid);

  /** As a person does it, waited for. */
  async function reloaded(): Promise<void> {
    const before = await workers();
    process.kill(Number(readFileSync(gateway().pidFile, 'utf8')), 'SIGHUP');
    const isOld = (pid: number) => before.includes(pid);
    await expect.poll(async () => (await workers()).some(isOld), PATIENTLY).toBe(false);
  }

  test('a key in use all the time opens nothing from verified on, and nobody else notices', async () => {
    const [thief, other] = [
      useAllTheTime(gateway().url, keyOf('cred-a')),
      useAllTheTime(gateway().url, keyOf('cred-b')),
    ];
    await expect.poll(() => thief.uses.length, PATIENTLY).toBeGreaterThan(20);
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    expect(await revocation.verify(CONTEXT)).toEqual({
      dead: true,
      alive: false,
      proof: 'nginx says that it denies the id; all 2 workers from before the reload have ended',
    });
    const verified = performance.now();
    const seen = other.uses.length;
    await expect.poll(() => thief.uses.filter(({ began }) => began > verified).length, PATIENTLY).toBeGreaterThan(100);
    await expect.poll(() => other.uses.length, PATIENTLY).toBeGreaterThan(seen + 100);
    await Promise.all([thief.stop(), other.stop()]);

    expect(new Set(thief.uses.filter(({ ended }) => ended > verified).map((use) => use.status))).toEqual(
      new Set([401]),
    );
    expect(thief.uses[0]?.status).toBe(200);
    expect(new Set(other.uses.map((use) => use.status))).toEqual(new Set([200]));
  });

  test('restored, the same key works again; repeated calls change nothing and reload nothing', async () => {
    const settings = nginxSettings(gateway());
    await step('cred-a', settings).revoke(CONTEXT);
    expect(await step('cred-a', settings).verify(CONTEXT)).toMatchObject({ dead: true });
    const [text, before] = [denied(), await workers()];
    await step('cred-a', settings).revoke(CONTEXT);
    expect(await step('cred-a', settings).verify(CONTEXT)).toMatchObject({ dead: true });
    expect([denied(), await workers()]).toEqual([text, before]);

    await step('cred-a', settings).restore?.(CONTEXT);
    expect(await step('cred-a', settings).verify(CONTEXT)).toMatchObject({
      ...{ dead: false, alive: true },
      proof: expect.stringContaining('nginx says that it does not deny the id'),
    });
    expect(await status('cred-a')).toBe(200);
    expect(denied()).toBe('');
  });

  test('a request that an old worker still serves keeps the proof back until that worker has ended', async () => {
    const slow = statusOf(`${gateway().url}slow`, keyOf('cred-a'));
    await expect.poll(() => gateway().upstream.held.length, PATIENTLY).toBe(1);
    const before = await workers();
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    await expect.poll(() => status('cred-a'), PATIENTLY).toBe(401); // a new worker refuses already
    expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: true });
    expect((await workers()).filter((pid) => before.includes(pid))).toEqual([]);
    expect(await slow).toBe(0); // ended by worker_shutdown_timeout
  });

  test('where old workers may live on, nothing is called dead', async () => {
    const config = readFileSync(gateway().configFile, 'utf8');
    writeFileSync(gateway().configFile, config.replace('worker_shutdown_timeout 2s;', ''));
    await reloaded();
    const slow = statusOf(`${gateway().url}slow`, keyOf('cred-a'));
    await expect.poll(() => gateway().upstream.held.length, PATIENTLY).toBe(1);
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    expect(await revocation.verify(CONTEXT)).toEqual({
      dead: false,
      proof: expect.stringMatching(
        /^workers from before the reload still serve connections \(\d+\); worker_shutdown_timeout/,
      ),
    });
    const before = await workers();
    await revocation.revoke(CONTEXT); // the next attempt waits for the same workers, and makes no more
    expect(await workers()).toEqual(before);
    gateway().upstream.release();
    expect(await slow).toBe(200);
    expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('two revocations at the same moment are both done', async () => {
    const settings = nginxSettings(gateway());
    const both = ['cred-a', 'cred-c'].map((id) => step(id, settings));
    await Promise.all(both.map((one) => one.revoke(CONTEXT)));
    const proofs = await Promise.all(both.map((one) => one.verify(CONTEXT)));
    expect(proofs.map((proof) => proof?.dead)).toEqual([true, true]);
    expect(await Promise.all(['cred-a', 'cred-b', 'cred-c'].map(status))).toEqual([401, 200, 401]);
  });

  test('a reload is waited for before the next one, so that no worker in between is forgotten', async () => {
    const settings = nginxSettings(gateway());
    for (const id of ['cred-a', 'cred-c', 'cred-d']) {
      const before = await workers();
      await step(id, settings).revoke(CONTEXT);
      expect((await workers()).some((pid) => !before.includes(pid))).toBe(true);
      expect(await step(id, settings).verify(CONTEXT)).toMatchObject({ dead: true });
      expect(await status(id)).toBe(401);
    }
  });

  test('several processes at the same moment: no line is lost', async () => {
    const ids = Array.from({ length: 9 }, (_, index) => `many-${index}`);
    const source = (name: string) => join(import.meta.dirname, '..', '..', 'src', 'revokers', name);
    const code = `
      const { holdFile } = await import(process.argv[1]);
      const { denying } = await import(process.argv[2]);
      await Promise.all(process.argv.slice(4).map((id) =>
        holdFile(process.argv[3], (file) => file.replace(denying(file.text, id)))));`;
    const processes = [0, 1, 2].map((part) => {
      const own = ids.filter((_, index) => index % 3 === part);
      const args = [source('held-file.ts'), source('nginx-denied.ts'), gateway().deniedFile, ...own];
      return spawn(process.execPath, ['--input-type=module', '--eval', code, ...args], { stdio: 'inherit' });
    });
    const codes = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(ids.filter((id) => denies(denied(), id))).toEqual(ids);
    expect(denied().trimEnd().split('\n')).toHaveLength(ids.length);
  });

  test('a process that did not reload nginx itself proves nothing, and reloads when it is asked to revoke', async () => {
    await step('cred-a').revoke(CONTEXT);
    const another = step('cred-a', nginxSettings(gateway()));
    expect(await another.verify(CONTEXT)).toEqual({
      dead: false,
      proof: 'this Wayward has not reloaded nginx with the map as it is now',
    });
    await another.revoke(CONTEXT);
    expect(await another.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('a configuration that nginx refuses: the map is put back, nothing is reloaded, no key is shown', async () => {
    const keys = readFileSync(gateway().keysFile, 'utf8');
    writeFileSync(gateway().keysFile, `${keys}"${keyOf('cred-b')}" "twice";\n`);
    const before = await workers();
    const error = await failureOf(step('cred-a').revoke(CONTEXT));
    expect(error.message).toMatch(/^nginx's configuration test ended with 1: .*conflicting parameter "…" in/);
    expect(error.message).not.toContain('canary');
    expect(error.retryable).toBe(true);
    expect([denied(), await workers()]).toEqual(['', before]);
    expect(await status('cred-a')).toBe(200);
    writeFileSync(gateway().keysFile, keys);
    await step('cred-a').revoke(CONTEXT); // and works once it is mended
    expect(denied()).toBe('"cred-a" 1; # wayward\n');
  });

  test('an id too long for the buckets of the map does no harm, and what to do is said', async () => {
    const error = await failureOf(step('x'.repeat(47)).revoke(CONTEXT));
    expect(error.message).toContain('you should increase map_hash_bucket_size');
    expect(denied()).toBe('');
    const config = readFileSync(gateway().configFile, 'utf8');
    writeFileSync(gateway().configFile, config.replace('http {', 'http { map_hash_bucket_size 256;'));
    const longest = step('x'.repeat(128));
    await longest.revoke(CONTEXT);
    expect(await longest.verify(CONTEXT)).toMatchObject({ dead: true });
    await step('y'.repeat(46)).revoke(CONTEXT);
  });

  test('a reload that brings nothing about is no proof', async () => {
    const idle = step('cred-a', nginxSettings(gateway(), { reload: ['true'] }));
    const error = await failureOf(idle.revoke(CONTEXT));
    expect(error).toMatchObject({
      retryable: true,
      message: expect.stringContaining('has not carried out the reload'),
    });
    expect(await idle.verify(CONTEXT)).toMatchObject({ dead: false });
    expect(await status('cred-a')).toBe(200);
    const refused = step('cred-a', nginxSettings(gateway(), { reload: ['false'] }));
    expect((await failureOf(refused.revoke(CONTEXT))).message).toContain('the reload of nginx ended with 1');
    const own = [gateway().binary, '-c', gateway().configFile, '-s', 'reload'];
    const works = step('cred-a', nginxSettings(gateway(), { reload: own }));
    await works.revoke(CONTEXT);
    expect(await works.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('a map that nginx does not include proves nothing', async () => {
    const file = join(temporaryFolder(), 'other.map');
    writeFileSync(file, '');
    const revocation = step('cred-a', nginxSettings(gateway(), { denied: file }));
    await revocation.revoke(CONTEXT);
    expect(await revocation.verify(CONTEXT)).toEqual({ dead: false, proof: expect.stringContaining('not the one in') });
  });

  test.each(['', 'nothing-there/'])('a probe that does not answer 0 or 1 proves nothing: %j', async (path) => {
    const revocation = step('cred-a', nginxSettings(gateway(), { probe: `${gateway().url}${path}` }));
    await revocation.revoke(CONTEXT);
    expect((await failureOf(revocation.verify(CONTEXT))).message).toContain('check revokers.nginx.probe');
  });

  test("others' lines stay, also at a restore, and what somebody else denied is theirs to allow", async () => {
    const theirs = '# by hand\n\ncred-b 1;  # left us\n  "cred-d"   1 ;\n# end';
    writeFileSync(gateway().deniedFile, theirs);
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    expect(denied()).toBe(`${theirs}\n"cred-a" 1; # wayward\n`);
    expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: true });
    expect(await Promise.all(['cred-a', 'cred-b', 'cred-c', 'cred-d'].map(status))).toEqual([401, 401, 200, 401]);
    await revocation.restore?.(CONTEXT);
    expect(denied()).toBe(`${theirs}\n`);
    await step('CRED-B').revoke(CONTEXT); // is denied already
    expect(denied()).toBe(`${theirs}\n`);
    const error = await failureOf(step('cred-b').restore?.(CONTEXT));
    expect(error).toMatchObject({
      retryable: false,
      message: expect.stringContaining('did not write: remove it by hand'),
    });
  });

  test('mode and owner stay, a link stays one, and nothing but the lock is left beside', async () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, 'd.map'), join(folder, 'link.map')];
    writeFileSync(file, '');
    symlinkSync(file, link);
    chmodSync(file, 0o640);
    if (process.getuid?.() === 0) chownSync(file, 65534, 65534);
    const before = statSync(file);
    writeFileSync(join(folder, '.d.map.wayward-new'), 'of a process that was killed');
    await step('cred-a', nginxSettings(gateway(), { denied: link })).revoke(CONTEXT);
    const after = statSync(file);
    expect(after.ino).not.toBe(before.ino);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(readFileSync(link, 'utf8')).toBe('"cred-a" 1; # wayward\n');
    expect(readdirSync(dirname(file)).sort()).toEqual(['.d.map.wayward-lock', 'd.map', 'link.map']);
  });

  test('a pid file that names no nginx hurts nobody', async () => {
    const pid = join(temporaryFolder(), 'pid');
    const bystander = spawn('sleep', ['30']);
    const [worker] = await workers();
    for (const written of [`${bystander.pid}`, `${worker}`, '0', '-1', '', '99999999', 'x']) {
      writeFileSync(pid, written);
      const error = await failureOf(step('cred-a', nginxSettings(gateway(), { pid })).revoke(CONTEXT));
      expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('names no nginx that runs') });
    }
    expect([bystander.exitCode, bystander.signalCode]).toEqual([null, null]);
    bystander.kill('SIGKILL');
    expect(await workers()).toContain(worker);
  });

  test.skipIf(process.getuid?.() !== 0)('a user who may not signal nginx is told what to do', async () => {
    const denied = join(temporaryFolder(), 'd.map');
    writeFileSync(denied, '');
    for (const path of [denied, dirname(denied)]) chownSync(path, 65534, 65534);
    const code = `
      const { nginx } = await import(process.argv[1]);
      process.setgroups([]); process.setgid(65534); process.setuid(65534);
      await nginx.prepare(JSON.parse(process.argv[2]), { with: 'nginx', credential_id: 'cred-a' }).revoke()
        .catch(({ message, retryable }) => console.log(retryable, message));`;
    const source = join(import.meta.dirname, '..', '..', 'src', 'revokers', 'nginx.ts');
    const settings = JSON.stringify(nginxSettings(gateway(), { denied, test: ['true'] }));
    const args = ['--input-type=module', '--eval', code, source, settings];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(
      /^false Wayward may not signal nginx \(\d+\): run it as root, or set revokers\.nginx\.reload$/m,
    );
  });

  test('while a binary upgrade leaves a second master, nothing is called dead', async () => {
    const oldbin = `${gateway().pidFile}.oldbin`;
    writeFileSync(oldbin, readFileSync(gateway().pidFile)); // what USR2 leaves; nginx ignores that under a parent of its own
    const error = await failureOf(step('cred-a').revoke(CONTEXT));
    expect(error).toMatchObject({
      retryable: true,
      message: expect.stringContaining('a binary upgrade of nginx is under way'),
    });
    writeFileSync(oldbin, '99999999'); // it has ended
    await step('cred-a').revoke(CONTEXT);
  });

  test('what the log says of a denied key counts against nobody, and names the id, never the key', async () => {
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    await revocation.verify(CONTEXT);
    expect(await status('cred-a')).toBe(401);
    const log = () => readFileSync(gateway().log, 'utf8');
    const last = () => JSON.parse(log().trimEnd().split('\n').at(-1) ?? '');
    await expect.poll(last, PATIENTLY).toMatchObject({ credential: 'cred-a', status: 401, method: 'GET', uri: '/' });
    expect(log()).not.toContain('/wayward/denied'); // Wayward's own questions are not in it
    expect(log()).not.toContain('canary');
  });
});

test.each([
  ['two on a line', '"key-canary" 1; "other" 1;'],
  ['over two lines', '"key-canary"\n  1;'],
  ['another file', 'include more-canary.map;'],
  ['a pattern', '~^key-canary 1;'],
  ['another value', '"key-canary" 0;'],
  ['default', 'default 1;'],
  ['nonsense', 'key-canary'],
])('a map with what Wayward does not know is left alone: %s', async (_what, line) => {
  const file = join(temporaryFolder(), 'd.map');
  const text = `# ours\n"cred-x" 1;\n${line}\n`;
  writeFileSync(file, text);
  const settings = nginx.settingsSchema.parse({ denied: file, probe: 'http://127.0.0.1:1/' });
  const error = await failureOf(nginx.prepare(settings, { with: 'nginx', credential_id: 'cred-a' }).revoke(CONTEXT));
  expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(/^line 3 of nginx's map/) });
  expect(error.message).not.toContain('canary');
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a map that is not there is no reason to try again, and is not made', async () => {
  const settings = nginx.settingsSchema.parse({ denied: '/nonexistent/d.map', probe: 'http://127.0.0.1:1/' });
  const revocation = nginx.prepare(settings, { with: 'nginx', credential_id: 'cred-a' });
  for (const call of [revocation.revoke, revocation.verify]) {
    expect(await failureOf(call(CONTEXT))).toMatchObject({
      retryable: false,
      message: expect.stringMatching(/^\/nonexistent\/d\.map cannot be \w+ \(ENOENT\): it is not there/),
    });
  }
});

test.each([
  {},
  { denied: 'd.map', probe: 'http://127.0.0.1/' },
  { denied: '/d.map' },
  { denied: '/d.map', probe: 'file:///etc' },
  { denied: '/d.map', probe: 'http://127.0.0.1/', reload: 'nginx -s reload' },
])('wrong settings are refused: %j', (settings) => {
  expect(nginx.settingsSchema.safeParse(settings).success).toBe(false);
});

test.each(['', 'a b', 'a"', 'a\nb', '~a', '-a', '$a', 'default', 'Include', 'x'.repeat(129)])(
  'an id that a map would read otherwise is refused: %j',
  (credential_id) => {
    expect(nginx.specSchema.safeParse({ with: 'nginx', credential_id }).success).toBe(false);
  },
);
