import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { customFormat } from '../../src/formats/custom.ts';
import { customFormatSchema } from '../../src/formats/custom-spec.ts';
import type { Revocation } from '../../src/response/action.ts';
import { envoy } from '../../src/revokers/envoy.ts';
import { filterOf, reloadsOf } from '../../src/revokers/envoy-admin.ts';
import { temporaryFolder } from '../config/temp.ts';
import { parseOne } from '../formats/records.ts';
import { describeWith } from '../servers/require-server.ts';
import { beginning, envoyFormat, envoySettings, keyOf, startEnvoyGateway } from './envoy-gateway.ts';
import { failureOf } from './failure.ts';
import { statusOf, useAllTheTime } from './live-use.ts';
import { PATIENTLY } from './patiently.ts';

const CONTEXT = { key: 'k', credential: 'cred', agent: 'agent' };

describeWith('denying a credential at Envoy', startEnvoyGateway, (gateway) => {
  const step = (id: string, settings = envoySettings(gateway())): Revocation =>
    envoy.prepare(settings, { with: 'envoy', credential_id: id });
  const status = (id: string, headers: Record<string, string> = {}) => statusOf(gateway().url, keyOf(id), headers);

  /** As a person puts a file into its place. */
  function put(text: string): void {
    const temporary = join(gateway().folder, 'new.json');
    writeFileSync(temporary, text);
    renameSync(temporary, gateway().deniedFile);
  }

  afterEach(async () => {
    gateway().upstream.release();
    put(beginning());
    await expect.poll(async () => (await filterOf(gateway().admin)).version, PATIENTLY).toBe('0');
  });

  test('a key in use all the time opens nothing from verified on, open connections included; nobody else notices', async () => {
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
      proof: expect.stringMatching(/^Envoy denies the id \(version [0-9a-f]{16}\), on all its worker threads$/),
    });
    const verified = performance.now();
    const seen = other.uses.length;
    await expect.poll(() => thief.uses.filter(({ began }) => began > verified).length, PATIENTLY).toBeGreaterThan(100);
    await expect.poll(() => other.uses.length, PATIENTLY).toBeGreaterThan(seen + 100);
    await Promise.all([thief.stop(), other.stop()]);

    expect(new Set(thief.uses.filter(({ began }) => began > verified).map((use) => use.status))).toEqual(
      new Set([403]),
    );
    expect(thief.uses[0]?.status).toBe(200);
    expect(new Set(other.uses.map((use) => use.status))).toEqual(new Set([200]));
    expect(Math.max(...thief.uses.map((use) => use.onConnection))).toBeGreaterThan(20); // the same one before and after
  });

  test('a caller who names somebody else is denied all the same, and cannot get others denied', async () => {
    await step('cred-a').revoke(CONTEXT);
    expect(await status('cred-a', { 'x-credential-id': 'cred-b' })).toBe(403);
    expect(await status('cred-b', { 'x-credential-id': 'cred-a' })).toBe(200);
    expect(await statusOf(gateway().url, 'no-key', { 'x-credential-id': 'cred-b' })).toBe(401);
  });

  test('restored, the same key works again; repeated calls are harmless', async () => {
    await step('cred-c').revoke(CONTEXT);
    for (let time = 0; time < 2; time++) {
      const revocation = step('cred-a');
      await revocation.revoke(CONTEXT);
      expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: true });
    }
    expect(await Promise.all(['cred-a', 'cred-b', 'cred-c'].map((id) => status(id)))).toEqual([403, 200, 403]);
    for (let time = 0; time < 2; time++) {
      const restoring = step('cred-a');
      await restoring.restore?.(CONTEXT);
      expect(await restoring.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    }
    expect(await Promise.all(['cred-a', 'cred-b', 'cred-c'].map((id) => status(id)))).toEqual([200, 200, 403]);
  });

  test('many revocations at the same moment are all done', async () => {
    const ids = ['cred-a', 'cred-c', ...Array.from({ length: 10 }, (_, index) => `cred-of-${index}`)];
    const steps = ids.map((id) => step(id));
    await Promise.all(steps.map((one) => one.revoke(CONTEXT)));
    const proofs = await Promise.all(steps.map((one) => one.verify(CONTEXT)));
    expect(proofs.map((proof) => proof?.dead)).toEqual(ids.map(() => true));
    expect((await filterOf(gateway().admin)).ids.sort()).toEqual([...ids].sort());
    expect(await Promise.all(['cred-a', 'cred-b', 'cred-c'].map((id) => status(id)))).toEqual([403, 200, 403]);
  });

  test('a process that did not see it taken proves nothing, and writes it anew when it is asked to revoke', async () => {
    await step('cred-a').revoke(CONTEXT);
    const another = step('cred-a');
    expect(await another.verify(CONTEXT)).toEqual({
      dead: false,
      proof: expect.stringMatching(/^Envoy denies the id .*, but maybe not on all its worker threads$/),
    });
    const before = await reloadsOf(gateway().admin);
    await another.revoke(CONTEXT);
    expect(await another.verify(CONTEXT)).toMatchObject({ dead: true });
    expect(await reloadsOf(gateway().admin)).toBe(before + 1);
  });

  test('what somebody takes out of the file by hand is no longer called dead', async () => {
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    put(beginning());
    await expect.poll(async () => (await revocation.verify(CONTEXT))?.dead, PATIENTLY).toBe(false);
    expect(await status('cred-a')).toBe(200);
  });

  test('a file that Envoy does not read is no proof', async () => {
    const file = join(temporaryFolder(), 'other.json');
    writeFileSync(file, beginning());
    const revocation = step('cred-a', envoySettings(gateway(), { denied: file }));
    const error = await failureOf(revocation.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('but it has not taken it') });
    expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: false });
    expect(await status('cred-a')).toBe(200);
  });

  test('an Envoy that cannot be asked: the file is written all the same, and nothing is called dead', async () => {
    const revocation = step('cred-a', envoySettings(gateway(), { admin: 'http://127.0.0.1:1' }));
    const error = await failureOf(revocation.revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: true, message: expect.stringContaining("Envoy's admin endpoint: ") });
    expect((await failureOf(revocation.verify(CONTEXT))).retryable).toBe(true);
    await expect.poll(() => status('cred-a'), PATIENTLY).toBe(403);
  });

  test('an admin endpoint that is none, or knows no such filter, is said to be so', async () => {
    const elsewhere = step('cred-a', envoySettings(gateway(), { admin: gateway().url.replace(/\/$/, '') }));
    expect((await failureOf(elsewhere.revoke(CONTEXT))).message).toContain('answered /stats with 401');
  });

  test.each([
    ['other rules', (text: string) => text.replace('"DENY"', '"ALLOW"')],
    [
      'another policy',
      (text: string) => text.replace('"policies": {', '"policies": { "theirs": { "permissions": [] },'),
    ],
    ['no JSON', () => 'resources: []'],
    ['nothing', () => ''],
  ])('a file that somebody changed in a way that Wayward does not know is left alone: %s', async (_what, change) => {
    const file = join(temporaryFolder(), 'd.json');
    writeFileSync(file, change(beginning()));
    const error = await failureOf(step('cred-a', envoySettings(gateway(), { denied: file })).revoke(CONTEXT));
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('is not as Wayward writes it') });
    expect(readFileSync(file, 'utf8')).toBe(change(beginning()));
  });

  test('a request that began before goes on to its end, the next one on its connection is denied', async () => {
    const slow = statusOf(`${gateway().url}slow`, keyOf('cred-a'));
    await expect.poll(() => gateway().upstream.held.length, PATIENTLY).toBe(1);
    const revocation = step('cred-a');
    await revocation.revoke(CONTEXT);
    expect(await revocation.verify(CONTEXT)).toMatchObject({ dead: true });
    gateway().upstream.release();
    expect(await slow).toBe(200);
    expect(await status('cred-a')).toBe(403);
  });

  test('the log, read as the docs say, names the id of who had the key: never the key, nor what a caller claims', async () => {
    await step('cred-a').revoke(CONTEXT);
    expect(await status('cred-a', { 'x-credential-id': 'cred-b' })).toBe(403);
    expect(await statusOf(`${gateway().url}v1/orders/17`, keyOf('cred-b'))).toBe(200);
    expect(await statusOf(`${gateway().url}framed`, 'no-key', { 'x-credential-id': 'cred-b' })).toBe(401);
    const lines = () => readFileSync(gateway().accessLog, 'utf8').trimEnd().split('\n').slice(-3);
    await expect.poll(() => lines().at(-1), PATIENTLY).toContain('/framed'); // Envoy writes every 10 s
    const [denied, served, framed] = lines().map((line) =>
      parseOne(customFormat(customFormatSchema.parse(envoyFormat())), line),
    );
    expect(denied).toMatchObject({
      identities: [{ key: 'credential_id', value: 'cred-a' }],
      result: 'denied',
      status: 403,
    });
    expect(served).toMatchObject({
      identities: [{ key: 'credential_id', value: 'cred-b' }],
      ...{ action: 'GET /v1/orders/{id}', result: 'success', sourceIp: '127.0.0.1' },
    });
    expect(framed).toMatchObject({ identities: [], result: 'rejected' });
    expect(lines().join()).toContain('rbac_access_denied_matched_policy[cred-a]');
    expect(readFileSync(gateway().accessLog, 'utf8') + readFileSync(gateway().deniedFile, 'utf8')).not.toContain(
      'canary',
    );
  });
});

test('a file that is not there is no reason to try again', async () => {
  const settings = envoy.settingsSchema.parse({ denied: '/nonexistent/d.json', admin: 'http://127.0.0.1:1' });
  const error = await failureOf(envoy.prepare(settings, { with: 'envoy', credential_id: 'cred-a' }).revoke(CONTEXT));
  expect(error).toMatchObject({ retryable: false, message: expect.stringContaining('(ENOENT): it is not there') });
});

test.each([
  {},
  { denied: 'd.json', admin: 'http://127.0.0.1:9901' },
  { denied: '/d.yaml', admin: 'http://127.0.0.1:9901' },
  { denied: '/d.json' },
  { denied: '/d.json', admin: 'http://127.0.0.1:9901', header: 'X Credential' },
])('wrong settings are refused: %j', (settings) => {
  expect(envoy.settingsSchema.safeParse(settings).success).toBe(false);
});

test.each(['', 'a b', 'a"', 'wayward writing x', 'a'.repeat(129)])(
  'an id that is none is refused: %j',
  (credential_id) => {
    expect(envoy.specSchema.safeParse({ with: 'envoy', credential_id }).success).toBe(false);
  },
);
