/** A part of a long form that is run, and repeated, by itself. */
export interface Piece {
  readonly name: string;
  /** About how long it takes, seconds, on two cores that others use, too: a sample leaves out what would not end in time. */
  readonly seconds: number;
  /** What failed: nothing where all is well. Throws `MissingServer` where it can't be run here. */
  run(context: SoakContext): Promise<readonly string[]>;
}

export interface SoakContext {
  /** Tells how far it is. */
  readonly say: (text: string) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A test that is too long for every change. */
export interface LongForm {
  /** What it does, for `--help`. */
  readonly about: string;
  readonly pieces: readonly Piece[];
}
