import type { Framing } from './framing.ts';

/** A record that could not be used: what the contract lets us keep of it. */
export interface DeadLetter {
  /** The source's name. */
  readonly source: string;
  /** Byte offset of the record in the (decompressed) source. */
  readonly position: number;
  /** Its length in bytes. */
  readonly length: number;
  /** SHA-256 of its bytes, hex. */
  readonly hash: string;
  /** Short and from a fixed list, such as `invalid-json`, `too-long`, `timestamp-not-reached`. */
  readonly reason: string;
  /** One sentence for a person. */
  readonly detail?: string;
  /** How its source was cut into records, unless by lines. */
  readonly framing?: Framing;
  /** The envelopes around its source's lines, outermost first, if any. */
  readonly layers?: readonly (readonly string[])[];
  /** At most 1 KiB of the record, redacted. */
  readonly excerpt: string;
}

/** Whether this JSON is one: somebody else may have written where dead letters are kept. */
export function isLetter(value: unknown): value is DeadLetter {
  if (typeof value !== 'object' || value === null) return false;
  const { source, hash, reason, excerpt, position, length, detail = '', layers = [] } = value as Partial<DeadLetter>;
  return (
    Array.isArray(layers) &&
    layers.every((layer) => Array.isArray(layer) && layer.every((id) => typeof id === 'string')) &&
    [source, hash, reason, excerpt, detail].every((text) => typeof text === 'string') &&
    [position, length].every((count) => Number.isSafeInteger(count) && Number(count) >= 0)
  );
}
