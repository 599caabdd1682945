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
  /** Short and from a fixed list, such as `invalid-json`, `invalid-utf8`, `too-long`, `timestamp-not-reached`. */
  readonly reason: string;
  /** One sentence for a person. */
  readonly detail?: string;
  /** At most 1 KiB of the record, redacted. */
  readonly excerpt: string;
}
