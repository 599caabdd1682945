import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { canariesOfEveryShape, jsonWebToken, plainCanary, serviceAccountKey } from './canaries.ts';
import { Search } from './search.ts';

/** A plain secret in the configuration is refused, with the line to write instead, and is not shown. */

const CANARIES = [...canariesOfEveryShape(), jsonWebToken(), serviceAccountKey('https://oauth2.googleapis.com/token')];
const SRC = join(import.meta.dirname, '..', '..', 'src');

/** Keys; behind one of `BESIDE`, what else stands there may be another. */
type Path = readonly (string | object)[];

/** Every field of a schema that takes a secret, by its place in src: where in wayward.yaml or in the registry it stands. */
const FIELDS: Readonly<Record<string, readonly Path[]>> = {
  'config/wayward-yaml.ts fingerprint_key': [['fingerprint_key']],
  'kafka/settings.ts key': [['kafka', 'tls', 'key']],
  'kafka/settings.ts password': [['kafka', 'sasl', { mechanism: 'scram-sha-512', username: 'u' }, 'password']],
  'kafka/settings.ts client_secret': [['kafka', 'sasl', { mechanism: 'oauthbearer' }, 'client_secret']],
  'sinks/elasticsearch/settings.ts password': [['elasticsearch', 'password']],
  'sinks/elasticsearch/settings.ts api_key': [['elasticsearch', 'api_key']],
  'sinks/splunk.ts token': [['splunk', 'token']],
  'sinks/kibana/settings.ts password': [['kibana', 'password']],
  'sinks/kibana/settings.ts api_key': [['kibana', 'api_key']],
  'response/config.ts secret': [['response', 'webhook', 'secret']],
  'response/config.ts key': [['response', 'approvals', 'key']],
  'drills/oauth.ts client_secret': [['drills', 'client_secret']],
  'drills/gateway.ts key': ['nginx', 'envoy'].map((kind) => ['drills', { with: kind }, 'key']),
  'revokers/postgres-client.ts url': [['revokers', 'postgres', 'url']],
  'revokers/mariadb-client.ts url': [['revokers', 'mariadb', 'url']],
  'revokers/vault-settings.ts token': [['revokers', 'vault', 'token']],
  'revokers/oauth.ts client_secret': [
    ['revokers', 'oauth', 'client_secret'],
    ['credentials', 'revoke', 'owner', 'client_secret'],
  ],
  'revokers/oauth.ts token': [['credentials', 'revoke', 'token']],
  'revokers/aws-settings.ts secret_access_key': [['revokers', 'aws', 'secret_access_key']],
  'revokers/gcp-settings.ts key': [['revokers', 'gcp', 'key']],
  'revokers/gcp-settings.ts access_token': [['revokers', 'gcp', 'access_token']],
  'authensor/settings.ts key': [
    ['revokers', 'authensor', 'key'],
    ['authensor', 'key'],
  ],
  'revokers/webhook.ts secret': [['revokers', 'webhook', 'secret']],
  'rotation/postgres-password.ts secret': [
    ['credentials', 'rotate', 'secret'],
    ['credentials', 'revoke', { with: 'rotation' }, 'rotate', 'secret'],
  ],
  'rotation/mariadb-password.ts secret': [['credentials', 'rotate', { with: 'mariadb-password', user: 'u' }, 'secret']],
  'rotation/aws-access-key.ts secret': [['credentials', 'rotate', { with: 'aws-access-key', user: 'u' }, 'secret']],
  'config/secret-providers/vault.ts token': [['secret_providers', 'vault', 'token']],
  'config/secret-providers/aws-secrets-manager.ts secret_access_key': [
    ['secret_providers', 'aws-secrets-manager', 'secret_access_key'],
  ],
  'config/secret-providers/gcp-secret-manager.ts key': [['secret_providers', 'gcp-secret-manager', 'key']],
  'config/secret-providers/gcp-secret-manager.ts access_token': [
    ['secret_providers', 'gcp-secret-manager', 'access_token'],
  ],
};

/** Values under names that people choose. */
const UNDER_OWN_NAMES: Readonly<Record<string, readonly Path[]>> = {
  'sinks/otlp.ts headers': [['otlp', 'headers', 'x-api-key']],
};

/** Read what another schema has checked already. */
const CHECKED_ELSEWHERE = /^(drills\/(postgres|mariadb)|rotation\/vault-database-static)\.ts url$/;

/** What else an entry needs so that it is this field that is wrong. */
const BESIDE: Readonly<Record<string, object>> = {
  drills: { with: 'oauth' },
  credentials: { id: 'c', agent: 'a', kind: 'api-key' },
  revoke: { with: 'oauth' },
  rotate: { with: 'postgres-password', role: 'r' },
};

const LISTS = ['drills', 'credentials'];

/** Content with this value at the path; a list is one of a single entry. */
function withValue([first, ...rest]: Path, value: unknown): object {
  const key = String(first);
  if (rest.length === 0) return { [key]: value };
  const [next] = rest;
  const inner =
    typeof next === 'object'
      ? { ...next, ...withValue(rest.slice(1), value) }
      : { ...BESIDE[key], ...withValue(rest, value) };
  return { [key]: LISTS.includes(key) ? [inner] : inner };
}

test('every field that takes a secret is tried', async () => {
  const files = await glob('**/*.ts', { cwd: SRC });
  const found = files.flatMap((file) => {
    const source = readFileSync(join(SRC, file), 'utf8');
    return [...source.matchAll(/(\w+): (?:secretSchema|placeSchema|ownSecret)(?!\w)|(\w+): ownSecretSchema\(/g)].map(
      ([, field, own]) => `${file} ${field ?? own}`,
    );
  });
  const tried = Object.keys(FIELDS);
  expect(found.filter((field) => !CHECKED_ELSEWHERE.test(field)).toSorted()).toEqual(expect.arrayContaining(tried));
  expect(found.filter((field) => !tried.includes(field) && !CHECKED_ELSEWHERE.test(field))).toEqual([]);
});

/** What the command says of a configuration whose field at the path holds that, in the ways that people write it. */
async function refusals(path: Path, value: string): Promise<{ code: number; said: string }[]> {
  const folder = temporaryFolder();
  const isRegistry = path[0] === 'credentials';
  const file = join(folder, isRegistry ? 'credentials.yaml' : 'wayward.yaml');
  if (isRegistry) writeFileSync(join(folder, 'wayward.yaml'), '');
  const content = withValue(path, value);
  const marked = stringify(withValue(path, 'MARK'));
  const answers: { code: number; said: string }[] = [];
  // In quotes, and as it is: what YAML makes of that may be anything.
  for (const text of [JSON.stringify(content), stringify(content), marked.replace('MARK', () => value)]) {
    writeFileSync(file, text);
    const { code, stdout, stderr } = await run(['run', '--config', join(folder, 'wayward.yaml')]);
    answers.push({ code, said: stdout + stderr });
  }
  return answers;
}

test.each(Object.entries({ ...FIELDS, ...UNDER_OWN_NAMES }))('%s', async (_field, paths) => {
  for (const path of paths) {
    for (const canary of CANARIES) {
      const search = new Search([canary]);
      const answers = await refusals(path, canary.value);
      for (const { code, said } of answers) {
        expect({ code, said }).toMatchObject({ code: 2 });
        expect(search.in('the refusal', said)).toEqual([]);
      }
      expect(answers[0]?.said).toContain(`${path.at(-1)} `);
      expect(answers[0]?.said).toContain('secret://');
    }
  }
});

const URLS: readonly Path[] = [
  ['elasticsearch', 'node'],
  ['kibana', 'url'],
  ['otlp', 'endpoint'],
  ['splunk', 'url'],
  ['response', 'webhook', 'url'],
  ['drills', { with: 'nginx' }, 'url'],
  ['response', 'approvals', 'url'],
  ['drills', 'token_url'],
  ['drills', 'resource_url'],
  ['revokers', 'vault', 'url'],
  ['revokers', 'oauth', 'revocation_url'],
  ['revokers', 'oauth', 'introspection_url'],
  ['revokers', 'aws', 'endpoint'],
  ...['iam_url', 'secret_manager_url', 'metadata_url'].map((field) => ['revokers', 'gcp', field]),
  ['revokers', 'authensor', 'url'],
  ['authensor', 'url'],
  ['revokers', 'nginx', 'probe'],
  ['revokers', 'envoy', 'admin'],
  ['secret_providers', 'vault', 'url'],
  ['secret_providers', 'aws-secrets-manager', 'endpoint'],
  ['secret_providers', 'gcp-secret-manager', 'url'],
  ['credentials', 'revoke', 'url'],
  ['credentials', 'revoke', 'verify_url'],
];

test.each(URLS.map((path) => [path.join('.'), path] as const))(
  'a password in the address %s is refused, too',
  async (_name, path) => {
    const canary = plainCanary('a password');
    for (const address of [`https://user:${canary.value}@h.example.com/x`, `https://${canary.value}@h.example.com`]) {
      for (const { code, said } of await refusals(path, address)) {
        expect({ code, said }).toMatchObject({ code: 2 });
        expect(new Search([canary]).in('the refusal', said)).toEqual([]);
      }
    }
  },
);

test('so is one in VAULT_ADDR', async () => {
  const canary = plainCanary('a password');
  const file = join(temporaryFolder(), 'wayward.yaml');
  writeFileSync(file, 'fingerprint_key: secret://vault/secret/data/wayward#key\n');
  const env = { VAULT_ADDR: `http://user:${canary.value}@127.0.0.1:9`, VAULT_TOKEN: 'hvs.x' };
  const { code, stderr } = await run(['scan', '-', '--config', file], { env });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('VAULT_ADDR is no address') });
  expect(new Search([canary]).in('stderr', stderr)).toEqual([]);
});
