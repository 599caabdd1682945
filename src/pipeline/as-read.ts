import { isUtf8 } from 'node:buffer';
import type { CredentialUse } from '../event.ts';

/** Bytes from which on an event must not share memory with its record. */
const LONG_RECORD = 8 * 1024;
const REPLACEMENT = '\ufffd';
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** The event of a record, and whether bytes of it could not be read as they stood. A record may be text and say in escapes (`\xff`) what is none. */
export const asRead = (
  parsed: CredentialUse,
  bytes: Buffer,
  start: number,
  end: number,
  isText: boolean,
): CredentialUse => {
  const use = end - start > LONG_RECORD ? withoutRecord(parsed) : parsed;
  const isLossy = !isText || (isReplaced(use) && !bytes.subarray(start, end).includes(REPLACEMENT));
  return isLossy ? { ...use, lossy: true } : use;
};

/** The event of a record of which only the beginning was read. */
export const asBegun = (parsed: CredentialUse, head: Buffer): CredentialUse => ({
  ...withoutRecord(parsed),
  ...(!isUtf8(head) && { lossy: true as const }),
  truncated: true,
});

/** The beginning of a record without a byte order mark, nor the character that the cut goes through. */
export const readable = (found: Buffer): Buffer => {
  const head = found.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? found.subarray(BYTE_ORDER_MARK.length)
    : found;
  let start = head.length - 1;
  while (start > head.length - 4 && ((head[start] ?? 0) & 0xc0) === 0x80) start--;
  return (head[start] ?? 0) >= 0xc0 ? head.subarray(0, start) : head;
};

/** A field is often a part of its record's text, and would keep all of it in memory for as long as somebody holds the field. */
const withoutRecord = (use: CredentialUse): CredentialUse => ({ ...structuredClone(use), proof: use.proof });

const isReplaced = ({ path = '', client = '' }: CredentialUse): boolean =>
  path.includes(REPLACEMENT) || client.includes(REPLACEMENT);
