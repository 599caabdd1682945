import type { Parsed } from '../formats/format.ts';

/** How a record was read: for `parse --explain`. */
export interface Explained {
  readonly source: string;
  readonly position: number;
  readonly format: string | undefined;
  readonly parsed: Parsed;
  /** Which rule of the format gave which field. */
  readonly rules: Readonly<Record<string, string>>;
}
