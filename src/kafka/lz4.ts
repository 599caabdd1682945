import { BlockOutput } from './block-copy.ts';

const MAGIC = 0x184d2204;
const VERSION_1 = 1;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;
/** Block sizes by their number in the header. */
const MAX_BLOCK: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 };

/**
 * Decodes one LZ4 frame of independent blocks, which is what Kafka's clients write, to at most `limit` bytes. Checksums are
 * passed over: Kafka has its own. @throws RangeError
 */
export function lz4Decompress(frame: Buffer, limit: number): Buffer {
  if (frame.readUInt32LE(0) !== MAGIC) throw new RangeError('not an LZ4 frame');
  const flags = frame.readUInt8(4);
  const maxBlock = MAX_BLOCK[(frame.readUInt8(5) >>> 4) & 7];
  const [version, independent, blockChecksum, contentSize] = [flags >>> 6, flags & 32, flags & 16, flags & 8];
  if (version !== VERSION_1 || independent === 0 || maxBlock === undefined)
    throw new RangeError('an LZ4 frame of a kind that Kafka does not write');
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = contentSize === 0 ? 7 : 15; ; ) {
    const header = frame.readUInt32LE(at);
    if (header === 0) return Buffer.concat(blocks);
    const size = header % UNCOMPRESSED;
    const data = frame.subarray(at + 4, at + 4 + size);
    if (data.length < size) throw new RangeError('LZ4 block ends too early');
    const decoded = header >= UNCOMPRESSED ? data : block(data, maxBlock);
    total += decoded.length;
    if (total > limit) throw new RangeError(`LZ4 frame of more than ${limit} bytes`);
    blocks.push(decoded);
    at += 4 + size + (blockChecksum === 0 ? 0 : 4);
  }
}

/** Sequences of literals and a copy; the last has literals only. */
function block(data: Buffer, maxLength: number): Buffer {
  const output = new BlockOutput(maxLength);
  let at = 0;
  /** A length of 15 goes on in the bytes that follow, until one is not 255. */
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) byte = data.readUInt8(at++);
    return length;
  };
  while (at < data.length) {
    const token = data.readUInt8(at++);
    const literals = lengthFrom(token >>> 4);
    output.literal(data, at, literals);
    at += literals;
    if (at === data.length) break;
    const distance = data.readUInt16LE(at);
    at += 2;
    output.copy(distance, lengthFrom(token & 15) + MIN_MATCH);
  }
  return Buffer.from(output.bytes.subarray(0, output.length));
}
