import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../src/crc32c.ts';
import { lz4Decompress } from '../../src/kafka/lz4.ts';
import { snappyDecompress } from '../../src/kafka/snappy.ts';

const LIMIT = 1_000_000;
const decoders = { snappy: snappyDecompress, lz4: lz4Decompress };

const frame = (...blocks: Buffer[]) => {
  const parts = blocks.flatMap((block) => [uint32(block.length), block]);
  return Buffer.concat([Buffer.from('04224d18604000', 'hex'), ...parts, uint32(0)]);
};
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

test('CRC-32C of the check value', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

test('known blocks', () => {
  // Two literals, then a copy from 2 bytes back over 38 bytes.
  expect(String(snappyDecompress(Buffer.from([40, 1 << 2, 97, 98, (37 << 2) | 2, 2, 0]), LIMIT))).toBe('ab'.repeat(20));
  expect(String(lz4Decompress(frame(Buffer.from([0x2f, 97, 98, 2, 0, 38 - 19, 0])), LIMIT))).toBe('ab'.repeat(20));
  expect(snappyDecompress(Buffer.of(0), LIMIT)).toHaveLength(0);
  expect(lz4Decompress(frame(), LIMIT)).toHaveLength(0);
});

describe.each(Object.entries(decoders))('%s', (name, decompress) => {
  test('bytes of any kind are decoded or refused with a RangeError, within the limit', () => {
    const start = { snappy: Buffer.alloc(0), lz4: Buffer.from('04224d18604000', 'hex') }[name] ?? Buffer.alloc(0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, withStart) => {
        try {
          const data = Buffer.concat([withStart ? start : Buffer.alloc(0), bytes]);
          expect(decompress(data, 1000).length).toBeLessThanOrEqual(1000);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['nothing', { snappy: '', lz4: '' }],
    ['a copy from before the start', { snappy: '04000a0900', lz4: '04224d186040000300000010610500' }],
    [
      'more than the limit',
      {
        snappy: 'ffffffff0f',
        lz4: frame(Buffer.concat([Buffer.from([0x1f, 97, 1, 0]), Buffer.alloc(4000, 255), Buffer.of(0)])).toString(
          'hex',
        ),
      },
    ],
    ['an end too early', { snappy: '0a1061', lz4: '04224d186040000a00000010' }],
  ])('%s', (_, hex) => {
    expect(() => decompress(Buffer.from(hex[name as 'snappy' | 'lz4'], 'hex'), LIMIT)).toThrow(RangeError);
  });
});
