import { describe, expect, test } from 'vitest';
import { loadCredentials } from '../../src/config/registry-file.ts';
import { problemsOf, temporaryFile } from './temp.ts';

const DAY = 86_400_000;

const problems = (text: string, name = 'credentials.yaml') => {
  const file = temporaryFile(name, text);
  return problemsOf(file, () => loadCredentials(file));
};

/** The problems of one credential that is right but for these lines (which begin on line 5). */
const problemsWith = (...lines: string[]) =>
  problems(
    ['credentials:', '  - id: a', '    agent: x', '    kind: api-key', ...lines.map((line) => `    ${line}`)].join(
      '\n',
    ),
  );

describe('a registry that is right', () => {
  test('says everything about a credential', () => {
    const file = temporaryFile(
      'credentials.yaml',
      `credentials:
  - id: cred-billing-pg
    agent: billing-agent-1
    peer_group: billing-agent
    slot: postgres
    kind: database-role
    owner: team-billing@example.com
    match: { db_user: billing_agent_1, vault_accessor: [one, two] }
    issued_at: 2026-09-01T00:00:00Z
    expires_at: 2026-12-01
    rotate_every: 12h
    scopes: ["SELECT public.invoices"]
    networks: [10.4.0.0/16, "2001:db8::/32"]
    hours: "Mon-Fri 06:00-20:00 Europe/Berlin"
    protected: true
    parent: cred-vault
    revoke: { with: postgres, role: billing_agent_1 }
  - { id: cred-vault, agent: billing-agent-1, kind: vault-approle }
`,
    );
    expect(loadCredentials(file)[0]).toEqual({
      id: 'cred-billing-pg',
      agent: 'billing-agent-1',
      peerGroup: 'billing-agent',
      slot: 'postgres',
      kind: 'database-role',
      owner: 'team-billing@example.com',
      match: { db_user: ['billing_agent_1'], vault_accessor: ['one', 'two'] },
      issuedAt: Date.UTC(2026, 8, 1),
      expiresAt: Date.UTC(2026, 11, 1),
      rotateEvery: DAY / 2,
      scopes: ['SELECT public.invoices'],
      networks: ['10.4.0.0/16', '2001:db8::/32'],
      hours: 'Mon-Fri 06:00-20:00 Europe/Berlin',
      protected: true,
      parent: 'cred-vault',
      revoke: { with: 'postgres', role: 'billing_agent_1' },
    });
  });

  test('leaves the rest to defaults: slot, peers and rotation', () => {
    const file = temporaryFile(
      'credentials.ndjson',
      ['api-key', 'gcp-service-account', 'vault-token']
        .map((kind) => JSON.stringify({ id: kind, agent: 'x', kind }))
        .join('\n'),
    );
    const [key, service, token] = loadCredentials(file);
    expect(key).toMatchObject({ slot: 'api-key', peerGroup: 'x', rotateEvery: 90 * DAY, protected: false, match: {} });
    expect(service?.rotateEvery).toBe(30 * DAY);
    expect(token?.rotateEvery).toBeUndefined();
  });

  const entry = '{"id":"a","agent":"x","kind":"api-key"}';
  test.each([
    ['YAML', `credentials:\n  - ${entry}\n`],
    ['JSON', `{"credentials":[${entry}]}`],
    ['a JSON list', `\n[${entry}]`],
    ['NDJSON', `${entry}\n\n${entry.replace('"a"', '"b"')}\r\n`],
    ['one line of NDJSON', `${entry}\n`],
    ['YAML with a byte order mark', `\uFEFFcredentials:\n  - ${entry}\n`],
  ])('may be %s', (_, text) => {
    expect(loadCredentials(temporaryFile('registry', text))[0]?.id).toBe('a');
  });
});

describe('a problem is said with its line and what to write', () => {
  test.each([
    ['kindd: api-key', 'FILE:5: credentials[0] "kindd" is not a known key; write kind'],
    ['peerGroup: y', 'FILE:5: credentials[0] "peerGroup" is not a known key; write peer_group'],
    ['match: { db_usr: y }', 'FILE:5: credentials[0].match "db_usr" is not a known key; write db_user'],
    [
      'match: { db_user: 3 }',
      'FILE:5: credentials[0].match.db_user has a form that is not understood; write a text or a list ([…] or lines that begin with "- ")',
    ],
    [
      'match: { db_user: "**" }',
      'FILE:5: credentials[0].match.db_user would match every identity; write the part before or after the *',
    ],
    [
      'rotate_every: 90 days',
      'FILE:5: credentials[0].rotate_every is not a duration; write a whole number and ms, s, m, h or d, such as 90d',
    ],
    [
      'rotate_every: 0d',
      'FILE:5: credentials[0].rotate_every is not a duration; write a whole number and ms, s, m, h or d, such as 90d',
    ],
    [
      'rotate_every: 30',
      'FILE:5: credentials[0].rotate_every is not a duration; write a whole number and ms, s, m, h or d, such as 30d',
    ],
    [
      'issued_at: 2026-09-01 10:00:00',
      'FILE:5: credentials[0].issued_at is not a time with its zone; write 2026-09-01T10:00:00Z',
    ],
    ['issued_at: 2026-02-30', 'FILE:5: credentials[0].issued_at is a day that no calendar has; write 2026-02-28'],
    [
      'networks: [10.4.0.0/16, 10.0.0.0/40]',
      'FILE:5: credentials[0].networks[1] is not a network in CIDR notation; write such as 10.4.0.0/16',
    ],
    [
      'hours: Mon-Fri 06:00-20:00',
      'FILE:5: credentials[0].hours is not a schedule with its zone; write hours: "Mon-Fri 06:00-20:00 Europe/Berlin"',
    ],
    ['protected: yes', 'FILE:5: credentials[0].protected must be true or false; write true or false'],
    ['slot: a/b', 'FILE:5: credentials[0].slot has a "/", which separates agent and slot; write it with "-"'],
    ['revoke: { role: y }', 'FILE:5: credentials[0].revoke.with is missing; write with: postgres'],
    [
      'revoke: { with: postgress, role: y }',
      'FILE:5: credentials[0].revoke.with is no known revoker; write with: postgres',
    ],
    [
      'revoke: { with: rotation }',
      'FILE:5: credentials[0].revoke with: rotation needs a rotator: add rotate: to the same entry',
    ],
    [
      'revoke: { with: rotation, rotate: { with: postgres-pasword } }',
      'FILE:5: credentials[0].revoke.rotate.with is no known rotator; write with: postgres-password',
    ],
    [
      'revoke: { with: rotation, rotate: { with: postgres-password, secret: secret://vault/secret/data/x#y } }',
      'FILE:5: credentials[0].revoke.rotate.role is missing; write role: followed by a text',
    ],
    [
      'match: { aws_access_key_id: AKIAIOSFODNN7EXAMPLE }\n    rotate: { with: aws-access-key, user: u, secret: secret://vault/secret/data/x#y }\n    revoke: { with: rotation }',
      'FILE:7: credentials[0].revoke its entry names an access key id, which a rotation changes: write match: { aws_principal_arn: … } and revoke: { with: aws-deny-all, user: … }',
    ],
    ['parent: b', 'FILE:5: credentials[0].parent "b" is no credential of this file; write an id from it'],
    [
      'parent: a',
      'FILE:5: credentials[0].parent makes "a" an ancestor of itself; write the credential that it was issued from, or leave it out',
    ],
    ['owner: "a\\u0000b"', 'FILE:5: credentials[0].owner has a control character; write it without'],
    [
      '__proto__: { protected: true }',
      'FILE:5: credentials[0] "__proto__" is not a known key; leave it out, or use one of id, agent, peer_group, slot, kind, owner, match, issued_at, expires_at, rotate_every, max_lifetime, scopes, networks, sensitive, hours, protected, honeytoken, parent, revoke, rotate',
    ],
  ])('%s', (line, expected) => {
    expect(problemsWith(line)).toEqual([expected]);
  });

  test('all of them at once, in the order of the lines', () => {
    const lines = problems(
      'credentials:\n  - id: a\n    kind: api_key\n  - agent: unregistered\n    kind: nothing-like-it\n    id: b\n',
    );
    expect(lines).toEqual([
      'FILE:2: credentials[0].agent is missing; write agent: billing-agent-1',
      'FILE:3: credentials[0].kind is not one of the known values; write kind: api-key',
      "FILE:4: credentials[1].agent is the name of agents that are not in this file; write the agent's own name",
      expect.stringMatching(
        /^FILE:5: credentials\[1\].kind is not one of the known values; write one of api-key, oauth-client/,
      ),
    ]);
  });

  test('how to revoke is checked by the revoker', () => {
    expect(problemsWith('revoke: { with: postgres, rol: y }')).toEqual([
      'FILE:5: credentials[0].revoke.role is missing; write role: followed by a text',
      'FILE:5: credentials[0].revoke "rol" is not a known key; write role',
    ]);
  });

  test('each step of a list, with the line it stands on', () => {
    const lines = problemsWith(
      'revoke:',
      '      - { with: postgres, role: y }',
      '      - { with: vault-entiti, entity: x }',
      '      - { with: postgres, role: y }',
    );
    expect(lines).toEqual([
      'FILE:7: credentials[0].revoke[1].with is no known revoker; write with: vault-entity',
      'FILE:8: credentials[0].revoke[2] stands above already; remove one of the two',
    ]);
    expect(problemsWith('revoke: []')).toEqual([
      'FILE:5: credentials[0].revoke is too small; write at least 1 entries',
    ]);
    expect(problemsWith('revoke: postgres')).toEqual([
      'FILE:5: credentials[0].revoke must be keys and values; write keys and values',
    ]);
  });

  test('times that are swapped', () => {
    expect(problemsWith('issued_at: 2026-09-02', 'expires_at: 2026-09-01')).toEqual([
      'FILE:6: credentials[0].expires_at is not after issued_at; write a later time, or swap the two',
    ]);
  });

  test('ids that repeat, parents that nobody knows and parents that go round, in NDJSON too', () => {
    const entry = (id: string, parent?: string) => JSON.stringify({ id, agent: 'x', kind: 'api-key', parent });
    const lines = ['cred-one', 'cred-one', 'cred-two'].map((id) => entry(id));
    expect(
      problems(
        [...lines, '', entry('three', 'cred-tow'), entry('four', 'five'), entry('five', 'four')].join('\n'),
        'x.ndjson',
      ),
    ).toEqual([
      'FILE:2: credentials[1].id "cred-one" stands above already; write an id of its own',
      'FILE:5: credentials[3].parent "cred-tow" is no credential of this file; write parent: cred-two',
      'FILE:6: credentials[4].parent makes "four" an ancestor of itself; write the credential that it was issued from, or leave it out',
      'FILE:7: credentials[5].parent makes "five" an ancestor of itself; write the credential that it was issued from, or leave it out',
    ]);
  });

  test('JSON over several lines, too', () => {
    const text = JSON.stringify(
      {
        credentials: [
          { id: 'a "{[', agent: 'x', kind: 'api-key' },
          { id: 'b', agent: 'y' },
        ],
      },
      undefined,
      2,
    );
    expect(problems(text)).toEqual([
      expect.stringMatching(/^FILE:8: credentials\[1\].kind is missing; write one of api-key/),
    ]);
    expect(problems(text.replace('"agent": "y"', '"kind": "api-key",\r\n\r\n"agent": {"a":[1,"]"]}'))).toEqual([
      'FILE:12: credentials[1].agent must be a text; write agent: billing-agent-1',
    ]);
    expect(
      problems(`[${text.split('[')[1]?.split('{')[0]}{"id":"c","agent":"z","kind":"api-key","onwer":"o"}\n]`),
    ).toEqual(['FILE:2: credentials[0] "onwer" is not a known key; write owner']);
  });

  test('more than twenty are counted', () => {
    const lines = problems(`credentials:\n${'  - { id: a, agent: x, kind: key }\n'.repeat(50)}`);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe('FILE: and 30 more problems');
  });
});

describe('a file that is no registry', () => {
  test.each([
    [
      'empty',
      '',
      'FILE:1: credentials is missing; write credentials: followed by a list ([…] or lines that begin with "- ")',
    ],
    ['a text', 'hello', 'FILE:1: must be keys and values; write keys and values'],
    ['indented with a tab', 'credentials:\n\t- id: a\n', 'FILE:2: is indented with a tab; write spaces'],
    ['a key twice', 'credentials: []\ncredentials: []\n', 'FILE:2: repeats a key of the same block; write it once'],
    [
      'a quote that never ends',
      'credentials:\n  - id: "a\n',
      'FILE:3: lacks a closing quote, bracket, comma or colon; write it',
    ],
    ['a broken line of NDJSON', '{"id":"a"}\n{"id":\n', 'FILE:2: is not valid JSON; write one JSON object a line'],
    [
      'two documents',
      'credentials: []\n---\ncredentials: []\n',
      'FILE:2: begins a second document (---); write one document a file',
    ],
    [
      'an unknown alias',
      'credentials: *here\n',
      'FILE:1: has aliases (*name) that are unknown or too many; write the values out',
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test('not UTF-8', () => {
    const file = temporaryFile('x.yaml', Buffer.from([0x61, 0xff, 0xfe]));
    expect(problemsOf(file, () => loadCredentials(file))).toEqual([
      'FILE:1: is not UTF-8 text; write it as UTF-8 (iconv -t UTF-8)',
    ]);
  });

  test('missing, or a folder', () => {
    const file = temporaryFile('x.yaml', '');
    expect(problemsOf(file, () => loadCredentials(`${file}.no`))).toEqual([
      'FILE.no: there is no such file; check the path',
    ]);
    expect(problemsOf('/', () => loadCredentials('/'))).toEqual(['FILE: is a folder; write the path of a file']);
  });

  test('a bomb of aliases is refused, not expanded', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level++)
      bomb.push(`l${level}: &${'abcdefghij'[level]} [${`*${'abcdefghij'[level - 1]}, `.repeat(9)}]`);
    expect(problems(bomb.join('\n'))).toEqual([
      'FILE:1: has aliases (*name) that are unknown or too many; write the values out',
    ]);
  });

  test.each(['['.repeat(100_000), '{"a":'.repeat(100_000), 'a: '.repeat(100_000), '- '.repeat(100_000)])(
    'nesting without end (%#)',
    (text) => {
      expect(problems(text).length).toBeGreaterThan(0);
    },
  );

  test('nothing of the file is quoted, since it could be a secret', () => {
    const secret = 'hunter2hunter2';
    const lines = [
      ...problems(
        `credentials:\n  - id: a\n    kind: ${secret}\n    rotate_every: ${secret}\n    hours: ${secret}\n    networks: [${secret}]\n`,
      ),
      ...problems(`credentials: "${secret}\n`),
      ...problems(`credentials: @${secret}\n`),
      ...problems(`${secret}: : x\n  y`),
    ];
    expect(lines.join('\n')).not.toContain(secret);
  });
});
