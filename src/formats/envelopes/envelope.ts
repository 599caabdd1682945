/** What an envelope holds: a line of the log inside, or a part of one. */
export interface Part {
  /** Bytes as they stood before the envelope was put around them, without line end. */
  readonly text: Buffer;
  /** Parts of one line have the same. */
  readonly stream: string;
  /** The next part of this stream belongs to the same line. */
  readonly goesOn?: boolean;
  /** Where parts are numbered, the number of this one, from 1 on: whether it is the last can't be told. */
  readonly number?: number;
}

/** What collectors and runtimes put around each line of a log. It is known by its whole shape and knows nothing of what is inside. */
export interface Envelope {
  /** Short: it is kept where a reader stands, and in dead letters. */
  readonly id: string;
  /** What the docs say. */
  readonly title: string;
  /** What is inside of a line; undefined where the line is not exactly of this shape. */
  unwrap(line: Buffer): Part | undefined;
}
