import type { BrokenChain, CredentialUse, Identity, Proof } from '../event.ts';
import type { Framing } from '../sources/framing.ts';
import type { IdentitySource } from './http.ts';
import type { JsonObject } from './json.ts';
import type { Redactor } from './redact.ts';

/** Who a record says it is about, although it is no event; redacted. */
export interface Claim {
  readonly identities: readonly Identity[];
  /** How far that is proven: only where it is `verified` does the record count for whom it names. */
  readonly proof: Proof;
  readonly sourceIp: string | undefined;
  /** Milliseconds since the epoch; NaN where its time can't be read. */
  readonly time: number;
}

/** A record that is knowingly no use of a credential: counted by reason. */
export interface Ignored {
  /** Short, of a fixed list (ignored-reasons.ts) or of a format's description: it becomes a metric label. */
  readonly ignored: string;
  readonly claim?: Claim | undefined;
}

/** A record that should have been an event and could not be: goes to the dead letters. */
export interface Unusable {
  /** Short and from a fixed list, such as `invalid-json`. */
  readonly unusable: string;
  /** One sentence for a person; never holds the record's text. */
  readonly detail?: string;
  readonly claim?: Claim | undefined;
}

export type Parsed = CredentialUse | Ignored | Unusable;

export const isEvent = (parsed: Parsed): parsed is CredentialUse => 'action' in parsed;

/** What a parser may use; made once per source. */
export interface ParserContext {
  readonly redactor: Redactor;
  /** What the operator says of the identities in this source's records; undefined where nothing is said. */
  readonly identity?: IdentitySource | undefined;
  /** PostgreSQL's setting of that name, where the log's lines don't show it. */
  readonly logLinePrefix?: string | undefined;
  /** PostgreSQL's setting of that name: what a zone such as `CET` in a log means. */
  readonly logTimezone?: string | undefined;
}

/** Reads the records of one source in order. May remember a bounded little between records (say, a SQL statement's number). */
export interface Parser {
  /**
   * The record is `bytes[start, end)`, without its line end; what is no UTF-8 in it reads U+FFFD. Never throws, whatever the bytes.
   * @param length of the record in bytes, where it is too long and only its beginning is there
   * @param tail the last bytes of such a record; what a caller wrote may stand there, too
   */
  parse(bytes: Buffer, start: number, end: number, length?: number, tail?: Buffer): Parsed;
  /**
   * Whether the record is a batch of others, each with what they share; calls `each` with the place of every one, in order. What they share counts
   * for the `parse` of it that comes next.
   */
  batch?(bytes: Buffer, start: number, end: number, each: (start: number, end: number) => void): boolean;
  /** As `parse`, and tells `note` which rule of the format gave which field. */
  explain?(bytes: Buffer, start: number, end: number, note: (field: string, rule: string) => void): Parsed;
  /** Of records that form a chain: where it turned out to be broken, each once; `isEnd` when no record comes any more. */
  broken?(isEnd: boolean): readonly BrokenChain[];
  /** What it remembers, as JSON, so that a restart goes on exactly; undefined if nothing. */
  save?(): unknown;
  load?(saved: unknown): void;
}

/** What is known of a source besides its first lines. */
export interface Origin {
  /** A file's path, a partition, or `-`. */
  readonly name: string;
  /** Whether the lines are the very first that were written there: where a head is cut off, a client may have written the first line. */
  readonly fromStart: boolean;
  /** The lines have been taken out of envelopes. */
  readonly isWrapped?: boolean;
}

/** What the docs say of a format besides. */
export interface AboutFormat {
  /** How to have the server write it. */
  readonly switchOn: string;
  readonly cannotTell: string;
  /** Whether it was written against a recorded log or a documented one, and which. */
  readonly evidence: string;
}

/** One log format: this object, its fixture and one line in registry.ts. */
export interface Format {
  /** Name for `--format` and for the event id. */
  readonly id: string;
  /** What the docs' table says. */
  readonly title: string;
  readonly dataset: string;
  /** What the docs' table says of what proves that authentication passed. */
  readonly proof: string;
  readonly about?: AboutFormat;
  readonly framing: Framing;
  /**
   * How surely a source that begins with these lines (decoded, without line ends) is of this format: 0 not at all … 1 certainly.
   * A format of one record a line gives the share of lines that fit. One whose records span lines (`framing`) knows a source by
   * where a record begins and never by a share: a client may write the other lines. It answers 1 or 0.
   */
  detect(lines: readonly string[], source: Origin): number;
  /** What a record lacks to be of this format, and of how many things; by the format's words, such as `time: ts`. */
  lacks?(record: JsonObject): { readonly missing: readonly string[]; readonly of: number };
  parser(context: ParserContext): Parser;
}
