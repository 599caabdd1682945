import { describe, expect, it } from 'vitest';
import type { Format } from '../../src/formats/format.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { detectWrapped, formatOfId } from '../../src/formats/wrapped.ts';
import { parseAll, parseOne, sample, sampleLines } from './records.ts';

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

  it('is none where a client wrote one such line among others', () => {
    const [line = ''] = sampleLines('nginx-access.combined.log');
    expect(detectWrapped([shipped(line), '{"a":1}', '{"a":2}', '{"a":3}'], formats)).toBeUndefined();
    expect(detectWrapped([shipped('hello')], formats)).toBeUndefined();
    expect(detectWrapped([], formats)).toBeUndefined();
  });
});
