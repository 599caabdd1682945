import { BlockOutput } from './block-copy.ts';

/** Java's clients write blocks, each with its length, behind this header of 16 bytes (name and two versions). */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER = 16;

/** Decodes snappy, raw or in Java's framing, to at most `limit` bytes. @throws RangeError */
export function snappyDecompress(compressed: Buffer, limit: number): Buffer {
  if (!compressed.subarray(0, XERIAL.length).equals(XERIAL)) return block(compressed, limit);
  const blocks: Buffer[] = [];
  let left = limit;
  for (let at = XERIAL_HEADER; at < compressed.length; ) {
    const end = at + 4 + compressed.readUInt32BE(at);
    if (end > compressed.length) throw new RangeError('snappy block ends too early');
    const decoded = block(compressed.subarray(at + 4, end), left);
    left -= decoded.length;
    blocks.push(decoded);
    at = end;
  }
  return Buffer.concat(blocks);
}

/** One block: its decoded length, then literals (tag 0) and copies with 1, 2 or 4 bytes of distance. */
function block(data: Buffer, limit: number): Buffer {
  let { value: length, at } = lengthOf(data);
  if (length > limit) throw new RangeError(`snappy block of more than ${limit} bytes`);
  const output = new BlockOutput(length);
  while (at < data.length) {
    const tag = data.readUInt8(at++);
    const upper = tag >>> 2;
    switch (tag & 3) {
      case 0: {
        const extra = Math.max(0, upper - 59);
        length = (extra === 0 ? upper : data.readUIntLE(at, extra)) + 1;
        at += extra;
        output.literal(data, at, length);
        at += length;
        break;
      }
      case 1:
        output.copy(((tag >>> 5) << 8) | data.readUInt8(at++), (upper & 7) + 4);
        break;
      case 2:
        output.copy(data.readUInt16LE(at), upper + 1);
        at += 2;
        break;
      default:
        output.copy(data.readUInt32LE(at), upper + 1);
        at += 4;
    }
  }
  if (output.length !== output.bytes.length) throw new RangeError('snappy block ends too early');
  return output.bytes;
}

/** A varint of at most 5 bytes. */
function lengthOf(data: Buffer): { value: number; at: number } {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = data.readUInt8(at);
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, at: at + 1 };
  }
  throw new RangeError('snappy block has no length');
}
