import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { beforeAll, expect, test } from 'vitest';
import type { Secret } from '../../src/config/secrets.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { runIn } from '../cli/process.ts';
import { use } from '../revokers/aws-responder.ts';
import { freePort } from '../servers/free-port.ts';
import { type AwsKeys, policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { problemsOf, temporaryFile, temporaryFolder } from './temp.ts';

const VALUE = 'canary-correct-horse-battery-staple';

const configFor = (location: string, more = '') =>
  temporaryFile('wayward.yaml', `state: s\nfingerprint_key: 'secret://aws-secrets-manager/${location}'\n${more}`);

async function fetchKey(file: string): Promise<string> {
  const config = loadConfig(file);
  await config.resolveSecrets(['fingerprint_key'], { env: {}, warn: () => {} });
  return (config.fingerprintKey as Secret).reveal();
}

/** `secret_providers:` with these keys, whose secret half lies in `aws.key`. */
const providers = (url: string, keys: AwsKeys) =>
  `secret_providers:
  aws-secrets-manager:
    { region: us-east-1, endpoint: '${url}', access_key_id: ${keys.accessKeyId}, secret_access_key: secret://file/aws.key }
`;

describeWith('secret://aws-secrets-manager', startMoto, (server) => {
  let reader: AwsKeys = { accessKeyId: '', secretAccessKey: '' };
  let arn = '';

  beforeAll(async () => {
    const admin = new SecretsManager(server().client(server().admin));
    const plain = await admin.createSecret({ Name: 'wayward/plain', SecretString: VALUE });
    arn = plain.ARN ?? '';
    const fields = { key: VALUE, number: 7, empty: '' };
    await admin.createSecret({ Name: 'wayward/fields', SecretString: JSON.stringify(fields) });
    await admin.createSecret({ Name: 'wayward/list', SecretString: JSON.stringify([VALUE]) });
    await admin.createSecret({ Name: 'wayward/binary', SecretBinary: Buffer.from(VALUE) });
    await admin.createSecret({ Name: 'wayward/changed', SecretString: 'old' });
    await admin.putSecretValue({ SecretId: 'wayward/changed', SecretString: VALUE });
    await admin.createSecret({ Name: 'wayward/deleted', SecretString: VALUE });
    await admin.deleteSecret({ SecretId: 'wayward/deleted' });
    reader = (await server().newUser('reader', policyThat('Allow', 'secretsmanager:GetSecretValue'))).keys;
  });

  function configAs(keys: AwsKeys, location: string, url = server().url): string {
    const config = configFor(location, providers(url, keys));
    writeFileSync(join(config, '..', 'aws.key'), keys.secretAccessKey, { mode: 0o600 });
    return config;
  }

  test('a text, one field of a JSON secret, by name and by ARN, the current version', async () => {
    for (const location of ['wayward/plain', 'wayward/fields#key', 'wayward/changed', arn])
      expect(await fetchKey(configAs(reader, location))).toBe(VALUE);
  });

  test.each([
    [
      'wayward/nothing',
      'UsageError',
      /wayward\/nothing in AWS .*40[04] ResourceNotFoundException: Secrets Manager can't find/,
    ],
    ['wayward/deleted', 'UsageError', /wayward\/deleted in AWS .*InvalidRequestException/],
    ['wayward/binary', 'UsageError', 'which is binary; store it as a text'],
    ['wayward/plain#key', 'UsageError', 'which has no fields, since it is no JSON object; leave out #key'],
    ['wayward/list#0', 'UsageError', 'which has no fields, since it is no JSON object; leave out #0'],
    ['wayward/fields#kee', 'UsageError', 'which has no such field; its fields: key, number, empty'],
    ['wayward/fields#constructor', 'UsageError', 'which has no such field'],
    ['wayward/fields#number', 'UsageError', 'whose field is no text, or empty'],
    ['wayward/fields#empty', 'UsageError', 'whose field is no text, or empty'],
  ])('%s says where and why', async (location, name, why) => {
    const config = configAs(reader, location);
    const attempt = fetchKey(config);
    await expect(attempt).rejects.toMatchObject({ name });
    await expect(attempt).rejects.toThrow(`${config}:2: fingerprint_key refers to `);
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.not.toThrow(VALUE);
    await expect(attempt).rejects.not.toThrow(reader.secretAccessKey);
  });

  test('no right to read it', async () => {
    const { keys } = await server().newUser('powerless', policyThat('Deny', 'secretsmanager:*'));
    const attempt = fetchKey(configAs(keys, 'wayward/plain'));
    await expect(attempt).rejects.toThrow('which cannot be read: AWS answered 403: Wayward may not do that there');
    await expect(attempt).rejects.toMatchObject({ name: 'UsageError' });
  });

  test('a server that does not answer is a server that is missing', async () => {
    const attempt = fetchKey(configAs(reader, 'wayward/plain', `http://127.0.0.1:${await freePort()}`));
    await expect(attempt).rejects.toThrow(
      /wayward\/plain in AWS Secrets Manager, which cannot be read: AWS: ECONNREFUSED/,
    );
    await expect(attempt).rejects.toMatchObject({ name: 'ServerUnavailableError' });
  });

  test('wayward revokes with a key that lies there; no key is written anywhere', async () => {
    const { keys: responder } = await server().newUser('responder', policyThat('Allow', 'iam:*'));
    const agent = await server().newUser('agent', policyThat('Allow', 'iam:ListAccountAliases'));
    const admin = new SecretsManager(server().client(server().admin));
    await admin.createSecret({ Name: 'wayward/responder', SecretString: responder.secretAccessKey });
    const folder = temporaryFolder();
    const write = (secret: string) =>
      writeFileSync(
        join(folder, 'wayward.yaml'),
        `${providers(server().url, reader)}revokers:
  aws:
    endpoint: ${server().url}
    region: us-east-1
    access_key_id: ${responder.accessKeyId}
    secret_access_key: secret://aws-secrets-manager/wayward/${secret}
`,
      );
    writeFileSync(join(folder, 'aws.key'), reader.secretAccessKey, { mode: 0o600 });
    writeFileSync(
      join(folder, 'credentials.yaml'),
      `credentials:
  - id: c
    agent: a
    kind: aws-access-key
    revoke: { with: aws-access-key-delete, user: ${agent.user}, access_key_id: ${agent.keys.accessKeyId} }
`,
    );
    const revoke = () => runIn(folder, ['revoke', '--credential', 'c', '--execute']);

    write('nothing');
    const missing = await revoke();
    expect(missing.stderr).toMatch(/wayward\.yaml:9: revokers\.aws\.secret_access_key refers to wayward\/nothing/);
    expect(missing.code).toBe(2);
    write('plain'); // a secret, but not the one of that key
    const wrong = await revoke();
    expect(wrong.stderr).toContain('SignatureDoesNotMatch: the secret access key is not the one of the access key');
    expect(await use(server(), agent.keys)).toBe('ok');
    write('responder');
    const done = await revoke();
    expect(done.stderr).toContain('c: verified');
    expect(done.code).toBe(0);
    expect(await use(server(), agent.keys)).toBe('InvalidClientTokenId');
    const { AccessKeyMetadata: left } = await new IAM(server().client(server().admin)).listAccessKeys({
      UserName: agent.user,
    });
    expect(left).toEqual([]);

    const state = readdirSync(join(folder, '.wayward'), { recursive: true, withFileTypes: true });
    const written = state
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    const ends = [missing, wrong, done].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    const everything = [...written, ...ends].join('\n');
    expect(everything).toContain('IAM lists no such key of the user'); // the record is among it
    for (const secret of [responder.secretAccessKey, reader.secretAccessKey, VALUE])
      expect(everything).not.toContain(secret);
  });
});

test.each(['', '#key', 'a#b#c', 'a b', 'a#'])('%s is no reference', async (location) => {
  const file = configFor(location);
  const attempt = async () => fetchKey(file);
  await expect(attempt()).rejects.toThrow(/write such as secret:\/\/|put it into a file/);
});

test('half a key, and a plain one, are refused, unseen', () => {
  const written = (settings: string) => configFor('a', `secret_providers:\n  aws-secrets-manager: { ${settings} }\n`);
  const half = written('access_key_id: AKIAIOSFODNN7EXAMPLE');
  expect(problemsOf(half, () => loadConfig(half))).toEqual([
    'FILE:4: secret_providers.aws-secrets-manager has one of access_key_id and secret_access_key; write both, or neither',
  ]);
  const plain = written(`access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: ${VALUE}`);
  expect(problemsOf(plain, () => loadConfig(plain))).toEqual([
    'FILE:4: secret_providers.aws-secrets-manager.secret_access_key must say where the key lies, outside of AWS; write secret://file/PATH or secret://env/NAME',
  ]);
});

test('revokers.aws: {} is enough; what is wrong there says what to write', () => {
  const of = (settings: string) => temporaryFile('wayward.yaml', `revokers:\n  aws: ${settings}\n`);
  expect(loadConfig(of('{}')).revokers).toEqual({ aws: {} });
  const half = of('{ secret_access_key: secret://file/aws.key }');
  expect(problemsOf(half, () => loadConfig(half))).toEqual([
    'FILE:2: revokers.aws has one of access_key_id and secret_access_key; write both, or neither',
  ]);
  const plain = of(`{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: ${VALUE} }`);
  expect(problemsOf(plain, () => loadConfig(plain)).join()).toContain('must not hold the secret itself');
  expect(problemsOf(plain, () => loadConfig(plain)).join()).not.toContain(VALUE);
  const role = of('{ role_arn: wayward }');
  expect(problemsOf(role, () => loadConfig(role))).toEqual([
    'FILE:2: revokers.aws.role_arn is no role; write such as arn:aws:iam::123456789012:role/wayward',
  ]);
});
