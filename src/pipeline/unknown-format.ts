import type { Parser } from '../formats/format.ts';

/** Reads a source of which nobody knows the format. */
export const UNKNOWN_FORMAT: Parser = {
  parse: () => ({
    unusable: 'unknown-format',
    detail: 'Nothing shows for certain which format the log has. Write which: format: in wayward.yaml, or --format.',
  }),
};
