import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createServiceLog, type ServiceLog } from '../../src/commands/service-log.ts';
import { Secret } from '../../src/config/secrets.ts';
import { request } from '../../src/http.ts';
import { freePort } from '../servers/free-port.ts';

// Put together here so that no scanner takes the test for a leak.
const CANARY = ['canary', 'Zx81Qw77'].join('-');
const TOKEN = ['hvs', 'CanaryVaultToken0123456789'].join('.');

function logged(write: (log: ServiceLog) => void): string {
  let text = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  write(createServiceLog(output));
  for (const line of text.trimEnd().split('\n')) JSON.parse(line);
  return text;
}

const withCause = (message: string, cause: unknown) => new Error(message, { cause });

test.each<[string, unknown]>([
  ['a telling name', { password: CANARY }],
  [
    'names of every spelling',
    { 'x-api-key': CANARY, clientSecret: CANARY, Authorization: CANARY, sasl_password: CANARY },
  ],
  ['deep inside', { config: { sasl: { username: 'wayward', password: CANARY } }, list: [{ token: CANARY }] }],
  ['an object under a telling name', { secret: { value: CANARY } }],
  ['headers', { request: { headers: { cookie: CANARY, 'x-whatever': CANARY } } }],
  ['bytes', { body: Buffer.from(CANARY) }],
  ['an error', { err: new Error(`connect to postgres://wayward:${CANARY}@db.example.com/x failed`) }],
  ['an error alone', new Error(`Authorization: Bearer ${CANARY}`)],
  ['its cause', { err: withCause('failed', withCause('deeper', new Error(`https://u:${CANARY}@es.example.com`))) }],
  ['errors of an aggregate', { err: new AggregateError([new Error(`password=${CANARY}`)], 'all failed') }],
  [
    'what a client hangs on its error',
    { err: Object.assign(new Error('x'), { meta: { auth: { password: CANARY } } }) },
  ],
  ['a string in any field', { note: `tried token=${CANARY}` }],
  ['a token by its look', { note: `got ${TOKEN}` }],
  ['what knows how to write itself', { that: { toJSON: () => ({ apiKey: CANARY }) } }],
])('no secret in the log: %s', (_where, fields) => {
  const text = logged((log) => log.error(fields as object, 'it happened'));
  expect(text).not.toContain(CANARY);
  expect(text).not.toContain(TOKEN);
  expect(text).toContain('it happened');
});

test('nor in the message and its arguments', () => {
  const text = logged((log) => {
    log.warn(`password=${CANARY}`);
    log.warn('got %s', `Bearer ${CANARY}`);
  });
  expect(text).not.toContain(CANARY);
});

test('the error of a real request whose URL holds a password', async () => {
  const url = `http://user:${CANARY}@127.0.0.1:${await freePort()}/`;
  const error = await request({ service: 'test', url, headers: {}, secrets: [] }).catch((caught: unknown) => caught);
  const raw = await fetch(url).catch((caught: unknown) => caught);
  expect(logged((log) => log.error({ err: error, raw }, 'failed'))).not.toContain(CANARY);
});

test('a configured secret shows nothing', () => {
  expect(logged((log) => log.info({ settings: { value: new Secret('secret://env/X') } }, 'x'))).toContain('[redacted]');
});

test('what helps stays: reasons, stacks, codes, counts, numbers under telling names', () => {
  const err = Object.assign(new Error('relation does not exist'), { code: '42P01', name: 'DatabaseError' });
  const line = JSON.parse(
    logged((log) => log.error({ err, tokens: 3, hasToken: true, credential: 'cred-1' }, 'failed')),
  );
  expect(line).toMatchObject({
    level: 'error',
    msg: 'failed',
    err: {
      type: 'DatabaseError',
      message: 'relation does not exist',
      code: '42P01',
      stack: expect.stringContaining('at '),
    },
    tokens: 3,
    hasToken: true,
    credential: 'cred-1',
  });
});

test('a circle and a huge object end', () => {
  const circle: Record<string, unknown> = { name: 'circle' };
  circle['self'] = circle;
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`field${at}`, 'x'.repeat(100)]));
  expect(logged((log) => log.info({ circle, many, long: 'y'.repeat(1_000_000) }, 'x')).length).toBeLessThan(100_000);
});
