import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { keepFresh } from '../../src/commands/keep-fresh.ts';
import type { Secret } from '../../src/config/secrets.ts';
import { loadConfig, type WaywardConfig } from '../../src/config/wayward-yaml.ts';
import { planFor, prepareStep } from '../../src/response/plan.ts';
import { vault } from '../../src/revokers/vault.ts';
import { keepToken } from '../../src/vault.ts';
import { credentialOf } from '../response/response-of.ts';
import { CONTEXT, policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { temporaryFile } from './temp.ts';

const READ = 'path "secret/data/*" { capabilities = ["read"] }';
const SELF = `path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }`;

afterEach(() => void vi.useRealTimers());

/** The clock here goes on, the server's doesn't. */
const later = (milliseconds: number) =>
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds, shouldAdvanceTime: false });

/** Loaded, with the secrets of the revokers fetched; `warnings` grows. */
async function loaded(text: string, env: Readonly<Record<string, string>>) {
  const file = temporaryFile('wayward.yaml', text);
  const warnings: string[] = [];
  const config = loadConfig(file);
  await config.resolveSecrets(['response', 'revokers'], { env, warn: (message) => warnings.push(message) });
  return { config, warnings, folder: join(file, '..') };
}

const tokenOf = (config: WaywardConfig): string => (config.revokers.vault as { token: Secret }).token.reveal();

describeWith('secrets of Wayward’s own, on a real Vault', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);
  const put = (name: string, value: string) => asRoot('POST', `secret/data/${name}`, { data: { value } });
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    env = { VAULT_ADDR: server().url, VAULT_TOKEN: await tokenWith(server(), READ) };
  });

  const newAgent = async () => (await asRoot('POST', 'auth/token/create', { ttl: '1h' })).body?.auth?.accessor ?? '';

  /** The step that revokes this, as the worker prepares it. */
  async function stepFor(config: WaywardConfig, accessor: string) {
    const credential = credentialOf({ id: 'c', revoke: { with: 'vault', accessor } });
    const plan = {
      credentials: new Map([['c', credential]]),
      revokers: new Map([[vault.id, vault]]),
      settings: config.revokers,
    };
    const [step] = planFor(['c'], plan);
    if (step === undefined) throw new Error('no step');
    return prepareStep(step, plan);
  }

  test('a token that was changed in Vault is used for the next step, without a restart', async () => {
    const [old, next] = [await tokenWith(server(), policyOf(vault)), await tokenWith(server(), policyOf(vault))];
    await put('changed', old);
    const { config, warnings } = await loaded(
      `revokers:\n  vault: { url: '${server().url}', token: 'secret://vault/secret/data/changed#value' }\n`,
      env,
    );
    const told = warnings.length;
    await put('changed', next);
    await asRoot('POST', 'auth/token/revoke', { token: old });

    const accessor = await newAgent();
    await expect((await stepFor(config, accessor)).revoke(CONTEXT)).rejects.toThrow('403'); // fetched a moment ago
    later(11_000);
    const step = await stepFor(config, accessor);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    expect(warnings).toHaveLength(told); // that of VAULT_TOKEN in the environment is not said again
  });

  test('what can’t be fetched anew stays in use, with a warning that shows nothing', async () => {
    const token = await tokenWith(server(), policyOf(vault));
    await put('gone', token);
    const { config, warnings } = await loaded(
      `revokers:\n  vault: { url: '${server().url}', token: 'secret://vault/secret/data/gone#value' }\n`,
      env,
    );
    await asRoot('DELETE', 'secret/data/gone');
    later(11_000);
    await (await stepFor(config, await newAgent())).revoke(CONTEXT);
    expect(warnings.at(-1)).toMatch(
      /^secret:\/\/vault\/secret\/data\/gone#value refers to .* was deleted.*; the value from before stays in use$/,
    );
    expect(warnings.join()).not.toContain(token);
  });

  /** A token that may read secrets and renew itself, with how it is. */
  async function newToken(options: object) {
    const name = `p${Math.random().toString(36).slice(2)}`;
    await asRoot('PUT', `sys/policies/acl/${name}`, { policy: `${SELF}\n${READ}` });
    const { body } = await asRoot('POST', 'auth/token/create', {
      policies: [name],
      no_default_policy: true,
      ...options,
    });
    const { client_token: token = '', accessor = '' } = body?.auth ?? {};
    const look = async () => (await asRoot('POST', 'auth/token/lookup-accessor', { accessor })).body?.data ?? {};
    return { token, look, keep: () => keepToken({ url: server().url, token: { reveal: () => token } }) };
  }

  test('a token is renewed once less than half of its time is left, not before', async () => {
    const { keep, look } = await newToken({ ttl: '8s', renewable: true });
    await keep();
    expect((await look()).last_renewal_time).toBeUndefined();
    while (Number((await look()).ttl) > 4) await sleep(100);
    await keep();
    const renewed = await look();
    expect(renewed.last_renewal_time).toBeDefined();
    expect(Number(renewed.ttl)).toBeGreaterThan(4);
  });

  test.each([
    ['can’t be renewed', { ttl: '1h', renewable: false }],
    ['has no end', {}],
    ['may not look at itself', { ttl: '1h', policies: ['nothing'] }],
  ])('one that %s is left as it is', async (_, options) => {
    const { keep, look } = await newToken(options);
    await keep();
    expect((await look()).last_renewal_time).toBeUndefined();
  });

  test('the token that fetches secrets is renewed by the way', async () => {
    await put('any', 'value');
    const { token, look } = await newToken({ ttl: '8s', renewable: true });
    while (Number((await look()).ttl) > 4) await sleep(100);
    const text = `revokers:\n  vault: { url: '${server().url}', token: 'secret://vault/secret/data/any#value' }\n`;
    await loaded(text, { ...env, VAULT_TOKEN: token });
    expect((await look()).last_renewal_time).toBeDefined();
  });

  test('while it runs: secrets follow their places, and Wayward’s token outlives its time', async () => {
    const { token, look } = await newToken({ ttl: '4s', renewable: true, explicit_max_ttl: '1h' });
    const issued = Date.now();
    const text = `response: { webhook: { url: 'http://127.0.0.1:1', secret: secret://file/webhook.key } }
revokers:
  vault: { url: '${server().url}', token: secret://file/vault.token }
`;
    const file = temporaryFile('wayward.yaml', text);
    const folder = join(file, '..');
    writeFileSync(join(folder, 'webhook.key'), 'old', { mode: 0o600 });
    writeFileSync(join(folder, 'vault.token'), token, { mode: 0o600 });
    const config = loadConfig(file);
    const warnings: string[] = [];
    const warn = (message: string) => void warnings.push(message);
    await config.resolveSecrets(['response', 'revokers'], { env: {}, warn });
    const end = keepFresh(config, warn, 50);
    try {
      const key = () => config.response.webhook?.secret.reveal();
      expect(key()).toBe('old');
      writeFileSync(join(folder, 'webhook.key'), 'new', { mode: 0o600 });
      await expect.poll(key, { timeout: 60_000 }).toBe('new');
      rmSync(join(folder, 'webhook.key'));
      await expect
        .poll(() => warnings.join(), { timeout: 60_000 })
        .toContain('webhook.key, which cannot be read (ENOENT)');
      expect(key()).toBe('new');
      // Issued for 4 s: past that it lives only because it was renewed.
      await sleep(issued + 4_500 - Date.now());
      expect(Number((await look()).ttl)).toBeGreaterThan(0);
      expect(tokenOf(config)).toBe(token);
    } finally {
      end();
    }
  });

  test('while it runs: an account that can’t be kept alive is told of, and the token is not shown', async () => {
    const { config, warnings } = await loaded(
      `revokers:\n  vault: { url: 'http://127.0.0.1:1', token: secret://env/T }\n`,
      { T: 'hvs.canary' },
    );
    const end = keepFresh(config, (message) => warnings.push(message), 20);
    await expect
      .poll(() => warnings.join('\n'), { timeout: 60_000 })
      .toMatch(/revokers\.vault: Wayward's own account could not be kept alive: Vault: /);
    end();
    expect(warnings.join()).not.toContain('canary');
  });
});
