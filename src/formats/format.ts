import type { CredentialUse } from '../event.ts';
import type { Framing } from '../sources/framing.ts';
import type { IdentitySource } from './http.ts';
import type { Redactor } from './redact.ts';

/** A record that is knowingly no use of a credential: counted by reason. */
export interface Ignored {
  /** Short and from a fixed list, such as `connection-line`: it becomes a metric label. */
  readonly ignored: string;
}

/** A record that should have been an event and could not be: goes to the dead letters. */
export interface Unusable {
  /** Short and from a fixed list, such as `invalid-json`. */
  readonly unusable: string;
  /** One sentence for a person; never holds the record's text. */
  readonly detail?: string;
}

export type Parsed = CredentialUse | Ignored | Unusable;

export const isEvent = (parsed: Parsed): parsed is CredentialUse => 'action' in parsed;

/** What a parser may use; made once per source. */
export interface ParserContext {
  readonly redactor: Redactor;
  /** What the operator says of the identities in this source's records; undefined where nothing is said. */
  readonly identity?: IdentitySource | undefined;
}

/** Reads the records of one source in order. May remember a bounded little between records (say, a SQL statement's number). */
export interface Parser {
  /** The record is `bytes[start, end)`, valid UTF-8, without its line end. Never throws, whatever the bytes. */
  parse(bytes: Buffer, start: number, end: number): Parsed;
  /** What it remembers, as JSON, so that a restart goes on exactly; undefined if nothing. */
  save?(): unknown;
  load?(saved: unknown): void;
}

/** One log format: this object, its fixture and one line in registry.ts. */
export interface Format {
  /** Name for `--format` and for the event id. */
  readonly id: string;
  /** What the docs' table says. */
  readonly title: string;
  readonly dataset: string;
  readonly framing: Framing;
  /** How surely the first records of a source (already decoded lines) are of this format: 0 not at all … 1 certainly. */
  detect(lines: readonly string[]): number;
  parser(context: ParserContext): Parser;
}
