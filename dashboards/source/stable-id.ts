import { createHash } from 'node:crypto';

/** A UUID that depends on these names alone (version 8 of RFC 9562): an import replaces what an earlier one brought. */
export function stableId(...names: readonly string[]): string {
  const bytes = createHash('sha256')
    .update(['wayward', ...names].join('\0'))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
