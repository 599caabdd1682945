import type { Format } from './format.ts';
import { isObject } from './json.ts';

/** Lines that are looked at, and their greatest length. */
const LINES = 5;
const MAX_LINE = 65_536;

/**
 * What to say of a log that is of no format: which described one came closest, and what its records lack for it. Names fields of formats
 * only, nothing of the log. Undefined where nothing comes close.
 */
export const closestFormat = (lines: readonly string[], candidates: readonly Format[]): string | undefined => {
  const records = lines.filter((line) => line.startsWith('{') && line.length <= MAX_LINE).slice(0, LINES);
  let best: { id: string; lacks: readonly string[]; share: number } | undefined;
  for (const line of records) {
    const record = parsed(line);
    if (!isObject(record)) continue;
    for (const { id, lacks } of candidates) {
      const found = lacks?.(record);
      if (found === undefined || found.missing.length === found.of) continue;
      const share = found.missing.length / found.of;
      if (best === undefined || share < best.share) best = { id, lacks: found.missing, share };
    }
  }
  if (best === undefined) return undefined;
  return `It comes closest to ${best.id}, but lacks ${best.lacks.join(', ')}.`;
};

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // No JSON: nothing comes close.
  }
};
