import { crc32c } from '../crc32c.ts';

/** Lengths and places in a batch of records (format 2), from where kafkajs begins to read it to its compressed records. */
const HEADER = 49;
const FORMAT_AT = 4;
const CHECKSUM_AT = 5;
const CHECKED_FROM = 9;
const LAST_DELTA_AT = 11;
const COUNT_AT = 45;
const FORMAT = 2;

/**
 * The batch that these compressed records are of. kafkajs hands a codec nothing but those; but they are a view into the
 * batch, whose header lies before them. Undefined for the formats of brokers before Kafka 0.11.
 */
export function batchAround(compressed: Buffer): Buffer | undefined {
  const start = compressed.byteOffset - HEADER;
  if (start < 0) return undefined;
  const batch = Buffer.from(compressed.buffer, start, HEADER + compressed.length);
  return batch.readInt8(FORMAT_AT) === FORMAT ? batch : undefined;
}

/** Whether every byte is as the producer or the broker wrote it: kafkajs does not look. */
export const isIntact = (batch: Buffer): boolean =>
  crc32c(batch.subarray(CHECKED_FROM)) === batch.readUInt32BE(CHECKSUM_AT);

/**
 * Decompressed records that stand in for those of a batch: as many, at their offsets, each with a value that says why.
 * Undefined where the header makes no sense.
 */
export function unreadableRecords(batch: Buffer, why: string): Buffer | undefined {
  const count = batch.readInt32BE(COUNT_AT);
  if (count > batch.readInt32BE(LAST_DELTA_AT) + 1) return undefined;
  const value = Buffer.from(`(Wayward: not readable: ${why})`);
  return Buffer.concat(Array.from({ length: count }, (_, delta) => record(delta, value)));
}

/** A record without key and headers: attributes, timestamp and offset (as differences), key, value, headers. */
function record(offsetDelta: number, value: Buffer): Buffer {
  const body = [Buffer.of(0, 0), varint(offsetDelta), varint(-1), varint(value.length), value, Buffer.of(0)];
  const bytes = Buffer.concat(body);
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** As Kafka writes small integers: zigzag, then 7 bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.of(...bytes, rest);
}
