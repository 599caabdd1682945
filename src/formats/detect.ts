import type { Format } from './format.ts';

/** A sample of which a tenth fits is of that format: the formats are unlike each other, and the rest may be damaged. */
const SURE_ENOUGH = 0.1;
/** Longer lines are not looked at: parsing them for a guess would cost more than it tells. */
const MAX_LINE = 65_536;

/**
 * The format of a source by its first lines (decoded, without line ends), or undefined where none is sure enough.
 * The surest wins; among equals the one that stands first in `candidates`.
 */
export const detectFormat = (lines: readonly string[], candidates: readonly Format[]): Format | undefined => {
  const sample = lines.filter((line) => line.length <= MAX_LINE);
  let best: Format | undefined;
  let bestScore = SURE_ENOUGH;
  for (const format of candidates) {
    const score = format.detect(sample);
    if (score > bestScore || (best === undefined && score >= SURE_ENOUGH)) {
      best = format;
      bestScore = score;
    }
  }
  return best;
};
