import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs, { CompressionTypes } from 'kafkajs';
import { batchAround, isIntact, unreadableRecords } from './compressed-batch.ts';
import { lz4Decompress } from './lz4.ts';
import { snappyDecompress } from './snappy.ts';

/** The most that one batch of records may hold once it is decompressed: a batch of zeros must not fill the memory. */
const LIMIT = 128 * 1024 * 1024;
const ZSTD_LEVEL = 1;

/** Most batches need no second piece. */
const PIECE = 128 * 1024;

const options = { maxOutputLength: LIMIT, chunkSize: PIECE };
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } };
const [gunzipOf, gzipOf] = [promisify(gunzip), promisify(gzip)];

/** kafkajs hands over its own buffer of records. */
interface Encoder {
  readonly buffer: Buffer;
}

/**
 * Teaches kafkajs what producers of logs compress with; by itself it knows gzip only. What can't be decompressed does
 * not stop the partition: each of its records becomes one that no format can read, and so a dead letter.
 */
export function registerCodecs(): void {
  const codecs: Record<number, () => object> = kafkajs.CompressionCodecs;
  const register = (type: CompressionTypes, name: string, decompress: Decompress, compress = notWritten(name)) => {
    codecs[type] = () => ({ compress, decompress: readable(name, decompress) });
  };
  register(
    CompressionTypes.GZIP,
    'gzip',
    (data) => gunzipOf(data, options),
    ({ buffer }) => gzipOf(buffer),
  );
  // In this thread: handing a batch to another one and back takes as long as the work itself.
  register(
    CompressionTypes.ZSTD,
    'zstd',
    async (data) => zstdDecompressSync(data, options),
    async ({ buffer }) => zstdCompressSync(buffer, { ...zstdOptions, chunkSize: PIECE }),
  );
  register(CompressionTypes.Snappy, 'snappy', async (data) => snappyDecompress(data, LIMIT));
  register(CompressionTypes.LZ4, 'lz4', async (data) => lz4Decompress(data, LIMIT));
}

type Decompress = (data: Buffer) => Promise<Buffer>;
type Compress = (records: Encoder) => Promise<Buffer>;

const readable =
  (name: string, decompress: Decompress): Decompress =>
  async (data) => {
    const batch = batchAround(data);
    try {
      if (batch !== undefined && !isIntact(batch)) throw new RangeError('its checksum is wrong');
      return await decompress(data);
    } catch (error) {
      const why = `a ${name} batch: ${error instanceof Error ? error.message : error}`;
      const instead = batch && unreadableRecords(batch, why);
      if (instead === undefined) throw error;
      return instead;
    }
  };

const notWritten = (name: string): Compress => {
  return async () => {
    throw new Error(`Wayward does not write ${name}`);
  };
};
