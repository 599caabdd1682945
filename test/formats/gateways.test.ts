import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../src/formats/detect.ts';
import { isEvent } from '../../src/formats/format.ts';
import { formats } from '../../src/formats/registry.ts';
import { readAs, sampleLines, told } from './records.ts';

const apache = (fields: object) =>
  readAs('apache-json', {
    time: '2026-11-02T10:00:00.123+0000',
    client: '10.1.0.5',
    user: '-',
    consumer: '-',
    request: 'GET /v1/orders/77?page=2 HTTP/1.1',
    status: 200,
    first_status: '200',
    bytes: 163,
    user_agent: 'agent/1',
    id: 'aw18zGOtbd0OnNQ3yNIhWwAAAAA',
    ...fields,
  });

const haproxy = (fields: object) =>
  readAs('haproxy-json', {
    ts_ms: 1_793_613_600_123,
    client: '10.1.0.5',
    method: 'GET',
    uri: '/v1/orders/77?page=2',
    status: 200,
    bytes: 202,
    state: '----',
    backend: 'up',
    consumer: '-',
    auth: '-',
    ua: 'agent/1',
    id: '7F',
    ...fields,
  });

describe('Apache: who was authenticated', () => {
  it('is whom `user` or `consumer` names, but on a 401, where it is the name that was claimed', () => {
    const all = told('apache-json', 'apache-access.jsonl').filter((line) => /agent-|x"/.test(line));
    expect(all).toEqual([
      'GET /api/orders/{id} success verified agent-billing',
      'GET /api/admin denied verified agent-billing',
      'POST /api/orders success verified agent-billing',
      'GET /basic/report success verified agent-billing',
      'GET /basic/report rejected rejected agent-billing',
      'GET /basic/report rejected rejected agent-ghost',
      'GET /basic/report rejected rejected agent-tools',
      'GET /basic/report rejected rejected x","user"',
      'GET /api/","status":200/ä success verified agent-billing',
      'GET /api/orders success verified agent-billing',
    ]);
  });

  it('is nobody where an error page has made another status of a 401', () => {
    expect(apache({ user: 'agent-billing', first_status: '401' })).toMatchObject({
      result: 'rejected',
      proof: { state: 'rejected' },
    });
  });

  it('is nobody where neither stands', () => {
    expect(apache({})).toMatchObject({ identities: [], proof: { state: 'unproven' } });
  });

  it('is the client and the subject of a token that mod_auth_openidc has checked', () => {
    const token = { user: 'agent-tools', sub: '3b26c31e', method: 'GET', uri: '/jwt/x' };
    expect(apache({ request: undefined, consumer: undefined, ...token })).toMatchObject({
      action: 'GET /jwt/x',
      identities: [
        { key: 'credential_id', value: 'agent-tools' },
        { key: 'jwt_sub', value: '3b26c31e' },
      ],
      proof: { state: 'verified' },
    });
  });

  it('what is no request is no use', () => {
    expect(apache({ request: 'SSH-2.0-Go', status: 400, first_status: '400' })).toEqual({ ignored: 'no-request' });
  });
});

describe('HAProxy: who was authenticated', () => {
  it('is whom `consumer` names, beside the variable that says how it was checked', () => {
    const all = told('haproxy-json', 'haproxy-access.jsonl').filter((line) => /agent-/.test(line));
    expect(all).toEqual([
      'GET /api/orders/{id} success verified agent-billing',
      'GET /api/admin denied verified agent-billing',
      'POST /api/orders success verified agent-billing',
      'GET /basic/report success verified agent-billing',
      'GET /basic/report denied verified agent-tools',
      'GET /api/","status":200/ä success verified agent-billing',
      'GET /api/orders success verified agent-billing',
    ]);
  });

  it.each([
    ['only a name', { consumer: 'agent-billing' }, 'unproven'],
    ['a 401', { consumer: 'agent-billing', auth: 'basic', status: 401 }, 'rejected'],
    ['both', { consumer: 'agent-billing', auth: 'key', status: 403 }, 'verified'],
  ])('%s', (_, fields, state) => {
    expect(haproxy(fields)).toMatchObject({ proof: { state } });
  });

  it('a client that went before it had asked is no use, one that went later an error', () => {
    expect(haproxy({ method: '-', uri: '-', status: 400, state: 'PR--' })).toEqual({ ignored: 'no-request' });
    expect(haproxy({ status: -1, state: 'CD--' })).toMatchObject({ result: 'error' });
  });
});

describe('HAProxy, option httplog', () => {
  const line = (request: string, start = '10.1.0.5:41114', status = '200 107') =>
    readAs(
      'haproxy-http',
      `${start} [02/Nov/2026:10:00:00.119] plain up/a 0/0/0/0/0 ${status} - - ---- 2/1/0/0/0 0/0 {agent/1} "${request}"`,
    );

  it('has action, status, bytes and address', () => {
    expect(line('GET /v1/orders/77?page=2 HTTP/1.1')).toMatchObject({
      time: Date.UTC(2026, 10, 2, 10, 0, 0, 119),
      action: 'GET /v1/orders/{id}',
      bytes: 107,
      status: 200,
      sourceIp: '10.1.0.5',
      service: 'up',
      identities: [],
      proof: { state: 'unproven' },
    });
  });

  it('with what `option httpslog` has behind the request', () => {
    const text =
      '10.1.0.5:1 [02/Nov/2026:10:00:00.119] s~ up/a 0/0/0/0/0 200 1 - - ---- 2/1/0/0/0 0/0 "GET /a HTTP/1.1" 0/0/0/0/0 a.example/TLSv1.3/X';
    expect(detectFormat([text], formats)?.id).toBe('haproxy-http');
    expect(readAs('haproxy-http', text)).toMatchObject({ action: 'GET /a' });
  });

  it('gives no address rather than one with a port in it', () => {
    expect(line('GET / HTTP/1.1', '::ffff:10.1.0.5:41114')).toMatchObject({ sourceIp: '10.1.0.5' });
    const other = line('GET / HTTP/1.1', '2001:db8::1:41114');
    expect(isEvent(other) && other.sourceIp).toBeUndefined();
  });

  it.each([
    ['<BADREQ>', { ignored: 'no-request' }],
    ['SSH-2.0-Go', { unusable: 'no-request-line' }],
  ])('%s', (request, what) => {
    expect(line(request)).toMatchObject(what);
  });

  it('what it says of itself is no use', () => {
    expect(readAs('haproxy-http', 'Proxy gw started.')).toEqual({ ignored: 'server-line' });
  });
});

it('a log of one’s own with such names is not taken for Apache’s, whose user is proven', () => {
  const own = { time: '2026-11-02T10:00:00.123Z', client: '10.1.0.5', user: 'bob', id: '1', status: 200, bytes: 1 };
  const lines = [
    { ...own, method: 'GET', uri: '/' },
    { ...own, time: '2026-11-02T10:00:00.123+0000' },
    { ...own, time: '2026-11-02T10:00:00.123+0000', request: 'GET /', status: 'ok' },
  ];
  for (const line of lines) expect(detectFormat([JSON.stringify(line)], formats)).toBeUndefined();
});

describe('neither is taken for the other, nor for a log with the names of nginx’s variables', () => {
  it.each([
    ['apache-access.jsonl', 'apache-json'],
    ['haproxy-access.jsonl', 'haproxy-json'],
    ['haproxy-http.log', 'haproxy-http'],
    ['apache-access.combined.log', 'nginx-combined'],
  ])('%s is %s', (log, id) => {
    for (const line of sampleLines(log)) expect(detectFormat([line], formats)?.id).toBe(id);
  });
});
