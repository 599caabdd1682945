import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRedactor, type FoundSecret } from '../../src/formats/redact.ts';

const redactor = createRedactor(Buffer.alloc(32, 7));
const clean = (text: string, language?: 'sql' | 'mysql') => {
  const found: FoundSecret[] = [];
  return { text: redactor.clean(text, 'url.query', found, language), kinds: found.map(({ kind }) => kind) };
};

const hash = (algorithm: string, form: 'hex' | 'base64'): string =>
  createHash(algorithm).update(randomUUID()).digest(form);

describe('what is no secret stays, and is no leak', () => {
  it.each([
    ['SHA-1', () => hash('sha1', 'hex')],
    ['SHA-256', () => hash('sha256', 'hex')],
    ['SHA-256 in base64', () => hash('sha256', 'base64')],
    ['SHA-512 in base64', () => `sha512-${hash('sha512', 'base64')}`],
    ['MD5', () => hash('md5', 'hex')],
    ['a UUID', randomUUID],
    ['a traceparent', () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`],
    ['an id of X-Ray', () => `Root=1-67891233-${randomBytes(12).toString('hex')}`],
    ['a ULID', () => '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['an ETag', () => `"${hash('md5', 'hex')}-12"`],
    ['an id of a request', () => randomBytes(8).toString('base64')],
    [
      'base64 of a text',
      () => Buffer.from(`{"page":${randomBytes(1)[0]},"order":"created_at","after":null}`).toString('base64'),
    ],
    ['a digest of an image', () => `registry.example.com/app@sha256:${hash('sha256', 'hex')}`],
    ['a commit', () => `/repos/a/b/commits/${hash('sha1', 'hex')}`],
  ])('%s', (_name, make) => {
    for (let n = 0; n < 200; n++) {
      const value = make();
      for (const text of [value, `/v1/objects/${value}`, `id=${value}&page=2`, `{"id":"${value}"}`])
        expect(clean(text)).toEqual({ text, kinds: [] });
    }
  });

  it.each([
    'password=***',
    'password=****1234',
    'password: [FILTERED]',
    '"password":"HIDDEN_DUE_TO_SECURITY_REASONS"',
    ['token=$', '{TOKEN}'].join(''),
    'token={{ token }}',
    'token=$(cat token)',
    'pass: 3, fail: 0',
    'max_tokens=4096&prompt_tokens=12&total_tokens=16',
    'next_token=AAAA1111&pageToken=b2&continuation-token=c3',
    '"clientToken":"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"',
    '"hashed_token":"JVvNEqO4Xq9GqNvE8eYw0Vj1Zk3sTn5u"',
    '"sessionToken":"IQoJb3JpZ2luX2VjEXAMPLEq7Zk2q7Zk2"',
    '"secretId":"prod/billing/db"',
    'secret_arn=arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-a1B2c3',
    'token=arn:aws:iam::123456789012:role/billing',
    'token_endpoint=https://id.example.com/token',
    'PWD=/srv/app',
    'http://localhost:8080/users/@me',
    'https://user@host.example.com/x',
    'git@github.com:org/repo.git',
    'docker run -u 1000:1000 image',
    'curl/7.88.1 (x86_64; token-less)',
    'Authorization: AWS4-HMAC-SHA256 Credential=x',
    'Cookie: theme=dark; lang=en; _ga=GA1.2.1234567890.1795435398',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    '/Users/johnDoe/Documents/Report2024/Final1/Draft/Chapter',
    '/static/js/main.a1b2c3d4.chunk.js',
    '<password></password>',
    'usage: login <password>',
    'arn:aws:sts::123456789012:assumed-role/billing-agent/run-42',
    'projects/p/secrets/db-password/versions/3',
    'kv/data/billing/token',
    'auth/approle/role/billing/secret-id',
    'a%20b%26c%3Dd%2Fe',
  ])('%s', (text) => {
    expect(clean(text)).toEqual({ text, kinds: [] });
  });

  it.each([
    'SELECT password, token FROM users WHERE token = $1',
    'SELECT a.token FROM a JOIN b ON a.token=b.token',
    'UPDATE users SET password = crypt($1, salt)',
    'SELECT u."password" FROM u JOIN t ON u."token" = t."token"',
    'ALTER TABLE users ADD COLUMN password text',
    'CREATE TABLE secrets (secret text, api_key text)',
  ])('a column is no value: %s', (text) => {
    expect(clean(text, 'sql')).toEqual({ text, kinds: [] });
  });
});

describe('redaction takes away the secret and nothing else', () => {
  it.each([
    ['a=1&password=hunter2&b=2', 'a=1&password=[redacted:password]&b=2'],
    ['host=h password=hunter2 user=u', 'host=h password=[redacted:password] user=u'],
    ['Server=h;Pwd=hunter2;Database=d', 'Server=h;Pwd=[redacted:password];Database=d'],
    ['(token=abc12345)', '(token=[redacted:token])'],
    ['/shop;jsessionid=A1B2C3D4E5F6?x=1', '/shop;jsessionid=[redacted:cookie]?x=1'],
    ['Cookie: a=1; JSESSIONID=A1B2C3D4; b=2', 'Cookie: a=1; JSESSIONID=[redacted:cookie]; b=2'],
    ['run --password hunter2 --verbose', 'run --password [redacted:password] --verbose'],
    ['user%5Bpassword%5D=hunter2&x=1', 'user%5Bpassword%5D=[redacted:password]&x=1'],
    ['postgres%3A%2F%2Fu%3Ahunter2%40h%2Fdb', 'postgres%3A%2F%2Fu%3A[redacted:password]%40h%2Fdb'],
    ['q=eyJhbGciOiJIUzI1NiJ9%2EeyJzdWIiOiJhIn0%2Ec2ln&x=1', 'q=[redacted:jwt]&x=1'],
    ['key=-----BEGIN+PRIVATE+KEY-----%0AMIIE%0A-----END+PRIVATE+KEY-----&x=1', 'key=[redacted:private-key]&x=1'],
    ['bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1/getMe', 'bot[redacted:telegram-token]/getMe'],
    ['id wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY end', 'id [redacted:aws-key] end'],
    ['redis://:p#ss/w?rd@h:6379/0', 'redis://:[redacted:password]@h:6379/0'],
    ['app:hunter2@tcp(db:3306)/shop', 'app:[redacted:password]@tcp(db:3306)/shop'],
    ['curl -u admin:hunter2 https://h/', 'curl -u admin:[redacted:password] https://h/'],
    ['<password>hunter2</password><x>1</x>', '<password>[redacted:password]</password><x>1</x>'],
    ['{"name":"X-Api-Key","value":"abc123"},1', '{"name":"X-Api-Key","value":"[redacted:api-key]"},1'],
  ])('%s', (text, expected) => {
    expect(clean(text).text).toBe(expected);
  });

  it.each([
    ['CREATE USER a IDENTIFIED BY "hunter2"', 'CREATE USER a IDENTIFIED BY "[redacted:password]"'],
    ['SET PASSWORD FOR a = PASSWORD("hunter2")', 'SET PASSWORD FOR a = PASSWORD("[redacted:password]")'],
    ['SELECT * FROM t WHERE api_key = "k1abcd"', 'SELECT * FROM t WHERE api_key = "[redacted:api-key]"'],
  ])('in the SQL of MySQL: %s', (text, expected) => {
    expect(clean(text, 'mysql').text).toBe(expected);
  });
});
