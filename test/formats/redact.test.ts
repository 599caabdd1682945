import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanExcerpt } from '../../src/formats/excerpt.ts';
import { createRedactor, type FoundSecret, fingerprintOf } from '../../src/formats/redact.ts';

const key = Buffer.alloc(32, 7);
const redactor = createRedactor(key);

const clean = (text: string, language?: 'sql') => {
  const found: FoundSecret[] = [];
  return { text: redactor.clean(text, 'url.query', found, language), kinds: found.map(({ kind }) => kind), found };
};

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZ2VudC1hIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
// Put together here so that no scanner takes the test for a leak.
const KEYS: readonly (readonly [kind: string, secret: string])[] = [
  ['jwt', JWT],
  ['vault-token', ['hvs', 'CAESIJx0Zv1kq3Vb7Lw9Hn2Yd5Tg8Rf4Kp6'].join('.')],
  ['vault-token', ['hvb', 'AAAAAQJx0Zv1kq3Vb7Lw9Hn2Yd5Tg8'].join('.')],
  ['vault-token', ['s', 'Qb7Lw9Hn2Yd5Tg8Rf4Kp6Zv1'].join('.')],
  ['github-token', ['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_')],
  ['github-token', ['github_pat', '11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz'].join('_')],
  ['slack-token', ['xoxb', '123456789012', 'abcdefGHIJKL'].join('-')],
  ['stripe-key', ['sk', 'live', '4eC39HqLyjWDarjtT1zdp7dc'].join('_')],
  ['api-key', ['sk', 'proj', 'Ab12Cd34Ef56Gh78Ij90'].join('-')],
  ['api-key', ['sk', 'ant', 'api03', 'Ab12Cd34Ef56Gh78Ij90'].join('-')],
  ['google-token', `AIza${'SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q'}`],
];

describe('a secret by its look', () => {
  it.each(KEYS)('%s %s is found anywhere in a text', (kind, secret) => {
    for (const text of [
      secret,
      `a ${secret} b`,
      `/callback/${secret}/x`,
      `https://h/?q=${secret}&b=1`,
      `("${secret}")`,
    ]) {
      const { text: out, kinds } = clean(text);
      expect(out).not.toContain(secret);
      expect(out).toContain(`[redacted:${kind}]`);
      expect(kinds).toEqual([kind]);
    }
  });

  it('finds a private key over several lines', () => {
    const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----';
    expect(clean(`x ${pem} y`).text).toBe('x [redacted:private-key] y');
    expect(clean('x -----BEGIN PRIVATE KEY-----\nMIIEow').text).toBe('x [redacted:private-key]');
  });

  it('gives the fingerprint of the bare token, as the registry has it', () => {
    const { found } = clean(`Authorization: Bearer ${JWT}`);
    expect(found).toMatchObject([{ kind: 'jwt', field: 'url.query' }]);
    expect(found[0]?.fingerprint()).toBe(fingerprintOf(key, JWT));
    expect(found[0]?.fingerprint()).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
  });
});

describe('a secret by its place', () => {
  it.each([
    ['password=hunter2', 'password=[redacted:password]'],
    ['a=1&pwd=hunter2&b=2', 'a=1&pwd=[redacted:password]&b=2'],
    ['access_token=abc&x=1', 'access_token=[redacted:token]&x=1'],
    ['refresh_token: abc', 'refresh_token: [redacted:token]'],
    ['{"client_secret":"a b c"}', '{"client_secret":"[redacted:secret]"}'],
    ['{"X-Api-Key":["k-1"]}', '{"X-Api-Key":["[redacted:api-key]"]}'],
    ['"{\\"password\\":\\"hunter2\\"}"', '"{\\"password\\":\\"[redacted:password]\\"}"'],
    ["apikey='it is'", "apikey='[redacted:api-key]'"],
    ['api_key%3Dabc', 'api_key%3D[redacted:api-key]'],
    ['url=https://h/p?token=abc', 'url=https://h/p?token=[redacted:token]'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted:token]'],
    ['Authorization2: Bearer abc', 'Authorization2: Bearer [redacted:token]'],
    ['Bearer abc', 'Bearer [redacted:bearer]'],
    ['Bearer%20abcd1234efgh', 'Bearer%20[redacted:bearer]'],
    ['X-Amz-Signature=0123456789abcdef', 'X-Amz-Signature=[redacted:signature]'],
    ['&sig=abc%2F', '&sig=[redacted:signature]'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = [redacted:api-key]'],
    ['postgres://bob:hunter2@db/app', 'postgres://bob:[redacted:password]@db/app'],
    ['postgres://bob:p@ss@db/app', 'postgres://bob:[redacted:password]@db/app'],
    ['password=[redacted:x]hunter2', 'password=[[redacted:password]'],
  ])('%s', (text, expected) => {
    expect(clean(text).text).toBe(expected);
  });

  it.each([
    ["ALTER ROLE a PASSWORD 'hunter2'", "ALTER ROLE a PASSWORD '[redacted:password]'"],
    ["CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '[redacted:password]'"],
    ["SELECT * FROM t WHERE api_key = 'k1'", "SELECT * FROM t WHERE api_key = '[redacted:api-key]'"],
  ])('in SQL: %s', (text, expected) => {
    expect(clean(text, 'sql').text).toBe(expected);
  });
});

describe('what is no secret comes back as it was', () => {
  it.each([
    '/v1/customers/1',
    'fields=name&page=2',
    'agent-a/1.0 (linux; x86_64) python-requests/2.31.0',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '5e2ea0b50c3da144c5be2e407c0406c3',
    'c0a80121-7ac0-11d1-898c-00c04fd8d5cd',
    'AKIAIOSFODNN7EXAMPLE',
    'aws_access_key_id=AKIAIOSFODNN7EXAMPLE',
    'hmac-sha256:f6706968a0c2d06742f74864917208f4aec145d4c0bd167e4a6b24cd695e0314',
    'token=hmac-sha256:f6706968a0c2d06742f74864917208f4aec145d4c0bd167e4a6b24cd695e0314',
    'Authorization: REDACTED',
    'CREATE ROLE a LOGIN PASSWORD <REDACTED>',
    'password=[redacted:password]',
    'next_token=abc&max_tokens=4096',
    'token_type=service',
    'basic auth and bearer bonds',
    'Www-Authenticate: Basic realm="restricted"',
    'compass=north&design=flat',
    'v-token-ag-agent-ro-AN0zWLi2snLX6K7UXMNx-1795437293',
  ])('%s', (text) => {
    expect(clean(text)).toEqual({ text, kinds: [], found: [] });
  });

  it('in SQL, another column is no value of a telling one', () => {
    const text = 'SELECT 1 FROM s JOIN t ON s.token = t.token WHERE s.password = $1';
    expect(clean(text, 'sql').text).toBe(text);
  });
});

const surrounding = fc.stringMatching(/^[a-z ,;&?/()]{0,20}$/);

describe('whatever stands around it', () => {
  it('a planted key is gone', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), surrounding, surrounding, ([, secret], before, after) => {
        expect(clean(`${before} ${secret} ${after}`).text).not.toContain(secret);
      }),
    );
  });

  it('a planted password is gone', () => {
    const names = fc.constantFrom(
      'password',
      'PASSWD',
      'db_password',
      'secret',
      'api-key',
      'x-vault-token',
      'clientSecret',
    );
    const secrets = fc.stringMatching(/^[A-Za-z0-9!#%*+/:=@^_|~-]{6,40}$/).filter((secret) => !/^[xX*]+$/.test(secret));
    fc.assert(
      fc.property(
        names,
        fc.constantFrom('=', ': ', '":"', "='"),
        secrets,
        surrounding,
        (name, between, secret, before) => {
          const closing = between.endsWith('"') ? '"' : between.endsWith("'") ? "'" : '';
          const { text } = clean(`${before} ${name}${between}${secret}${closing} end`);
          expect(text.replaceAll(/\[redacted:[a-z-]+\]/g, '')).not.toContain(secret);
        },
      ),
    );
  });

  it('never fails, and is quick on text made to be slow', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof clean(text).text === 'string'));
    for (const piece of [
      'eyJ',
      'eyJ.',
      'password=',
      '://a:',
      "password '",
      'Bearer ',
      '-----BEGIN ',
      'a',
      '\\"',
      's.',
      '%3D',
    ]) {
      expect(clean(`token ${piece.repeat(20_000)}`).text.length).toBeLessThan(400_000);
    }
  });
});

describe('the excerpt of a dead letter', () => {
  it.each([
    ['{"token":"abc","x":', 'abc'],
    ["garbage 'it''s secret' rest", 'secret'],
    ["cut in a literal 'hunter2", 'hunter2'],
    ["it's odd: password 'hunter2' end", 'hunter2'],
    ['unknown kq3Vb7Lw9Hn2Yd5T kind', 'kq3Vb7Lw9Hn2Yd5T'],
    ['aws wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'wJalrXUtnFEMI'],
    [`${JWT}`, 'eyJ'],
  ])('%s holds nothing of the secret', (text, secret) => {
    expect(cleanExcerpt(Buffer.from(text))).not.toContain(secret);
  });

  it('is valid UTF-8 of at most 1 KiB without control characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const excerpt = cleanExcerpt(Buffer.from(bytes));
        expect(Buffer.byteLength(excerpt)).toBeLessThanOrEqual(1024);
        expect(Buffer.from(excerpt).toString()).toBe(excerpt);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it must not hold
        expect(excerpt).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
    expect(Buffer.byteLength(cleanExcerpt(Buffer.from('ü'.repeat(5000).replaceAll('üü', 'ü '))))).toBeLessThanOrEqual(
      1024,
    );
  });

  it('keeps what helps to see what went wrong', () => {
    expect(cleanExcerpt(Buffer.from('{"time":"2026-11-23T12:03:18+00:00","status":twohundred}'))).toBe(
      '{"time":"2026-11-23T12:03:18+00:00","status":twohundred}',
    );
  });
});
