import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Secret } from '../../src/config/secrets.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { crc32c } from '../../src/crc32c.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { freePort } from '../servers/free-port.ts';
import { gcpAgent } from '../servers/gcp-agent.ts';
import { describeWith } from '../servers/require-server.ts';
import { problemsOf, temporaryFile } from './temp.ts';

const VALUE = 'canary-correct-horse-battery-staple';
const AT = 'projects/billing-prod/secrets';

const configFor = (reference: string, more = '') =>
  temporaryFile('wayward.yaml', `state: s\nfingerprint_key: ${reference}\n${more}`);

async function fetchKey(file: string, env: Readonly<Record<string, string>> = {}) {
  const warnings: string[] = [];
  const config = loadConfig(file);
  await config.resolveSecrets(['fingerprint_key'], { env, warn: (message) => warnings.push(message) });
  return { value: (config.fingerprintKey as Secret).reveal(), warnings };
}

describeWith('secret://gcp-secret-manager (a fake)', startFakeGcp, (fake) => {
  const url = () => `${fake().secretManagerUrl}v1/${AT}`;
  let writer: ReturnType<typeof gcpAgent>;
  let key = '';

  const add = async (secret: string, text: string | Buffer) => {
    const data = Buffer.from(text).toString('base64');
    expect(await writer.post(`${url()}/${secret}:addVersion`, { payload: { data } })).toMatchObject({ status: 200 });
  };
  /** Settings beside a key file that holds `text`. */
  function configWith(reference: string, text = key, settings = 'key: secret://file/gcp.json'): string {
    const providers = `secret_providers:\n  gcp-secret-manager: { url: '${fake().secretManagerUrl}', ${settings} }\n`;
    const file = configFor(`secret://gcp-secret-manager/${reference}`, providers);
    writeFileSync(join(file, '..', 'gcp.json'), text, { mode: 0o600 });
    return file;
  }

  beforeAll(async () => {
    const permissions = ['secretmanager.versions.add', 'secretmanager.versions.disable'];
    writer = gcpAgent(fake(), fake().newAccount('writer', permissions).newKey().file);
    await writer.logIn();
    key = fake().newAccount('wayward', ['secretmanager.versions.access']).newKey().file;
    for (const name of ['wayward', 'json', 'binary', 'empty', 'big', 'disabled', 'none']) fake().newSecret(name);
    await add('wayward', 'canary-of-before');
    await add('wayward', VALUE);
    await add('json', JSON.stringify({ key: VALUE, number: 7, empty: '' }));
    await add('binary', Buffer.from([0xff, 0xfe, 0x00]));
    await add('empty', '\n');
    await add('big', `${'x'.repeat(65_535)}\n`);
    await add('disabled', VALUE);
    await writer.post(`${url()}/disabled/versions/1:disable`, {});
  });
  afterEach(() => {
    fake().answer(undefined);
    fake().answerTokens(undefined);
  });

  test('the newest version, another one, and a field, with a key in a file of mode 0600', async () => {
    expect(await fetchKey(configWith(`${AT}/wayward`))).toEqual({ value: VALUE, warnings: [] });
    expect((await fetchKey(configWith(`${AT}/wayward/versions/1`))).value).toBe('canary-of-before');
    expect((await fetchKey(configWith(`${AT}/wayward/versions/latest`))).value).toBe(VALUE);
    expect((await fetchKey(configWith(`${AT}/json#key`))).value).toBe(VALUE);
  });

  test('the largest secret that Secret Manager takes, without the line end at its end', async () => {
    expect((await fetchKey(configWith(`${AT}/big`))).value).toBe('x'.repeat(65_535));
  });

  test('with GOOGLE_APPLICATION_CREDENTIALS, an access token, or the metadata server', async () => {
    const file = temporaryFile('adc.json', key);
    const settings = `metadata_url: '${fake().metadataUrl}'`;
    const config = configWith(`${AT}/wayward`, '', settings);
    expect(await fetchKey(config, { GOOGLE_APPLICATION_CREDENTIALS: file })).toEqual({ value: VALUE, warnings: [] });

    await expect(fetchKey(config)).rejects.toThrow('metadata server answered 404: this machine has no service account');
    fake().attach(fake().newAccount('of-the-machine', ['secretmanager.versions.access']));
    expect((await fetchKey(config)).value).toBe(VALUE);
    const host = new URL(fake().metadataUrl).host;
    expect((await fetchKey(configWith(`${AT}/wayward`, '', ''), { GCE_METADATA_HOST: host })).value).toBe(VALUE);

    const headers = { 'metadata-flavor': 'Google' };
    const path = '/computeMetadata/v1/instance/service-accounts/default/token';
    const answer = await (await fetch(`${fake().metadataUrl}${path}`, { headers })).json();
    const { access_token } = answer as { access_token: string };
    const withToken = configWith(`${AT}/wayward`, '', 'access_token: secret://env/TOKEN');
    expect(await fetchKey(withToken, { TOKEN: access_token })).toEqual({
      value: VALUE,
      warnings: [expect.stringContaining('secret://env/TOKEN')],
    });
  });

  test.each([
    [`${AT}/nothing`, `Secret Manager answered 404 NOT_FOUND Secret [projects/123456789012/secrets/nothing]`],
    [`${AT}/wayward/versions/9`, `check the name ${AT}/wayward/versions/9:access`],
    [`${AT}/none`, '404 NOT_FOUND'],
    ['projects/other-project/secrets/x', '403 PERMISSION_DENIED'],
    ['projects/other-project/secrets/x', 'its account needs secretmanager.versions.access on projects/other-project/'],
    [`${AT}/disabled`, 'which is disabled or destroyed; enable it, or name another version'],
    [`${AT}/binary`, 'which is no text in UTF-8'],
    [`${AT}/empty`, 'which is empty'],
    [`${AT}/json#kee`, 'which has no such field; its fields: key, number, empty'],
    [`${AT}/json#constructor`, 'which has no such field'],
    [`${AT}/json#number`, 'whose field is no text, or empty'],
    [`${AT}/json#empty`, 'whose field is no text, or empty'],
    [`${AT}/wayward#key`, 'which has no fields, since it is no JSON object; leave out #key'],
  ])('%s says where and why: %s', async (reference, why) => {
    const config = configWith(reference);
    const attempt = fetchKey(config);
    await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
    await expect(attempt).rejects.toThrow(`${config}:2: fingerprint_key refers to `);
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.not.toThrow(/canary|PRIVATE KEY/);
  });

  test.each([
    ['with another checksum', { data: btoa(VALUE), dataCrc32c: '1' }, /damaged on its way/],
    [
      'cut off',
      { data: btoa(VALUE.slice(0, -3)), dataCrc32c: String(crc32c(Buffer.from(VALUE))) },
      /damaged on its way/,
    ],
    ['without a payload', undefined, /answered oddly/],
  ])('an answer %s is not taken', async (_, payload, why) => {
    fake().answer(200, JSON.stringify({ name: 'x', payload }));
    const attempt = fetchKey(configWith(`${AT}/wayward`));
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.not.toThrow(/canary/);
  });

  test.each([429, 500, 503])('a server that answers %i ends as a server that is missing', async (status) => {
    fake().answer(status, '{}');
    await expect(fetchKey(configWith(`${AT}/wayward`))).rejects.toMatchObject({ name: 'ServerUnavailableError' });
  });

  test.each([
    [
      '{"type":"authorized_user","refresh_token":"canary"}',
      'is of type authorized_user; use the JSON of a service-account',
    ],
    [
      '{"type":"external_account","audience":"canary"}',
      'the configuration of workload identity federation is damaged, or its token is; make it anew',
    ],
    ['canary', 'is none, or lacks a field'],
    ['{"type":"service_account"}', 'is none, or lacks a field'],
    [
      JSON.stringify({
        ...{ type: 'service_account', client_email: 'a', private_key_id: 'b', private_key: 'canary' },
        token_uri: 'http://127.0.0.1:1/',
      }),
      'private_key in the key file for Google Cloud is damaged',
    ],
  ])('a key file that is none is refused, unseen: %s', async (text, why) => {
    const attempt = fetchKey(configWith(`${AT}/wayward`, text));
    await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.not.toThrow('canary');
  });

  test('a key file that others can read is refused', async () => {
    const file = temporaryFile('adc.json', key, 0o644);
    const attempt = fetchKey(configWith(`${AT}/wayward`, '', ''), { GOOGLE_APPLICATION_CREDENTIALS: file });
    await expect(attempt).rejects.toThrow(
      `refers to Secret Manager, whose own credential refers to ${file}, which other users can read; run chmod 600`,
    );
  });

  test('an access token that Google does not know is refused, unseen', async () => {
    const config = configWith(`${AT}/wayward`, '', 'access_token: secret://env/TOKEN');
    const attempt = fetchKey(config, { TOKEN: 'ya29.canary' });
    await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
    await expect(attempt).rejects.toThrow(/401 UNAUTHENTICATED .*check the key or access token/);
    await expect(attempt).rejects.not.toThrow('canary');
  });
});

describe('without Secret Manager', () => {
  test('that answers: a server that is missing, with file and line', async () => {
    const settings = `{ url: 'http://127.0.0.1:${await freePort()}', access_token: secret://env/TOKEN }`;
    const more = `secret_providers:\n  gcp-secret-manager: ${settings}\n`;
    const config = configFor(`secret://gcp-secret-manager/${AT}/wayward`, more);
    const attempt = fetchKey(config, { TOKEN: 'ya29.canary' });
    await expect(attempt).rejects.toMatchObject({ name: 'ServerUnavailableError' });
    await expect(attempt).rejects.toThrow(`${config}:2: fingerprint_key refers to ${AT}/wayward/versions/latest`);
    await expect(attempt).rejects.not.toThrow('canary');
  });

  test.each([
    'wayward',
    'projects/p',
    'projects//secrets/x',
    'projects/../secrets/x',
    'projects/p1/secrets/a/b',
    'projects/p1/secrets/x:destroy',
    'projects/p1/secrets/x/versions/',
    'projects/p1/secrets/x?alt=media',
    'projects/p1/secrets/x#',
  ])('%s is no reference', async (location) => {
    const config = configFor(`'secret://gcp-secret-manager/${location}'`);
    await expect(fetchKey(config)).rejects.toThrow(
      'does not name a secret; write such as secret://gcp-secret-manager/',
    );
  });

  test.each([
    [
      '{ key: canary }',
      'key must say where it lies, outside of Secret Manager; write secret://file/PATH or secret://env/NAME',
    ],
    [
      '{ access_token: secret://gcp-secret-manager/projects/p/secrets/canary }',
      'access_token must say where it lies, outside of Secret Manager; write secret://file/PATH or secret://env/NAME',
    ],
  ])('a credential of its own that is plain, or lies in there, is refused: %s', (settings, problem) => {
    const file = configFor('secret://env/K', `secret_providers:\n  gcp-secret-manager: ${settings}\n`);
    expect(problemsOf(file, () => loadConfig(file))).toEqual([
      `FILE:4: secret_providers.gcp-secret-manager.${problem}`,
    ]);
  });

  test('both a key and a token are refused', () => {
    const settings = '{ key: secret://file/k, access_token: secret://file/t }';
    const file = configFor('secret://env/K', `secret_providers:\n  gcp-secret-manager: ${settings}\n`);
    expect(problemsOf(file, () => loadConfig(file))).toEqual([
      'FILE:4: secret_providers.gcp-secret-manager has both a key and an access_token; write one of them',
    ]);
  });
});
