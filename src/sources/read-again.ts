import { open } from 'node:fs/promises';
import { FileSource } from './file.ts';
import { isGzip } from './gunzip.ts';
import { HandlePool } from './handle-pool.ts';

const HEAD = 2;

/**
 * The bytes `[position, position + length)` of a (decompressed) file; undefined where there are none so far in it. Throws what
 * `open` throws.
 */
export async function readAgain(path: string, position: number, length: number): Promise<Buffer | undefined> {
  const file = await open(path);
  try {
    const head = Buffer.alloc(HEAD);
    await file.read(head, 0, HEAD, 0);
    if (isGzip(head)) return await fromGzip(path, position, length);
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, position);
    return bytesRead === length ? bytes : undefined;
  } finally {
    await file.close();
  }
}

/** A gzip file gives its bytes from the start only. */
async function fromGzip(path: string, position: number, length: number): Promise<Buffer | undefined> {
  const source = new FileSource(path, new HandlePool());
  const parts: Buffer[] = [];
  let at = 0;
  try {
    while (at < position + length) {
      const bytes = await source.read();
      if (bytes === 'end') return undefined;
      const from = Math.max(0, position - at);
      if (from < bytes.length) parts.push(bytes.subarray(from, position + length - at));
      at += bytes.length;
    }
    return Buffer.concat(parts);
  } finally {
    await source.close();
  }
}

/** The first bytes of a (decompressed) file, about so many. */
export async function readStart(path: string, size: number): Promise<Buffer> {
  const source = new FileSource(path, new HandlePool());
  try {
    const bytes = await source.read(size);
    return bytes === 'end' ? Buffer.alloc(0) : bytes;
  } finally {
    await source.close();
  }
}
