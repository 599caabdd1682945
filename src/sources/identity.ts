import { hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** How many of a file's first bytes tell it from another: log lines begin with their time. */
export const HEAD = 256;

/** The first bytes of a file, at most 256 or `length`. */
export const readHead = async (file: FileHandle, length = HEAD): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
};

/** Device, inode, number of bytes hashed, and their SHA-256 (128 bits of it): the file may have grown when it is met again. */
export const identityOf = (stats: Stats, head: Buffer): string =>
  [stats.dev, stats.ino, head.length, digestOf(head)].join(':');

/** How much of an identity a file bears out, by its first bytes; a copy has the same beginning but another inode. */
export const compareIdentity = (identity: string, stats: Stats, head: Buffer): 'same' | 'copy' | 'other' => {
  const [dev, ino, length, digest] = identity.split(':');
  const begins = head.subarray(0, Number(length));
  if (begins.length !== Number(length) || digestOf(begins) !== digest) return 'other';
  if (String(stats.dev) === dev && String(stats.ino) === ino) return 'same';
  return begins.length > 0 ? 'copy' : 'other';
};

const digestOf = (bytes: Buffer): string => hash('sha256', bytes, 'hex').slice(0, 32);
