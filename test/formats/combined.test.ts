import { describe, expect, it } from 'vitest';
import { nginxVariables } from '../../src/formats/built-in/nginx-variables.ts';
import { nginxCombined } from '../../src/formats/nginx-combined.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { parseOne } from './records.ts';

const line = (request: string, { user = 'billing', referrer = '-', agent = 'agent/1', address = '10.0.0.1' } = {}) =>
  `${address} - ${user} [02/Nov/2026:10:00:00 +0000] "${request}" 200 8 "${referrer}" "${agent}"`;

describe('what a client chooses in an access log', () => {
  it.each([
    [String.raw`/v1/payroll?q=\"`, 'GET /v1/payroll'],
    [String.raw`/v1/\"q\"/all`, 'GET /v1/"q"/all'],
    [String.raw`/v1/a\\b`, String.raw`GET /v1/a\b`],
    [String.raw`/v1/a\tb\nc`, 'GET /v1/a\ufffdb\ufffdc'],
    [String.raw`/v1/caf\xc3\xa9`, 'GET /v1/café'],
    [String.raw`/v1/\q`, String.raw`GET /v1/\q`],
  ])('in the target %s, as Apache escapes it', (target, action) => {
    expect(parseOne(nginxCombined, line(`GET ${target} HTTP/1.1`))).toMatchObject({ action, status: 200, bytes: 8 });
  });

  it('in the referrer and the user agent, behind which the rest of the line is read', () => {
    const escaped = { referrer: String.raw`https://a/\"b`, agent: String.raw`a \"b\" \\` };
    expect(parseOne(nginxCombined, line('GET /v1/a HTTP/1.1', escaped))).toMatchObject({
      client: 'a "b" \\',
    });
  });

  it('no escaped quote ends a field, so that a client can forge no status', () => {
    const request = String.raw`GET /v1/a\" 404 9 \"-\" \"x HTTP/1.1`;
    expect(parseOne(nginxCombined, line(request))).toMatchObject({ status: 200, bytes: 8, client: 'agent/1' });
  });

  it.each(['?a=1&', ';', '/b;v=1;', '#'])('a secret is a leak behind %s', (sign) => {
    const parsed = parseOne(nginxCombined, line(`GET /v1/a${sign}client_secret=Sup3rS3cretT3xt HTTP/1.1`));
    expect(parsed).toMatchObject({ leaks: [{ field: 'url.query' }] });
    expect(JSON.stringify(parsed)).not.toContain('Sup3rS3cretT3xt');
  });

  it('a user without a name is nobody', () => {
    expect(parseOne(nginxCombined, line('GET /v1/a HTTP/1.1', { user: '""' }))).toMatchObject({ identities: [] });
  });

  it('megabytes of escapes are read at once', () => {
    const began = process.threadCpuUsage().user;
    for (const piece of ['\\\\', '\\"', '\\x', 'a\\'])
      parseOne(nginxCombined, line(`GET /${piece.repeat(200_000)} HTTP/1.1`));
    expect((process.threadCpuUsage().user - began) / 1_000).toBeLessThan(2_000);
  });
});

describe('a request that a server takes is a use, however its line is written', () => {
  // Each was answered with 200 by nginx 1.22.
  it.each([
    ['GET /v1/payroll HTTP/1.1 ', 'GET /v1/payroll'],
    ['GET   /v1/payroll   HTTP/1.1', 'GET /v1/payroll'],
    ['GET /v1/payroll HTTP/1.00001', 'GET /v1/payroll'],
    ['GET /v1/payroll HTTP/1.10', 'GET /v1/payroll'],
    ['GET /v1/orders/../payroll HTTP/1.1', 'GET /v1/payroll'],
    ['GET /v1/orders;/..%2fpayroll HTTP/1.1', 'GET /v1/payroll'],
    ['-X /v1/payroll HTTP/1.1', '-X /v1/payroll'],
    [`${'A'.repeat(100)} /v1/payroll HTTP/1.1`, `${'A'.repeat(16)} /v1/payroll`],
    ['GET2 /v1/payroll HTTP/1.1', 'GET2 /v1/payroll'],
    ['GET /v1/payroll', 'GET /v1/payroll'],
  ])('%s', (request, action) => {
    expect(parseOne(nginxCombined, line(request))).toMatchObject({ action, identities: [{ value: 'billing' }] });
    const inJson = { remote_addr: '10.0.0.1', status: '200', time_iso8601: '2026-11-02T10:00:00Z', request };
    expect(parseOne(nginxVariables, JSON.stringify(inJson))).toMatchObject({ action });
  });

  it.each(['', '-', 'SSH-2.0-Go', String.raw`\x16\x03\x01`, '{}'])(
    '%s is none: counts where it was answered',
    (request) => {
      const refused = line(request).replace(' 200 8 ', ' 400 157 ');
      expect(parseOne(nginxCombined, refused)).toEqual({ ignored: 'no-request' });
      expect(parseOne(nginxCombined, line(request))).toMatchObject({ unusable: 'no-request-line' });
    },
  );

  it('a secret in the place of the method is shown nowhere', () => {
    const secret = `ghp_${'aB3dE6gH9jK2mN5pQ8sT'.repeat(2).slice(0, 36)}`;
    const request = `${secret} /v1/a HTTP/1.1`;
    const inJson = { remote_addr: '10.0.0.1', status: '200', time_iso8601: '2026-11-02T10:00:00Z', request };
    for (const parsed of [parseOne(nginxCombined, line(request)), parseOne(nginxVariables, JSON.stringify(inJson))]) {
      expect(parsed).toMatchObject({ leaks: [{}] });
      expect(JSON.stringify(parsed)).not.toContain(secret.slice(0, 12));
    }
  });
});

it.each(['2026-11-02T11:00:00+01:00', '02/Nov/2026:11:00:00 +0100'])('the time %s is read', (time) => {
  const at = { time: Date.UTC(2026, 10, 2, 10) };
  const written = line('GET /a HTTP/1.1').replace('02/Nov/2026:10:00:00 +0000', time);
  expect(parseOne(nginxCombined, written)).toMatchObject(at);
  const inJson = { remote_addr: '10.0.0.1', status: 200, method: 'GET', uri: '/a', time };
  for (const msec of [undefined, '', '-'])
    expect(parseOne(nginxJson, JSON.stringify({ ...inJson, msec }))).toMatchObject(at);
});

describe("a web server's own lines among those of its access log, as a container writes them", () => {
  const NGINX =
    '2026/11/02 10:00:00 [error] 29#29: *7 open() "/a" failed, client: 10.0.0.1, request: "GET /a HTTP/1.1", host: "api"';
  const APACHE =
    '[Mon Nov 02 10:00:00.123456 2026] [core:error] [pid 7:tid 9] [client 10.0.0.1:4711] AH00126: Invalid URI';

  it.each([NGINX, APACHE, '2026/11/02 10:00:00 [notice] 1#1: start worker processes'])('%s: ignored', (text) => {
    for (const format of [nginxCombined, nginxJson]) expect(parseOne(format, text)).toEqual({ ignored: 'server-line' });
  });

  it.each([
    [
      'a request behind an address that looks so',
      line('GET /a HTTP/1.1', { address: '2026/11/02 10:00:00 [error] 1#1: ' }),
    ],
    ['something else', '2026/11/02 10:00:00 worker started'],
    ['one that does not begin so', `x ${NGINX}`],
  ])('%s: not', (_name, text) => {
    for (const format of [nginxCombined, nginxJson]) expect(parseOne(format, text)).toHaveProperty('unusable');
  });
});
