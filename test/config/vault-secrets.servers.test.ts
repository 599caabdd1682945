import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Secret } from '../../src/config/secrets.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { vault } from '../../src/revokers/vault.ts';
import { runIn } from '../cli/process.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import { freePort } from '../servers/free-port.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { problemsOf, temporaryFile, temporaryFolder } from './temp.ts';

const VALUE = 'canary-correct-horse-battery-staple';
const READ = 'path "secret/data/wayward" { capabilities = ["read"] }\npath "kv1/*" { capabilities = ["read"] }';

const configFor = (reference: string, more = '') =>
  temporaryFile('wayward.yaml', `state: s\nfingerprint_key: ${reference}\n${more}`);

async function fetchKey(file: string, env: Readonly<Record<string, string>>) {
  const warnings: string[] = [];
  const config = loadConfig(file);
  await config.resolveSecrets(['fingerprint_key'], { env, warn: (message) => warnings.push(message) });
  return { value: (config.fingerprintKey as Secret).reveal(), warnings };
}

describeWith('secret://vault on a real Vault', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);
  let token = '';
  let env: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    await asRoot('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1' } });
    await asRoot('POST', 'kv1/team/wayward', { key: VALUE, data: 'a field that is called data' });
    await asRoot('POST', 'secret/data/wayward', { data: { key: VALUE, number: 7, empty: '' } });
    token = await tokenWith(server(), READ);
    env = { VAULT_ADDR: server().url, VAULT_TOKEN: token };
  });

  test('KV version 2 and 1, with the address and token of the environment, which comes with a warning', async () => {
    expect(await fetchKey(configFor('secret://vault/secret/data/wayward#key'), env)).toEqual({
      value: VALUE,
      warnings: [expect.stringContaining('secret://env/VAULT_TOKEN')],
    });
    const { value } = await fetchKey(configFor('secret://vault/kv1/team/wayward#key'), env);
    expect(value).toBe(VALUE);
    const named = await fetchKey(configFor('secret://vault/kv1/team/wayward#data'), env);
    expect(named.value).toBe('a field that is called data');
  });

  test('secret_providers.vault goes before the environment; its token lies in a file of mode 0600', async () => {
    const providers = `secret_providers:\n  vault: { url: '${server().url}', token: secret://file/vault.token }\n`;
    const config = configFor('secret://vault/secret/data/wayward#key', providers);
    writeFileSync(join(config, '..', 'vault.token'), token, { mode: 0o600 });
    const wrong = { VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'wrong' };
    expect(await fetchKey(config, wrong)).toEqual({ value: VALUE, warnings: [] });
  });

  test.each([
    ['secret/data/nothing', 'key', 'which cannot be read: Vault answered 403'],
    ['secret/data/nothing', 'key', 'its token needs read on secret/data/nothing'],
    ['kv1/nothing', 'key', 'where there is nothing; check the path'],
    ['secret/data/wayward', 'kee', 'which has no such field; its fields: empty, key, number'],
    ['secret/data/wayward', 'constructor', 'which has no such field'],
    ['secret/data/wayward', 'number', 'whose field is no text, or empty'],
    ['secret/data/wayward', 'empty', 'whose field is no text, or empty'],
  ])('%s#%s says where and why: %s', async (path, field, why) => {
    const config = configFor(`secret://vault/${path}#${field}`);
    const attempt = fetchKey(config, env);
    await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
    await expect(attempt).rejects.toThrow(`${config}:2: fingerprint_key refers to `);
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.not.toThrow(VALUE);
    await expect(attempt).rejects.not.toThrow(token);
  });

  test('a path of KV version 2 without its data/, and a deleted version, are told apart', async () => {
    const asAdmin = { VAULT_ADDR: server().url, VAULT_TOKEN: server().rootToken };
    await expect(fetchKey(configFor('secret://vault/secret/wayward#key'), asAdmin)).rejects.toThrow(
      "which is KV version 2: write data/ after the mount's name, such as secret://vault/secret/data/wayward#key",
    );
    await asRoot('POST', 'secret/data/old', { data: { key: VALUE } });
    await asRoot('DELETE', 'secret/data/old');
    await expect(fetchKey(configFor('secret://vault/secret/data/old#key'), asAdmin)).rejects.toThrow(
      'whose newest version was deleted',
    );
  });

  test('a token that Vault does not know is refused without being shown', async () => {
    const attempt = fetchKey(configFor('secret://vault/secret/data/wayward#key'), {
      ...env,
      VAULT_TOKEN: 'hvs.canary',
    });
    await expect(attempt).rejects.toThrow(/403 .*invalid token/);
    await expect(attempt).rejects.not.toThrow('hvs.canary');
  });

  test('wayward revokes with a token that lies in Vault; neither it nor what fetched it is written anywhere', async () => {
    const responder = await tokenWith(server(), policyOf(vault));
    await asRoot('POST', 'secret/data/wayward', { data: { key: VALUE, responder } });
    const agent = (await asRoot('POST', 'auth/token/create', { ttl: '1h' })).body?.auth;
    const folder = temporaryFolder();
    const write = (url: string, path: string) =>
      writeFileSync(
        join(folder, 'wayward.yaml'),
        `secret_providers:
  vault: { url: '${url}', token: secret://file/vault.token }
revokers:
  vault:
    url: ${server().url}
    token: secret://vault/${path}#responder
`,
      );
    writeFileSync(join(folder, 'vault.token'), token, { mode: 0o600 });
    writeFileSync(
      join(folder, 'credentials.yaml'),
      `credentials: [{ id: c, agent: a, kind: vault-token, revoke: { with: vault, accessor: ${agent?.accessor} } }]\n`,
    );
    const revoke = () => runIn(folder, ['revoke', '--credential', 'c', '--execute']);

    const ends = [];
    write(`http://127.0.0.1:${await freePort()}`, 'secret/data/wayward');
    ends.push({
      ...(await revoke()),
      expected: 3,
      says: /wayward\.yaml:6: revokers\.vault\.token refers to .*ECONNREFUSED/,
    });
    write(server().url, 'secret/data/denied');
    ends.push({ ...(await revoke()), expected: 2, says: /wayward\.yaml:6: revokers\.vault\.token refers to .*403/ });
    write(server().url, 'kv1/nothing');
    ends.push({ ...(await revoke()), expected: 2, says: /wayward\.yaml:6: .*where there is nothing/ });
    write(server().url, 'secret/data/wayward');
    ends.push({ ...(await revoke()), expected: 0, says: /c: verified/ });

    for (const { code, stderr, expected, says } of ends) {
      expect(stderr).toMatch(says);
      expect(code).toBe(expected);
    }
    expect((await server().call(agent?.client_token ?? '', 'GET', 'auth/token/lookup-self')).status).toBe(403);
    const state = readdirSync(join(folder, '.wayward'), { recursive: true, withFileTypes: true });
    const written = state
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(written.length).toBeGreaterThan(0);
    const everything = [...written, ...ends.flatMap(({ stdout, stderr }) => [stdout, stderr])].join('\n');
    expect(everything).toContain('Vault knows no token with this accessor any more'); // the record is among it
    for (const secret of [responder, token, VALUE]) expect(everything).not.toContain(secret);
  });
});

describe('without a Vault', () => {
  const reference = 'secret://vault/secret/data/wayward#key';

  test('that answers: a server that is missing, with file and line', async () => {
    const config = configFor(reference);
    const env = { VAULT_ADDR: `http://127.0.0.1:${await freePort()}`, VAULT_TOKEN: 'hvs.canary' };
    const attempt = fetchKey(config, env);
    await expect(attempt).rejects.toMatchObject({ name: 'ServerUnavailableError' });
    await expect(attempt).rejects.toThrow(`${config}:2: fingerprint_key refers to secret/data/wayward in Vault`);
    await expect(attempt).rejects.not.toThrow('hvs.canary');
  });

  test.each([
    [{}, 'refers to Vault, whose address is not known; write secret_providers.vault, or set VAULT_ADDR'],
    [{ VAULT_ADDR: 'vault' }, 'refers to Vault, but VAULT_ADDR is no address'],
    [
      { VAULT_ADDR: 'http://127.0.0.1:1' },
      'refers to Vault, whose token refers to the environment variable VAULT_TOKEN, which is not set',
    ],
  ])('that is known: %j', async (env, why) => {
    const config = configFor(reference);
    await expect(fetchKey(config, env)).rejects.toThrow(`${config}:2: fingerprint_key ${why}`);
  });

  test.each(['secret/data/x', '#key', 'secret/../sys/raw#key', 'a//b#key', 'a#b#c'])(
    '%s is no reference',
    async (location) => {
      const config = configFor(`'secret://vault/${location}'`);
      await expect(fetchKey(config, {})).rejects.toThrow(
        'does not name a path and a field; write such as secret://vault/',
      );
    },
  );

  test('a plain token in secret_providers is refused, unseen', () => {
    const file = configFor(reference, 'secret_providers:\n  vault: { url: http://127.0.0.1:1, token: hvs.canary }\n');
    expect(problemsOf(file, () => loadConfig(file))).toEqual([
      'FILE:4: secret_providers.vault.token must say where the token lies, outside of Vault; write secret://file/PATH or secret://env/NAME',
    ]);
  });
});
