import { describe, expect, it } from 'vitest';
import { customFormat } from '../../src/formats/custom.ts';
import { type CustomFormatInput, customFormatSchema } from '../../src/formats/custom-spec.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import { formats } from '../../src/formats/registry.ts';
import { parseAll, parseOne } from './records.ts';

const BASE: CustomFormatInput = {
  id: 'mine',
  dataset: 'mine.access',
  time: { field: 'at', unit: 'iso' },
  action: 'what',
  identities: { client_id: 'who' },
};
const AT = '2026-11-02T10:00:00.000Z';
const TIME = Date.parse(AT);
const mine = (change: Partial<CustomFormatInput>) => customFormat(customFormatSchema.parse({ ...BASE, ...change }));
const read = (change: Partial<CustomFormatInput>, record: object) =>
  parseOne(mine(change), JSON.stringify({ at: AT, what: 'read', who: 'billing', ...record }));
const refused = (change: object) => customFormatSchema.safeParse({ ...BASE, ...change }).error?.message ?? '';

describe('a result', () => {
  const absent: CustomFormatInput['result'] = { field: 'error', denied: ['*Denied*'], error: ['*'], absent: 'success' };
  it.each([
    [{}, 'success'],
    [{ error: 'AccessDeniedException' }, 'denied'],
    [{ error: 'Throttling' }, 'error'],
  ])('whose field stands only on failure: %j is %s', (record, result) => {
    expect(read({ result: absent }, record)).toMatchObject({ result });
  });

  it('whose field is missing makes a record unusable unless the format says what that means', () => {
    expect(read({ result: { field: 'status', error: ['5xx'] } }, {})).toMatchObject({
      unusable: 'missing-field',
      detail: expect.stringContaining('absent: success'),
    });
  });

  const both: CustomFormatInput['result'] = [
    { is: 'error', when: { aborted: true } },
    { field: 'grpc', denied: [7], rejected: [16], error: ['1-15'] },
    { field: 'status', rejected: [401], denied: [403], error: ['4xx', '5xx'] },
  ];
  it.each([
    [{ status: 200 }, 'success'],
    [{ status: 200, grpc: 0 }, 'success'],
    [{ status: 200, grpc: 7 }, 'denied'],
    [{ status: 200, grpc: 16 }, 'rejected'],
    [{ status: 200, grpc: '13' }, 'error'],
    [{ status: 403 }, 'denied'],
    [{ status: 200, aborted: true }, 'error'],
    [{}, 'success'],
  ])('of several fields: %j is %s', (record, result) => {
    expect(read({ result: both }, record)).toMatchObject({ result });
  });
});

describe('where a value stands', () => {
  const who = (client_id: NonNullable<CustomFormatInput['identities']['client_id']>, record: object) => {
    const parsed = read({ identities: { client_id } }, record);
    return 'identities' in parsed ? parsed.identities.map(({ value }) => value).join() : parsed;
  };
  it.each([
    ['the first that is there', ['a.b', 'c'], { a: { b: '-' }, c: 'x' }, 'x'],
    ['a key with points, in quotes', 'x."k8s.io/id".0', { x: { 'k8s.io/id': ['y'] } }, 'y'],
    ['a key with points, without', 'client.id', { 'client.id': 'z' }, 'z'],
    ['a part of the key with points', 'a.b.c', { 'a.b': { c: 'z' } }, 'z'],
    ['JSON in a string', 'message.user.id', { message: '{"user":{"id":"j"}}' }, 'j'],
    ['a part of a text', { field: 'x', extract: 'JTI={}' }, { x: 'JTI=77' }, '77'],
    ['a part between others', { field: 'x', extract: 'arn:*:user/{}/*' }, { x: 'arn:aws:iam::1:user/bob/x' }, 'bob'],
    ['only under a condition', { field: 'x', when: { kind: 'app' } }, { x: 'a', kind: 'app' }, 'a'],
  ] as const)('%s', (_what, value, record, found) => {
    expect(who(value as never, record)).toBe(found);
  });
  it.each([
    ['a text of another form', { field: 'x', extract: 'JTI={}' }, { x: 'SUB=77' }],
    ['a condition that does not hold', { field: 'x', when: { kind: 'app' } }, { x: 'a', kind: 'user' }],
    ['JSON in a string with a key twice', 'message.user', { message: '{"user":"a","user":"b"}' }],
    ['what is inherited', 'toString.name', {}],
  ] as const)('nothing of %s', (_what, value, record) => {
    expect(who(value as never, record)).toBe('');
  });
});

describe('an action', () => {
  it.each([
    [['{a}:{b}', '{a}'], { a: 'x' }, 'x'],
    ['{a}(:{b})?', { a: 'x' }, 'x'],
    ['{a}(:{b})?', { a: 'x', b: 'y' }, 'x:y'],
    ["{'LOGIN'}", {}, 'LOGIN'],
    ['{label(a)}:{b}', { a: 's3.amazonaws.com', b: 'GetObject' }, 's3:GetObject'],
    ['{request(a)}', { a: 'GET /v1/orders/8812?x=1 HTTP/1.1' }, 'GET /v1/orders/{id}'],
    ['{sql(a, mysql)}', { a: 'select * from `shop`.`t` where x="y"' }, 'SELECT shop.t'],
    ['{pgaudit(a)}', { a: 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.t,"select 1",<none>' }, 'SELECT public.t'],
  ])('%j', (action, record, wanted) => {
    expect(read({ action }, record)).toMatchObject({ action: wanted });
  });

  it('comes from a request line, with method and path; what is none is ignored', () => {
    const { action: _, ...rest } = BASE;
    const format = customFormat(customFormatSchema.parse({ ...rest, request_line: 'request' }));
    const line = (request: string) => parseOne(format, JSON.stringify({ at: AT, request }));
    expect(line('GET /v1/a b/8812 HTTP/1.1')).toMatchObject({ action: 'GET /v1/a b/{id}', method: 'GET' });
    expect(line('\u0016\u0003\u0001')).toEqual({ ignored: 'no-request' });
    expect(line('')).toEqual({ ignored: 'no-request' });
  });
});

describe('a time', () => {
  it.each([
    ['2026-11-02T10:00:00.000+0000'],
    ['2026-11-02T11:00:00+01:00'],
    ['2026-11-02T10:00Z'],
    ['20261102T100000Z'],
    ['2026-11-02 10:00:00.000 +0000 UTC'],
    ['2026-11-02 10:00:00,000 UTC'],
    ['2026/11/02 10:00:00 GMT'],
    ['02/Nov/2026:18:00:00 +0800'],
    ['[02/Nov/2026:10:00:00 +0000]'],
    [{ $date: AT }],
    [{ $date: { $numberLong: String(TIME) } }],
  ])('%j', (at) => {
    expect(read({}, { at })).toMatchObject({ time: TIME });
  });

  it.each([
    ['Europe/Berlin', '2026-11-02 11:00:00', AT],
    ['Europe/Berlin', '2026-07-02 11:00:00.5', '2026-07-02T09:00:00.500Z'],
    ['Asia/Kolkata', '20261102 15:30:00', AT],
    ['UTC', '2026/11/02 10:00:00', AT],
    ['Europe/Berlin', AT, AT],
  ])('of a clock in %s: %s', (zone, at, wanted) => {
    expect(read({ time: { field: 'at', unit: 'iso', zone } }, { at })).toMatchObject({ time: Date.parse(wanted) });
  });

  it('without a zone is no time, and the reason says so', () => {
    for (const at of ['2026-11-02T10:00:00', '2026-11-02 10:00:00,123', '02/Nov/2026:10:00:00'])
      expect(read({}, { at })).toMatchObject({ unusable: 'invalid-time', detail: expect.stringContaining('zone') });
    for (const at of ['yesterday', '2026-13-02T10:00:00Z', '2026-11-02T10:00:00 PST', 'x'.repeat(10_000)])
      expect(read({}, { at })).toMatchObject({
        unusable: 'invalid-time',
        detail: expect.not.stringContaining('zone:'),
      });
  });

  it('is cut off at milliseconds, digit by digit', () => {
    expect(read({ time: { field: 'at', unit: 's' } }, { at: 1793613601.1276934 })).toMatchObject({
      time: 1793613601127,
    });
    expect(read({ time: { field: 'at', unit: 'us' } }, { at: '1793613601127999' })).toMatchObject({
      time: 1793613601127,
    });
  });

  it('is the first of several that can be read', () => {
    const time: CustomFormatInput['time'] = [
      { field: 'at', unit: 's' },
      { field: 'at', unit: 'iso' },
    ];
    expect(read({ time }, { at: 1793613600 })).toMatchObject({ time: 1793613600000 });
    expect(read({ time }, {})).toMatchObject({ time: TIME });
  });
});

describe('conditions', () => {
  it.each([
    [{ kind: { exists: true } }, { kind: 'x' }, { kind: '' }],
    [{ kind: { exists: false } }, { kind: {} }, { kind: 0 }],
    [{ kind: { not: ['a', 'b'] } }, {}, { kind: 'a' }],
    [{ kind: { pattern: 'app-*' } }, { kind: 'app-1' }, { kind: 'my-app-1' }],
    [{ kind: { exists: true, not: 'a' } }, { kind: 'b' }, {}],
    [{ kind: ['a', 1] }, { kind: '1' }, { kind: 'c' }],
  ])('%j', (when, holds, fails) => {
    expect(read({ when }, holds)).toMatchObject({ action: 'read' });
    expect(read({ when }, fails)).toEqual({ ignored: 'condition-not-met' });
  });

  it('choose among kinds of record, and say why one is ignored', () => {
    const change: Partial<CustomFormatInput> = {
      ignore: [{ when: { path: '/healthz' }, reason: 'health-check' }],
      cases: [{ when: { kind: 'login' }, action: "{'LOGIN'}", identities: { db_user: 'user' } }],
    };
    expect(read(change, { kind: 'login', user: 'u' })).toMatchObject({
      action: 'LOGIN',
      identities: [{ key: 'db_user', value: 'u' }],
    });
    expect(read(change, {})).toMatchObject({ action: 'read', identities: [{ key: 'client_id' }] });
    expect(read(change, { path: '/healthz' })).toEqual({ ignored: 'health-check' });
  });
});

describe('proof', () => {
  const proof: CustomFormatInput['proof'] = [
    { is: 'verified', when: { who: { exists: true }, status: { not: 401 } } },
    { is: 'declared', when: { note: 'internal' } },
  ];
  it.each([
    [{}, 'verified'],
    [{ status: 401 }, 'unproven'],
    [{ status: 401, note: 'internal' }, 'declared'],
    [{ who: '' }, 'unproven'],
  ])('by rules: %j is %s', (record, state) => {
    expect(read({ proof }, record)).toMatchObject({ proof: { state } });
  });

  it('never comes from a rejected record', () => {
    const result: CustomFormatInput['result'] = [{ is: 'rejected' }];
    expect(read({ proof: 'verified', result }, {})).toMatchObject({ proof: { state: 'rejected' } });
  });

  it('of the source is what the operator says of it', () => {
    expect(read({ proof: 'source' }, {})).toMatchObject({ proof: { state: 'unproven' } });
  });
});

it('counts tokens and cost', () => {
  const spent = { tokens_in: 'in', tokens_out: 'out', cost: 'cost' };
  expect(read(spent, { in: 12, out: '3', cost: 0.25 })).toMatchObject({
    spent: { inputTokens: 12, outputTokens: 3, cost: 0.25 },
  });
  expect(read(spent, { in: -1, cost: 1e308 })).toMatchObject({ spent: { inputTokens: 0, cost: 2 ** 50 } });
  expect(read(spent, {})).not.toHaveProperty('spent');
});

describe('wrappers', () => {
  const inner = { at: AT, what: 'read', who: 'billing' };
  const text = JSON.stringify(inner);
  it.each([
    ['Filebeat, Logstash', { '@timestamp': AT, message: text, agent: { type: 'filebeat' }, log: { offset: 1 } }],
    ['Docker, Fluent Bit', { log: `${text}\n`, stream: 'stdout', time: AT, kubernetes: { pod_name: 'p' } }],
    ['a message alone', { message: text }],
    ['CloudWatch', { id: '1', timestamp: 1, message: text }],
    ['Google Cloud', { insertId: '1', logName: 'l', timestamp: AT, resource: {}, jsonPayload: inner }],
    ['EventBridge', { version: '0', id: '1', 'detail-type': 't', source: 's', time: AT, detail: inner }],
    ['CloudEvents', { specversion: '1.0', id: '1', type: 't', source: 's', data: inner }],
    ['Azure', { time: AT, category: 'kube-audit', operationName: 'o', properties: { log: text, stream: 'stdout' } }],
    ['Splunk HEC', { time: 1, sourcetype: 'x', event: inner }],
    ['journald', { __REALTIME_TIMESTAMP: '1', _PID: '1', MESSAGE: text }],
    ['one within the other', { message: JSON.stringify({ log: text, stream: 'stdout' }) }],
  ])('%s', (_what, record) => {
    expect(parseOne(mine({}), JSON.stringify(record))).toMatchObject({ action: 'read', time: TIME });
    expect(detectFormat([JSON.stringify(record)], [mine({}), ...formats])?.id).toBe('mine');
  });

  it.each([
    ['a record with a field of its own', { message: text, price: 7 }],
    ['a record that is read as it is', { at: AT, what: 'write', message: text }],
    ['a message with a key twice', { message: text.replace('{', '{"who":"a",') }],
  ])('%s is none', (_what, record) => {
    expect(parseOne(mine({}), JSON.stringify(record))).not.toMatchObject({ action: 'read' });
  });

  it('of one’s own', () => {
    expect(parseOne(mine({ unwrap: 'deep.down' }), JSON.stringify({ deep: { down: text } }))).toMatchObject({
      action: 'read',
    });
  });

  it('hide no secret', () => {
    const record = { message: JSON.stringify({ ...inner, api_key: 'sk-abcdef0123456789abcdef' }) };
    const parsed = parseOne(mine({ session: 'api_key' }), JSON.stringify(record));
    expect(parsed).toMatchObject({ leaks: [{ field: 'api_key' }] });
    expect(JSON.stringify(parsed)).not.toContain('abcdef0123456789');
  });
});

describe('arrays', () => {
  const record = JSON.stringify({ at: AT, what: 'read', who: 'billing' });
  it('are read element by element, unless a path leads into them', () => {
    const log = Buffer.from(`{"Records":[${record},${record}]}\n`);
    expect(parseAll(mine({}), log)).toHaveLength(2);
    const into = mine({ time: { field: 'Records.0.at', unit: 'iso' }, action: 'Records.0.what' });
    expect(parseAll(into, log)).toMatchObject([{ action: 'read' }]);
  });
});

it.each([
  [{ time: { field: 'at', unit: 'iso', zone: 'Europe/Nowhere' } }, 'Europe/Berlin'],
  [{ identities: { client_id: { field: 'x', extract: 'JTI=' } } }, '{}'],
  [{ identities: { client_id: { field: 'x', extract: '*{}' } } }, 'between'],
  [{ identities: { client_id: 'a."b' } }, 'quote'],
  [{ action: '{sql(a, oracle)}' }, 'dialect'],
  [{ action: undefined }, 'request_line'],
  [{ ignore: [{ when: {}, reason: 'Health Check' }] }, 'lower-case'],
  [{ cases: [{ sesion: 'x' }] }, 'sesion'],
])('refuses %j and says what to write', (change, why) => {
  expect(refused(change)).toContain(why);
});
