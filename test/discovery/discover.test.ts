import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { run } from '../cli/run.ts';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';

const START = Date.UTC(2026, 10, 2, 8);
const LOGS = fileURLToPath(new URL('../fixtures/logs', import.meta.url));

interface Call {
  readonly credential: string;
  readonly uri: string;
  readonly client?: string;
  readonly minute?: number;
  readonly status?: number;
}

const line = ({ credential, uri, client = 'agent/1.0', minute = 0, status = 200 }: Call): string =>
  JSON.stringify({
    time: new Date(START + minute * 60_000).toISOString().replace('.000Z', '+00:00'),
    ...{
      request_id: `${credential}-${minute}-${uri}`,
      remote_addr: '10.1.2.3',
      credential,
      method: 'GET',
      uri,
      status,
    },
    ...{ body_bytes_sent: 68, request_time: 0.01, user_agent: client },
  });

/** Each of these agents reads these paths, one after the other. */
const working = (credentials: readonly string[], paths: readonly string[], uses = 30): string[] =>
  credentials.flatMap((credential) =>
    Array.from({ length: uses }, (_, minute) => line({ credential, uri: paths[minute % paths.length] ?? '', minute })),
  );

const FLEET = [
  ...working(['cred-support-bot-1-gateway', 'cred-support-bot-2-gateway'], ['/v1/tickets', '/v1/customers']),
  ...working(['cred-billing-gateway'], ['/v1/invoices']),
];

interface Place {
  readonly folder: string;
  readonly file: string;
  discover(lines: readonly string[], ...args: string[]): ReturnType<typeof run>;
}

/** A folder with a configuration and, perhaps, a registry. */
function place(registry?: string): Place {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, registry === undefined ? '' : 'credentials: credentials.yaml\n');
  const file = join(folder, 'credentials.yaml');
  if (registry !== undefined) writeFileSync(file, registry);
  return {
    ...{ folder, file },
    discover: (lines, ...args) =>
      run(['credentials', 'discover', '--config', config, '--identity', 'from-key-map', ...args], {
        stdin: `${lines.join('\n')}\n`,
      }),
  };
}

describe('wayward credentials discover', () => {
  test('proposes an entry for each credential that was used, with peers who do the same, as a registry that can be read', async () => {
    const { code, stdout } = await place().discover(FLEET);
    expect(code).toBe(0);
    const found = loadCredentials(temporaryFile('credentials.yaml', stdout));
    expect(
      found.map(({ id, agent, peerGroup, slot, kind, match }) => ({ id, agent, peerGroup, slot, kind, match })),
    ).toEqual([
      {
        ...{ id: 'billing-gateway', agent: 'billing', peerGroup: 'billing', slot: 'gateway', kind: 'api-key' },
        match: { credential_id: ['cred-billing-gateway'] },
      },
      ...[1, 2].map((number) => ({
        ...{ id: `support-bot-${number}-gateway`, agent: `support-bot-${number}`, peerGroup: 'support-bot' },
        ...{ slot: 'gateway', kind: 'api-key', match: { credential_id: [`cred-support-bot-${number}-gateway`] } },
      })),
    ]);
    expect(stdout).toMatch(/^# 3 new, 0 known and used, 0 known and not used/);
    expect(stdout).toContain(
      '30 uses, first 2026-11-02 08:00, last 2026-11-02 08:29 UTC; from 10.1.2.3; client agent/1.0',
    );
  });

  test('the same logs give the same text, however their records are mixed', async () => {
    const here = place();
    const [one, other] = [await here.discover(FLEET), await here.discover(FLEET.toSorted())];
    expect(other.stdout.replaceAll(/^ *#.*\n/gm, '')).toBe(one.stdout.replaceAll(/^ *#.*\n/gm, ''));
  });

  test('agents that do other work are no peers, however alike their names; nor is anybody with few uses', async () => {
    const lines = [
      ...working(['bot-1'], ['/v1/tickets']),
      ...working(['bot-2'], ['/v1/payments']),
      ...working(['bot-3'], ['/v1/tickets'], 5),
    ];
    expect((await place().discover(lines)).stdout).not.toContain('peer_group');
  });

  test('--write makes the file, and a second time changes nothing', async () => {
    const here = place();
    const first = await here.discover(FLEET, '--write');
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('3 credentials added') });
    const text = readFileSync(here.file, 'utf8');
    expect(loadCredentials(here.file)).toHaveLength(3);
    expect(statSync(here.file).mode & 0o777).toBe(0o600);
    const second = await here.discover(FLEET, '--write');
    expect(second.stdout).toMatch(/^# 0 new, 3 known and used, 0 known and not used/);
    expect(second.stdout).not.toContain('credentials:');
    expect(second.stderr).toContain('nothing to add');
    expect(readFileSync(here.file, 'utf8')).toBe(text);
  });

  test('without --write nothing is written', async () => {
    const here = place('# ours\ncredentials: []\n');
    await here.discover(FLEET);
    expect(readFileSync(here.file, 'utf8')).toBe('# ours\ncredentials: []\n');
  });

  const WRITTEN = `# Ours, by hand.
credentials:
    - id: old   # from before
      agent: support-bot-1
      peer_group: helpers
      slot: gateway
      kind: api-key
      match: { credential_id: cred-support-bot-1-gateway }
    - { id: gone, agent: gone, kind: api-key, match: { credential_id: gone } }
# The end.
`;

  test('says first what differs from a registry, keeps all that stands in it, and has newcomers join its groups', async () => {
    const here = place(WRITTEN);
    const { stdout } = await here.discover(FLEET, '--write');
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^# 2 new, 1 known and used, 1 known and not used, compared with .*credentials.yaml$/),
      '# + billing-gateway: last used 2026-11-02 08:29 UTC',
      '# + support-bot-2-gateway: last used 2026-11-02 08:29 UTC',
      '# = old: last used 2026-11-02 08:29 UTC, 30 uses',
      '# - gone: not used in these logs',
    ]);
    const text = readFileSync(here.file, 'utf8');
    for (const before of WRITTEN.trimEnd().split('\n')) expect(text).toContain(before);
    expect(loadCredentials(here.file).map(({ id, peerGroup }) => [id, peerGroup])).toEqual([
      ...[
        ['old', 'helpers'],
        ['gone', 'gone'],
      ],
      ...[
        ['billing-gateway', 'billing'],
        ['support-bot-2-gateway', 'helpers'],
      ],
    ]);
  });

  test.each([
    ['JSON', JSON.stringify({ credentials: [{ id: 'old', agent: 'old', kind: 'api-key' }] })],
    ['NDJSON', '{"id":"old","agent":"old","kind":"api-key"}\n{"id":"older","agent":"older","kind":"api-key"}\n'],
    ['a list in brackets', 'credentials: [{ id: old, agent: old, kind: api-key }]\n'],
  ])('where %s leaves no place for entries, nothing is written, and it says so', async (_name, registry) => {
    const here = place(registry);
    const { code, stderr } = await here.discover(FLEET, '--write');
    expect(code).toBe(2);
    expect(stderr).toContain('add those above by hand');
    expect(readFileSync(here.file, 'utf8')).toBe(registry);
  });

  test('nobody is proposed by a name that the request bears, and uses without a name are told by where they come from', async () => {
    const here = place();
    const combined = (user: string) =>
      `10.9.8.7 - ${user} [02/Nov/2026:08:00:00 +0000] "GET /v1/orders HTTP/1.1" 200 68 "-" "curl/8.1"`;
    const claimed = await run(['credentials', 'discover', '--config', join(here.folder, 'wayward.yaml'), '-'], {
      stdin: `${Array.from({ length: 20 }, () => combined('admin')).join('\n')}\n`,
    });
    expect(claimed.stdout).toContain('0 new');
    expect(claimed.stdout).toContain('20 uses bear a name that nothing proves');
    expect(claimed.stdout).not.toContain('admin');
    const nameless = await here.discover(Array.from({ length: 20 }, () => combined('-')));
    expect(nameless.stdout).toContain('20 uses name nobody');
    expect(nameless.stdout).toContain('#   10.9.8.7 curl/8.1: 20 uses');
    const refused = await run(['credentials', 'discover', '--config', join(here.folder, 'wayward.yaml'), '-'], {
      stdin: `${line({ credential: 'cred-guess', uri: '/', status: 401 })}\n`,
    });
    expect(refused.stdout).not.toContain('guess');
  });

  test('whoever chose the names of a client or a key writes no entry of the registry', async () => {
    const client = 'x\n- id: evil\n  agent: evil\u001b[2J\u202e';
    const credential = 'a" }\n  - id: evil # *';
    const lines = [
      ...Array.from({ length: 3 }, () => line({ credential: 'cred-a', uri: '/', client })),
      line({ credential, uri: '/' }),
      line({ credential: 'b*', uri: '/' }),
    ];
    const { stdout } = await place().discover(lines);
    expect(loadCredentials(temporaryFile('credentials.yaml', stdout)).map(({ id }) => id)).toEqual(['a-gateway']);
    for (const unsafe of ['\u001b', '\u202e']) expect(stdout).not.toContain(unsafe);
    expect(stdout).toContain('names that no entry can hold');
  });

  test("database users that Vault makes by the hour are one credential, tomorrow's too", async () => {
    const here = place();
    const args = ['credentials', 'discover', '--config', join(here.folder, 'wayward.yaml')];
    const log = join(LOGS, 'pgaudit-with-vault-roles.json');
    const { stdout } = await run([...args, log]);
    const dynamic = loadCredentials(temporaryFile('credentials.yaml', stdout)).filter(({ match }) =>
      match.db_user?.[0]?.startsWith('v-'),
    );
    expect(dynamic.length).toBeGreaterThan(0);
    for (const { match } of dynamic) expect(match.db_user?.[0]).toMatch(/^v-[\w.-]+-\*$/);
    expect(new Set(dynamic.map(({ match }) => match.db_user?.[0])).size).toBe(dynamic.length);
  });

  test('more credentials than can be told apart are counted', async () => {
    const lines = Array.from({ length: 5_010 }, (_, number) => line({ credential: `cred-${number}`, uri: '/' }));
    const { stdout } = await place().discover(lines);
    expect(stdout).toMatch(/^# 5,000 new/);
    expect(stdout).toContain('10 uses are of more credentials than are told apart');
  });
});
