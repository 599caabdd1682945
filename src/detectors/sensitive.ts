import { z } from 'zod';

/**
 * Words that name what is worth stealing. A pattern is a word or a few (`admin`, `payment card*`, `pg_authid`): it matches where these words
 * stand one after the other in an action, whatever separates them and in whatever case; `*` ends a word openly.
 */
export const sensitivePatterns = z
  .array(
    z
      .string()
      .regex(/[a-z\d]/i, 'names no word')
      .max(100),
  )
  .max(1_000);

/** Longest action that is looked at. */
const LONGEST = 1_024;

/** `GET /v1/apiKeys/export-all` → get, v1, api, keys, export, all. */
const wordsOf = (text: string): string[] =>
  text
    .slice(0, LONGEST)
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d*]+/)
    .filter((word) => word !== '');

const isMatch = (pattern: string, word: string): boolean =>
  pattern.endsWith('*') ? word.startsWith(pattern.slice(0, -1)) : word === pattern;

/** A test for actions that name something sensitive. */
export const compileSensitive = (patterns: readonly string[]): ((action: string) => boolean) => {
  const all = patterns.map(wordsOf).filter((words) => words.length > 0);
  return (action) => {
    const words = wordsOf(action);
    return all.some((pattern) =>
      words.some((_, first) => pattern.every((part, by) => isMatch(part, words[first + by] ?? ''))),
    );
  };
};
