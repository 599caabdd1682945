import { describe, expect, it } from 'vitest';
import { isEvent } from '../../src/formats/format.ts';
import { nginxCombined } from '../../src/formats/nginx-combined.ts';
import { nginxJson } from '../../src/formats/nginx-json.ts';
import { remoteAddress } from '../../src/formats/remote-address.ts';
import { timeProblem } from '../../src/formats/time.ts';
import { parseOne } from './records.ts';

describe('the address that a server saw', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1:4242', '10.0.0.1'],
    ['[2001:db8::1]:4242', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['203.0.113.9, 10.0.0.2', '10.0.0.2'],
    ['victim,10.0.0.1, [2001:db8::1]:80', '2001:db8::1'],
    [' 10.0.0.1', '10.0.0.1'],
    ['unix:', 'unix:'],
    ['web-1.example.com', 'web-1.example.com'],
    ['', ''],
  ])('%s', (written, address) => {
    expect(remoteAddress(written)).toBe(address);
  });
});

const REST = '[02/Nov/2026:10:00:00 +0000] "GET /v1/orders/7 HTTP/1.1" 200 8 "-" "agent/1"';
const sourceOf = (line: string): string | undefined => {
  const parsed = parseOne(nginxCombined, line);
  return isEvent(parsed) ? `${parsed.identities[0]?.value ?? ''}@${parsed.sourceIp}` : undefined;
};

describe('what stands before the user in a combined log', () => {
  it.each([
    [`api.example.com 10.0.0.1 - billing ${REST}`, 'billing@10.0.0.1'],
    [`api.example.com:443 10.0.0.1 - - ${REST}`, '@10.0.0.1'],
    [`[2001:db8::5]:443 2001:db8::1 - billing ${REST}`, 'billing@2001:db8::1'],
    [`10.9.9.9 10.0.0.1 - billing ${REST}`, 'billing@10.0.0.1'],
    [`203.0.113.9, 10.0.0.2 - billing ${REST}`, 'billing@10.0.0.2'],
    [`api.example.com 203.0.113.9, 10.0.0.2 - billing ${REST}`, 'billing@10.0.0.2'],
    [`fe80::1%eth0 - billing ${REST}`, 'billing@fe80::1'],
    [`web-1.example.com - billing ${REST}`, 'billing@web-1.example.com'],
  ])('%s', (line, source) => {
    expect(sourceOf(line)).toBe(source);
  });

  it.each([
    `api.example.com - 10.0.0.1 - victim ${REST}`,
    `one two 10.0.0.1 - victim ${REST}`,
    `10.4.2.7 - victim - - ${REST}`,
    `203.0.113.9, 10.4.2.7 - victim - - ${REST}`,
    `10.4.2.7 - victim, 10.0.0.1 - - ${REST}`,
    `2026-11-02T10:00:00Z stdout F 10.0.0.1 - victim ${REST}`,
  ])('nothing that a client could have written there names anybody: %s', (line) => {
    expect(sourceOf(line)).toBeUndefined();
  });

  it('takes no time that grows faster than the line', () => {
    for (const piece of ['a,', 'a, ', '1.1.1.1, ', 'a ', '- ', ':', '[a] '])
      expect(sourceOf(piece.repeat(200_000 / piece.length))).toBeUndefined();
  });
});

it('in JSON, too, the last address of a list counts', () => {
  const record =
    '{"msec":"1767225600.000","remote_addr":"6.6.6.6, 10.0.0.2","method":"GET","uri":"/a","status":200,"body_bytes_sent":1}';
  expect(parseOne(nginxJson, record)).toMatchObject({ sourceIp: '10.0.0.2' });
});

it('a time without a zone says that the zone is missing, and only such a time', () => {
  for (const text of ['2026-11-02T10:00:00', '2026-11-02 10:00:00.123', '2026-11-02 10:00:00,123'])
    expect(timeProblem(text)).toContain('no zone');
  for (const text of ['2026-11-02 10:00:00 CET', 'yesterday', '', '2026-11-02T10:00:00Z'])
    expect(timeProblem(text)).not.toContain('no zone');
});
