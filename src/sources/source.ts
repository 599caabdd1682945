/**
 * Where records come from. A source hands out bytes in order and knows how to go on after a restart;
 * it knows nothing of records, formats or time.
 */
export interface Source {
  /** Shown in messages and dead letters: a file's path as the user wrote it, or `-` for standard input. */
  readonly name: string;
  /**
   * The next bytes, or where it stands: `caught-up` = nothing more for now (a followed file), `end` = nothing ever again.
   * The buffer belongs to the caller from then on.
   */
  read(): Promise<Buffer | 'caught-up' | 'end'>;
  /** What a restart needs to go on at byte `offset` of this source's (decompressed) stream. */
  save(offset: number): SourcePosition;
  close(): Promise<void>;
}

/** Plain JSON, kept in the snapshot. */
export interface SourcePosition {
  readonly name: string;
  /** Byte offset in the decompressed stream, of the first byte not yet used. */
  readonly offset: number;
  /** Tells the same file from another one of the same name: device, inode, and a hash of its first bytes. */
  readonly identity: string;
}
