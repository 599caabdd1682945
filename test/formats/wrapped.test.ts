import { describe, expect, it } from 'vitest';
import type { Format } from '../../src/formats/format.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { detectLog, detectWrapped, formatOfId } from '../../src/formats/wrapped.ts';
import { parseAll, parseOne, redactor, sample, sampleLines } from './records.ts';

const shipped = (message: string): string =>
  JSON.stringify({ '@timestamp': '2026-11-02T10:00:00Z', message, agent: { type: 'filebeat' }, log: { offset: 1 } });

const found = (lines: readonly string[]): Format => {
  const format = detectWrapped(lines, formats);
  if (format === undefined) throw new Error('nothing was found');
  return format;
};

describe('a log that a shipper has wrapped line by line', () => {
  it.each([
    'nginx-access.combined.log',
    'nginx-access.jsonl',
    'pgaudit.json',
    'vault-audit.jsonl',
    'mariadb-server_audit.log',
  ])('%s gives the same events as without', (log) => {
    const lines = sampleLines(log).map(shipped);
    const format = found(lines);
    const plain = formatById(format.id.replace('wrapped/', ''));
    if (plain === undefined) throw new Error('no such format');
    expect(parseAll(format, Buffer.from(lines.join('\n')))).toEqual(parseAll(plain, sample(log)));
    expect(formatOfId(format.id, formats)?.id).toBe(format.id);
  });

  it('is read out of wrappers within each other, and of objects', () => {
    const [line = ''] = sampleLines('vault-audit.jsonl').slice(1);
    const wrappedTwice = shipped(JSON.stringify({ log: `${line}\n`, stream: 'stdout' }));
    const asObject = JSON.stringify({ logName: 'l', insertId: '1', jsonPayload: JSON.parse(line) });
    for (const text of [wrappedTwice, asObject]) expect(found([text]).id).toBe('wrapped/vault-audit');
  });

  it('has dead letters where a record is not wrapped', () => {
    const lines = sampleLines('nginx-access.combined.log');
    const format = found(lines.map(shipped));
    expect(parseOne(format, JSON.stringify({ message: lines[0], price: 7 }))).toMatchObject({
      unusable: 'not-wrapped',
    });
  });

  it.each([
    ['syslog', (line: string) => `<134>Nov  2 10:00:00 v1 vault[17]: ${line}`, 'wrapped/syslog-3164/vault-audit'],
    [
      'syslog, behind a cookie',
      (line: string) => `Nov  2 10:00:00 v1 vault: @cee:${line}`,
      'wrapped/syslog-3164/cee/vault-audit',
    ],
    ['a container', (line: string) => `2026-11-02T10:00:00.1Z stdout F ${line}`, 'wrapped/cri/vault-audit'],
  ])('is read where the shipper read it from the log of %s', (_name, wrap, id) => {
    const lines = sampleLines('vault-audit.jsonl');
    const format = found(lines.map((line) => shipped(wrap(line))));
    expect(format.id).toBe(id);
    const log = Buffer.from(lines.map((line) => shipped(wrap(line))).join('\n'));
    const plain = formatById('vault-audit');
    for (const same of [format, formatOfId(id, formats)])
      expect(same && parseAll(same, log)).toEqual(plain && parseAll(plain, sample('vault-audit.jsonl')));
    expect(parseOne(format, shipped(lines[0] ?? ''))).toMatchObject({ unusable: 'not-wrapped' });
    const part = shipped(`2026-11-02T10:00:00.1Z stdout P ${lines[0]}`);
    expect(parseOne(format, part)).toMatchObject({ unusable: 'not-wrapped' });
  });

  it('of journald, also where it writes bytes that are no text', () => {
    const journal = (message: unknown) => JSON.stringify({ __REALTIME_TIMESTAMP: '1', _PID: '7', MESSAGE: message });
    const [line = ''] = sampleLines('nginx-access.combined.log');
    const bytes = [...Buffer.from(line.replace(/"[^"]*"$/, '"x\xff"'), 'latin1')];
    const format = found([line, line, bytes].map(journal));
    expect(parseOne(format, journal(bytes))).toMatchObject({ client: 'x\ufffd' });
    for (const none of [null, [1, 300], ['a'], [[]]])
      expect(parseOne(format, journal(none))).toMatchObject({ unusable: 'not-wrapped' });
  });

  it('of two formats, the one counts that fits the lines inside', () => {
    const lines = sampleLines('nginx-access.jsonl');
    expect(detectLog(lines.map(shipped), formats, formats)?.id).toBe('wrapped/nginx-json');
    expect(detectLog(lines, formats, formats)?.id).toBe('nginx-json');
    const kubernetes = sampleLines('kube-audit.jsonl');
    expect(detectLog(kubernetes.map(shipped), formats, formats)?.id).toBe('kubernetes-audit');
  });

  it('a record that is too long is read from its beginning', () => {
    const [line = ''] = sampleLines('nginx-access.jsonl');
    const format = found([shipped(line)]);
    const head = Buffer.from(shipped(line.replace(/}$/, `,"x":"${'x'.repeat(20_000)}"}`))).subarray(0, 16_384);
    expect(format.parser({ redactor }).parse(head, 0, head.length, 2_000_000)).toHaveProperty('action');
  });

  it('is none where a client wrote one such line among others', () => {
    const [line = ''] = sampleLines('nginx-access.combined.log');
    expect(detectWrapped([shipped(line), '{"a":1}', '{"a":2}', '{"a":3}'], formats)).toBeUndefined();
    expect(detectWrapped([shipped('hello')], formats)).toBeUndefined();
    expect(detectWrapped([], formats)).toBeUndefined();
  });
});
