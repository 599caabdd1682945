import type { Framing } from '../sources/framing.ts';
import type { Format, Origin } from './format.ts';

/** A sample of which a tenth fits is of that format: the formats are unlike each other, and the rest may be damaged. */
const SURE_ENOUGH = 0.1;
/** Lines of which a share is taken, and their greatest length: parsing more for a guess would cost more than it tells. */
const SAMPLE_LINES = 200;
const MAX_LINE = 65_536;

const isOfManyLines = (framing: Framing): boolean =>
  framing === 'csv' || framing === 'audit-file' || framing === 'postgres-stderr';

/** Nothing but its first lines. */
const UNNAMED: Origin = { name: '', fromStart: true };

/**
 * The format of a source by its first lines (decoded, without line ends), or undefined where none is sure enough. Formats whose
 * records span lines come first: within one of their records stands what a client wrote, and that may look like any format.
 * Of the others the surest wins; among equals the one that stands first in `candidates`.
 */
export const detectFormat = (
  lines: readonly string[],
  candidates: readonly Format[],
  source: Origin = UNNAMED,
): Format | undefined => {
  // PostgreSQL writes csvlog into files of its own.
  const ofManyLines = candidates.filter(
    ({ framing }) => isOfManyLines(framing) && !(framing === 'csv' && source.isWrapped === true),
  );
  const known = ofManyLines.find((format) => format.detect(lines, source) === 1);
  if (known !== undefined) return known;
  const sample = lines.filter((line) => line.length <= MAX_LINE).slice(0, SAMPLE_LINES);
  let best: Format | undefined;
  let bestScore = SURE_ENOUGH;
  for (const format of candidates) {
    if (isOfManyLines(format.framing)) continue;
    const score = format.detect(sample, source);
    if (score > bestScore || (best === undefined && score >= SURE_ENOUGH)) {
      best = format;
      bestScore = score;
    }
  }
  return best;
};
