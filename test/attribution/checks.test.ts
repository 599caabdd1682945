import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileGlob } from '../../src/attribution/glob.ts';
import { compileNetworks, parseCidr } from '../../src/attribution/networks.ts';
import { parseSchedule } from '../../src/attribution/schedule.ts';
import { compileScopes } from '../../src/attribution/scopes.ts';
import { BoundedCache } from '../../src/bounded-cache.ts';

describe('scopes', () => {
  test.each([
    ['GET /v1/orders/*', 'GET /v1/orders/{id}', true],
    ['GET /v1/orders/*', 'GET /v1/orders/{id}/items', false],
    ['GET /v1/orders/**', 'GET /v1/orders/{id}/items', true],
    ['GET /v1/orders/*', 'POST /v1/orders/{id}', false],
    ['GET /v1/orders/*', 'GET /v1/orders', false],
    ['GET *', 'GET /v1/orders/{id}/items', true],
    ['GET *', 'DELETE /v1/orders', false],
    ['*', 'DROP public.customers', true],
    ['SELECT public.*', 'SELECT public.customers', true],
    ['SELECT public.*', 'SELECT billing.invoices', false],
    ['SELECT public.customers', 'SELECT public.customers', true],
    ['SELECT public.customers', 'SELECT public.customers_backup', false],
    ['s3:Get*', 's3:GetObject', true],
    ['s3:Get*', 's3:PutObject', false],
    ['kv/data/billing/*:read', 'kv/data/billing/stripe:read', true],
    ['kv/data/billing/*:read', 'kv/data/billing/stripe:update', false],
    ['kv/data/billing/*:read', 'kv/data/billing/a/b:read', false],
    ['file:/srv/reports/**', 'file:/srv/reports/2026/09/a.csv', true],
    ['file:/srv/reports/**', 'file:/srv/secrets', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (scope, action, within) => {
    const isWithin = compileScopes([scope]);
    expect(isWithin(action)).toBe(within);
    expect(isWithin(action)).toBe(within);
  });

  test('of several tables each must be within', () => {
    const isWithin = compileScopes(['SELECT public.*', 'SELECT sales."odd, name"', 'DELETE /v1/*']);
    expect(isWithin('SELECT public.a, public.b')).toBe(true);
    expect(isWithin('SELECT public.a, sales."odd, name"')).toBe(true);
    expect(isWithin('SELECT public.a, secret.b')).toBe(false);
    expect(isWithin('SELECT public.a, …')).toBe(false);
    expect(isWithin('DELETE /v1/a, b')).toBe(true);
    expect(compileScopes(['SELECT *'])('SELECT public.a, …')).toBe(true);
  });

  test('one of several is enough; none means nothing is', () => {
    expect(compileScopes(['SELECT a.*', 'SELECT b.*'])('SELECT b.x')).toBe(true);
    expect(compileScopes([])('SELECT b.x')).toBe(false);
  });
});

test('a glob agrees with the regular expression that it stands for', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '/', '*', '**', '.'), { maxLength: 8 })
    .map((parts) => parts.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const source = glob.replace(/\*+|[^*]/g, (part) => {
        if (part === '*') return '[^/]*';
        return part.startsWith('*') ? '.*' : part === '.' ? '\\.' : part;
      });
      expect(compileGlob(glob, { separator: '/' })(value)).toBe(new RegExp(`^${source}$`).test(value));
    }),
  );
});

test('a pattern made to explode ends at once', () => {
  expect(compileGlob(`${'*a'.repeat(200)}b`)('a'.repeat(4_000))).toBe(false);
});

test('a cache never holds more than two generations', () => {
  const cache = new BoundedCache<number>(10);
  for (let index = 0; index < 1_000; index++) {
    cache.set(String(index), index);
    cache.get('0');
  }
  expect(cache.size).toBeLessThanOrEqual(20);
  expect(cache.get('999')).toBe(999);
});

describe('networks', () => {
  const inside = compileNetworks(['10.4.0.0/16', '2001:db8::/32', '192.0.2.7']);

  test.each([
    ['10.4.0.1', true],
    ['10.5.0.1', false],
    ['::ffff:10.4.1.2', true],
    ['::ffff:10.5.1.2', false],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['localhost', undefined],
    ['', undefined],
    ['10.4.0.1, 8.8.8.8', undefined],
  ])('%s: %s', (address, expected) => {
    expect(inside(address)).toBe(expected);
  });

  test.each([
    '10.4.0.0/33',
    '10.4.0/16',
    '10.4.0.0/',
    '10.4.0.0/16/1',
    '::/129',
    'x',
    'fe80::1%eth0/64',
    '10.4.0.0/-1',
  ])('%s is no block', (block) => expect(parseCidr(block)).toBeUndefined());
});

describe('schedules', () => {
  const within = (text: string, time: string) => {
    const schedule = parseSchedule(text);
    if (typeof schedule === 'string') throw new Error(schedule);
    return schedule.isWithin(Date.parse(time));
  };
  const OFFICE = 'Mon-Fri 06:00-20:00 Europe/Berlin';

  test.each([
    ['start counts', OFFICE, '2026-09-01T04:00:00Z', true],
    ['a minute before', OFFICE, '2026-09-01T03:59:59Z', false],
    ['end does not count', OFFICE, '2026-09-01T18:00:00Z', false],
    ['weekend', OFFICE, '2026-09-05T10:00:00Z', false],
    ['winter: an hour later in UTC', OFFICE, '2026-12-01T04:30:00Z', false],
    ['winter', OFFICE, '2026-12-01T05:00:00Z', true],
    ['the day the clocks go forward', 'Sun 03:00-04:00 Europe/Berlin', '2026-03-29T01:00:00Z', true],
    ['before they go forward', 'Sun 03:00-04:00 Europe/Berlin', '2026-03-29T00:59:59Z', false],
    ['the hour that comes twice', 'Sun 02:00-03:00 Europe/Berlin', '2026-10-25T00:30:00Z', true],
    ['the hour that comes twice, again', 'Sun 02:00-03:00 Europe/Berlin', '2026-10-25T01:30:00Z', true],
    ['over midnight', 'Fri 22:00-06:00 UTC', '2026-09-05T05:59:00Z', true],
    ['over midnight, not the night before', 'Fri 22:00-06:00 UTC', '2026-09-04T05:00:00Z', false],
    ['over the end of the week', 'Sun 22:00-06:00 UTC', '2026-09-07T01:00:00Z', true],
    ['a list of days', 'Mon,Wed 00:00-24:00 UTC', '2026-09-02T23:59:59Z', true],
    ['days that wrap', 'Sat-Mon 00:00-24:00 UTC', '2026-09-07T12:00:00Z', true],
    ['half-hour zone', 'Tue 06:00-07:00 Asia/Kolkata', '2026-09-01T00:30:00Z', true],
    ['zone whose clocks change by half an hour', 'Sun 02:30-03:00 Australia/Lord_Howe', '2026-10-03T15:30:00Z', true],
  ])('%s', (_, text, time, expected) => {
    expect(within(text, time)).toBe(expected);
  });

  test.each([
    ['Mon-Fri 06:00-20:00', 'write hours: "Mon-Fri 06:00-20:00 Europe/Berlin"'],
    ['Mon-Fri 6-20 UTC', 'write hours: "Mon-Fri 06:00-20:00 Europe/Berlin"'],
    ['Mo-Fr 06:00-20:00 UTC', 'write days as Mon-Fri'],
    ['Mon-Fri 06:00-25:00 UTC', 'write hours as 06:00-20:00'],
    ['Mon-Fri 06:00-06:00 UTC', 'write hours as 06:00-20:00'],
    ['Mon-Fri 06:00-20:00 Europe/Berln', 'write an IANA name'],
  ])('%s says what to write', (text, advice) => {
    expect(parseSchedule(text)).toContain(advice);
  });
});
