import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { repairJson } from '../../src/formats/repair-json.ts';
import { parseOne } from './records.ts';

const repaired = (text: string): unknown => {
  const json = repairJson(text);
  return json === undefined ? undefined : JSON.parse(json);
};

describe('what a log format makes of values that are no JSON', () => {
  it.each([
    ['bytes of nginx without escape=json', String.raw`{"a":"caf\xC3\xA9"}`, { a: 'café' }],
    ['a quote', String.raw`{"a":"x\x22,\x22b\x22:1"}`, { a: 'x","b":1' }],
    ['a backslash', String.raw`{"a":"\x5C\x5Cx41"}`, { a: String.raw`\\x41` }],
    ['bytes that form no UTF-8', String.raw`{"a":"x\xFFy"}`, { a: 'x\ufffdy' }],
    ['a backslash that was escaped already', String.raw`{"a":"\\x41"}`, { a: String.raw`\x41` }],
    ['what only Apache writes', String.raw`{"a":"\v\'","b":"\""}`, { a: String.raw`\v\'`, b: '"' }],
    ['half an escape', String.raw`{"a":"\u00","b":"\x4"}`, { a: String.raw`\u00`, b: String.raw`\x4` }],
    ['a tab and a control character', '{"a":"x\ty\u0001"}', { a: 'x\ty\u0001' }],
    ['a dash', '{"a":-,"b":1}', { a: null, b: 1 }],
    ['nothing', '{"a":,"b":}', { a: null, b: null }],
    ['zeros before a number', '{"a":009,"b":00.50,"c":-01,"d":000}', { a: 9, b: 0.5, c: -1, d: 0 }],
    ['times of several upstreams', '{"a":0.004, 0.010 : -,"b":[{"c":-}]}', { a: '0.004, 0.010 : -', b: [{ c: null }] }],
    ['a word', '{"a":nginx,"b":true}', { a: 'nginx', b: true }],
  ])('%s', (_name, text, value) => {
    expect(repaired(text)).toEqual(value);
  });

  it('JSON stays what it is', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(repaired(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('never fails, whatever the text, and takes no time that grows faster than it', () => {
    fc.assert(fc.property(fc.string(), (text) => void repairJson(text)));
    for (const piece of ['"', ':', '\\', ':,', '{"a":', '"\\', ': ', ',"'])
      expect(repairJson(piece.repeat(200_000 / piece.length)) === undefined).toBeTypeOf('boolean');
  });
});

describe('an nginx log with such values', () => {
  const FIELDS =
    '"remote_addr":"10.1.0.5","credential":"cred-1","method":"GET","uri":"/v1/orders/7","body_bytes_sent":12';
  const line = (more: string): string => `{"time":"2026-11-02T10:00:00+00:00",${FIELDS},"status":200,${more}}`;

  it('is read: the use counts', () => {
    for (const more of ['"upstream_response_time":-', String.raw`"user_agent":"a\xFF"`, '"request_time":'])
      expect(parseOne(nginxJson, line(more))).toMatchObject({ action: 'GET /v1/orders/{id}', result: 'success' });
  });

  it('is known without msec, and reads the local time of nginx', () => {
    const local = line('"session":"s"').replace('2026-11-02T10:00:00+00:00', '02/Nov/2026:11:00:00 +0100');
    expect(nginxJson.detect([local], { name: '', fromStart: true })).toBe(1);
    const parsed = parseOne(nginxJson, local);
    expect(isEvent(parsed) && new Date(parsed.time).toISOString()).toBe('2026-11-02T10:00:00.000Z');
  });

  it('a key that somebody adds from within a text is still told', () => {
    const forged = line('"user_agent":"a\u0001","credential":"victim","x":-');
    expect(parseOne(nginxJson, forged)).toMatchObject({ unusable: 'key-twice' });
  });

  it('a line that was torn is a dead letter, which says what to write', () => {
    expect(parseOne(nginxJson, '{"time":"2026-11-02T10:00:00+00:00","msec":')).toMatchObject({
      unusable: 'invalid-json',
      detail: expect.stringContaining('escape=json'),
    });
  });
});
