/**
 * Where records come from. A source hands out bytes in order and knows how to go on after a restart;
 * it knows nothing of records, formats or time.
 */
export interface Source {
  /** Shown in messages and dead letters: a file's path as the user wrote it, or `-` for standard input. */
  readonly name: string;
  /** Offset of the first byte that `read` gives: 0, or where the saved position stood. */
  readonly startsAt: number;
  /** Whether the first bytes may lie inside an array of records; as a rule, where it starts behind the first byte. */
  readonly startsInside?: boolean;
  /**
   * The next bytes, or where it stands: `caught-up` = nothing more for now (a followed file), `end` = nothing ever again.
   * The buffer belongs to the caller from then on. `size` is a wish, in bytes: many sources at once ask for little.
   */
  read(size?: number): Promise<Buffer | 'caught-up' | 'end'>;
  /** What went wrong with the source itself since the last call; it never stops the run. */
  problem(): SourceProblem | undefined;
  /** What a restart needs to go on at byte `offset` of this source's (decompressed) stream. */
  save(offset: number): SourcePosition;
  close(): Promise<void>;
}

/** Counted and reported like a dead letter without bytes. */
export interface SourceProblem {
  /** Short and from a fixed list: `truncated-gzip`, `corrupt-gzip`, `directory`, `unreadable`, `position-lost`, `too-long`, `no-timestamp`, `no-value`. */
  readonly reason: string;
  /** One sentence for a person. */
  readonly detail: string;
}

/** Plain JSON, kept in the snapshot. */
export interface SourcePosition {
  readonly name: string;
  /** Byte offset in the decompressed stream, of the first byte not yet used. */
  readonly offset: number;
  /** Tells the same file from another one of the same name: device, inode, and a hash of its first bytes. */
  readonly identity: string;
}

/** How much a source gives at a time unless asked for less, in bytes. */
export const READ_SIZE = 256 * 1024;
