import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { fingerprintKey } from '../../src/config/fingerprint-key.ts';
import { Secret } from '../../src/config/secrets.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { problemsOf, temporaryFile, temporaryFolder } from './temp.ts';

const VALUE = 'correct-horse-battery-staple-0123456789';

const fetchKey = async (file: string, env: Record<string, string> = {}) => {
  const warnings: string[] = [];
  const config = loadConfig(file);
  await config.resolveSecrets(['fingerprint_key'], { env, warn: (message) => warnings.push(message) });
  return { secret: config.fingerprintKey as Secret, warnings };
};

const failureOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error('no error'),
    (reason: Error) => reason,
  );
  expect(error.name).toBe('UsageError');
  return error.message;
};

describe('a secret reference', () => {
  test('to a file of mode 0600 beside the configuration gives what the file holds, without its line end', async () => {
    const secretFile = temporaryFile('key', `${VALUE}\n`);
    const relative = temporaryFile('wayward.yaml', 'fingerprint_key: secret://file/key');
    await expect(fetchKey(relative)).rejects.toThrow(
      /wayward\.yaml:1: fingerprint_key refers to .*\/key, which cannot be read \(ENOENT\)/,
    );
    const config = join(secretFile, '..', 'wayward.yaml');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(config, 'state: s\nfingerprint_key: secret://file/key\n');
    expect((await fetchKey(config)).secret.reveal()).toBe(VALUE);
    writeFileSync(config, `fingerprint_key: secret://file/${secretFile}\n`);
    expect(await fetchKey(config)).toMatchObject({ warnings: [] });
  });

  test.each([0o640, 0o604, 0o660])('to a file that others can read is refused (%o)', async (mode) => {
    const secretFile = temporaryFile('key', VALUE);
    chmodSync(secretFile, mode);
    const config = temporaryFile('wayward.yaml', `state: s\nfingerprint_key: secret://file/${secretFile}`);
    const message = await failureOf(fetchKey(config));
    expect(message).toBe(
      `${config}:2: fingerprint_key refers to ${secretFile}, which other users can read; run chmod 600 ${secretFile}`,
    );
  });

  test('to an empty file is refused', async () => {
    const config = temporaryFile('wayward.yaml', `fingerprint_key: secret://file/${temporaryFile('key', '\n')}`);
    expect(await failureOf(fetchKey(config))).toContain('which is empty; write the secret into it');
  });

  test('to the environment works, with a warning', async () => {
    const config = temporaryFile('wayward.yaml', 'fingerprint_key: secret://env/THE_KEY');
    const { secret, warnings } = await fetchKey(config, { THE_KEY: VALUE });
    expect(secret.reveal()).toBe(VALUE);
    expect(warnings).toEqual([expect.stringContaining('secret://file/PATH is safer')]);
    expect(await failureOf(fetchKey(config))).toBe(
      `${config}:1: fingerprint_key refers to the environment variable THE_KEY, which is not set; set it, or use secret://file/PATH`,
    );
  });

  test.each([
    [
      'a plain secret',
      VALUE,
      'must not hold the secret itself; put it into a file of mode 0600 and write secret://env/NAME, or secret://file/PATH, or secret://vault/PATH#FIELD, or secret://aws-secrets-manager/NAME#FIELD, or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
    [
      'a number',
      '12345678',
      'must not hold the secret itself; put it into a file of mode 0600 and write secret://env/NAME, or secret://file/PATH, or secret://vault/PATH#FIELD, or secret://aws-secrets-manager/NAME#FIELD, or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
    ['an unknown place', 'secret://flie/x', 'refers to an unknown place for secrets; write such as secret://file/PATH'],
    [
      'a name of the prototype',
      'secret://constructor/x',
      'refers to an unknown place for secrets; write such as secret://env/NAME or secret://file/PATH or secret://vault/PATH#FIELD or secret://aws-secrets-manager/NAME#FIELD or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
    [
      'nothing behind it',
      'secret://file/',
      'must not hold the secret itself; put it into a file of mode 0600 and write secret://env/NAME, or secret://file/PATH, or secret://vault/PATH#FIELD, or secret://aws-secrets-manager/NAME#FIELD, or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
  ])('%s is refused, unseen', (_, written, expected) => {
    const file = temporaryFile('wayward.yaml', `fingerprint_key: ${written}`);
    expect(problemsOf(file, () => loadConfig(file))).toEqual([`FILE:1: fingerprint_key ${expected}`]);
  });
});

test('a secret does not show in any way of printing it', async () => {
  const secret = new Secret('secret://env/X');
  expect(() => secret.reveal()).toThrow('was not fetched');
  await secret.resolve({ folder: '/', env: { X: VALUE }, warn: () => {} });
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ a: [secret] }, { showHidden: true }),
  ];
  for (const text of printed) expect(text).not.toContain(VALUE);
  expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
});

describe('the fingerprint key', () => {
  test('is made once, for its owner only', () => {
    const state = join(temporaryFolder(), 'state');
    const key = fingerprintKey(undefined, state);
    expect(key).toHaveLength(32);
    expect(fingerprintKey(undefined, state)).toEqual(key);
    expect(statSync(state).mode & 0o777).toBe(0o700);
    expect(statSync(join(state, 'fingerprint.key')).mode & 0o777).toBe(0o600);
  });

  test('is refused when others can read it, or when it is something else', () => {
    const open = temporaryFile('fingerprint.key', 'x');
    expect(() => fingerprintKey(undefined, join(open, '..'))).toThrow('is no key of Wayward');
    chmodSync(open, 0o644);
    expect(() => fingerprintKey(undefined, join(open, '..'))).toThrow(`run chmod 600 ${open}`);
  });

  test('is refused when it is too short', async () => {
    const config = temporaryFile('wayward.yaml', 'fingerprint_key: secret://env/X');
    const { secret } = await fetchKey(config, { X: 'short' });
    expect(() => fingerprintKey(secret, '/nowhere')).toThrow(
      'is shorter than 32 characters; make one with: openssl rand -hex 32',
    );
  });

  test('says so when the state folder can’t be written', () => {
    const file = temporaryFile('file', '');
    expect(() => fingerprintKey(undefined, join(file, 'state'))).toThrow('choose a state folder that this user owns');
  });
});
