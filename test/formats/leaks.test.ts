import { describe, expect, it } from 'vitest';
import { cleanExcerpt } from '../../src/formats/excerpt.ts';
import { nginxCombined } from '../../src/formats/nginx-combined.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { pgauditJson } from '../../src/formats/pgaudit-json.ts';
import { vaultAudit } from '../../src/formats/vault-audit.ts';
import { caddy, parseOne, redactor, sampleLines } from './records.ts';

/** Where secrets stand in records, and what an event says of them. */

// Put together here so that no scanner takes the test for a leak.
const GITHUB = ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_');
const VAULT = ['hvs', 'CAESIJx0Zv1kq3Vb7Lw9Hn2Yd5Tg8Rf4Kp6'].join('.');
const QUIET = {
  msg: 'handled request',
  ts: 1795435398,
  status: 200,
  user_id: 'a',
  request: { method: 'GET', uri: '/v1/x' },
};
const first = (log: string): object => JSON.parse(sampleLines(log)[0] ?? '') as object;

describe('nginx, JSON', () => {
  it.each([
    ['http_authorization', `Bearer ${GITHUB}`, 'github-token'],
    ['http_referer', `https://x/?access_token=${GITHUB}`, 'github-token'],
    ['request_body', '{"password":"Sup3rS3cretPw1"}', 'password'],
    ['http_cookie', 'theme=dark; JSESSIONID=A1B2C3D4E5F6', 'cookie'],
    ['x_api_key', 'abcdef', 'api-key'],
  ])('a secret in %s, which no event shows, is a leak', (field, value, kind) => {
    const record = JSON.stringify({ ...first('nginx-access.jsonl'), [field]: value });
    expect(parseOne(nginxJson, record)).toMatchObject({
      identities: [{ key: 'credential_id' }],
      leaks: [{ kind, field }],
    });
  });

  it('sees fields that only some records have', () => {
    const parser = nginxJson.parser({ redactor });
    const parse = (change: object) => {
      const bytes = Buffer.from(JSON.stringify({ ...first('nginx-access.jsonl'), ...change }));
      return parser.parse(bytes, 0, bytes.length);
    };
    expect(parse({})).toMatchObject({ leaks: [] });
    expect(parse({ cookie: `sid=${GITHUB}` })).toMatchObject({ leaks: [{ field: 'cookie' }] });
    expect(parse({ other: 1 })).toMatchObject({ leaks: [] });
    expect(parse({ other: { deep: [GITHUB] } })).toMatchObject({ leaks: [{ field: 'other.deep' }] });
  });
});

describe('nginx, combined', () => {
  it('a secret in the Referer is a leak, encoded or not', () => {
    for (const value of [GITHUB, encodeURIComponent(encodeURIComponent(`x_${GITHUB}`))])
      expect(
        parseOne(
          nginxCombined,
          `10.1.0.5 - - [02/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "https://h/?q=${value}" "a"`,
        ),
      ).toMatchObject({ leaks: [{ kind: 'github-token', field: 'http.request.referrer' }] });
  });
});

describe('PostgreSQL', () => {
  const line = (statement: string): string =>
    JSON.stringify({
      ...{ timestamp: '2026-11-23 12:03:20.000 UTC', user: 'a', session_id: '1.2', error_severity: 'LOG' },
      message: `AUDIT: SESSION,1,1,READ,SELECT,,,"${statement.replaceAll('"', '""')}",<none>,0`,
    });

  it('a password in the literal of a connection is a leak', () => {
    const parsed = parseOne(pgauditJson, line("SELECT dblink('host=h password=hunter2')"));
    expect(parsed).toMatchObject({ statement: 'SELECT dblink(?)', leaks: [{ kind: 'password' }] });
  });

  it('a column is none, also in double quotes', () => {
    const statement = 'SELECT u.token FROM u JOIN t ON u."token" = t."token" WHERE u.password=t.password';
    expect(parseOne(pgauditJson, line(statement))).toMatchObject({ statement, leaks: [] });
  });
});

describe('Vault with log_raw', () => {
  it('says that token and password stand in clear, and shows neither', () => {
    const record = {
      ...{
        time: '2026-11-02T10:00:00.4Z',
        type: 'response',
        auth: { client_token: VAULT, accessor: 'a', policies: ['p'] },
      },
      request: { operation: 'read', path: 'secret/data/x', remote_address: '10.1.0.5', client_token: 'a-root-token' },
      response: { data: { data: { password: 'Sup3rS3cretPw' } } },
    };
    const parsed = parseOne(vaultAudit, JSON.stringify(record));
    expect(parsed).toMatchObject({
      leaks: [
        { kind: 'vault-token', field: 'auth.client_token' },
        { kind: 'token', field: 'request.client_token' },
        { kind: 'password', field: 'response.data.data.password' },
      ],
    });
    expect(JSON.stringify(parsed)).not.toMatch(/hvs|root-token|Sup3r/);
  });
});

describe('a format of the user', () => {
  it('knows headers as a list of names and values', () => {
    const record = { ...QUIET, headers: [{ name: 'X-Api-Key', value: 'abcdef' }] };
    expect(parseOne(caddy, JSON.stringify(record))).toMatchObject({
      leaks: [{ kind: 'api-key', field: 'headers.value' }],
    });
  });

  it('takes keys against repetition, hashes and names of secrets for no leak', () => {
    const aws = { clientToken: 'terraform-20261102', sessionToken: `IQoJ${'a1B2'.repeat(40)}`, secretId: 'prod/db' };
    const record = { ...QUIET, aws, hashed_token: 'JVvNEqO4Xq9GqNvE8eYw0Vj1Zk3sTn5u' };
    expect(parseOne(caddy, JSON.stringify(record))).toMatchObject({ leaks: [] });
  });
});

describe('the excerpt of a dead letter', () => {
  it.each([
    ['in UTF-16', Buffer.from('password=hunter2 x', 'utf16le'), 'hunter2'],
    ['percent-encoded twice', Buffer.from('x%253Fpassword%253Dhunter2%2526y'), 'hunter2'],
    ['in Unicode escapes', Buffer.from('{"a":"\\u0070assword=hunter2"'), 'hunter2'],
    ['in base64', Buffer.from(`x ${Buffer.from(`{"password":"hunter2","n":1}`).toString('base64')}`), 'aHVudGVy'],
  ])('holds none %s', (_name, bytes, secret) => {
    expect(cleanExcerpt(bytes)).not.toContain(secret);
  });
});
