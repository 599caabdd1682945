/** Where the last use stands in a jsonlog of PostgreSQL. */
const lastUse = (lines: readonly string[]): number =>
  lines.findLastIndex((line) => line.includes('"message":"AUDIT: '));

const withMore = (lines: readonly string[], more: readonly string[]): string[] => {
  const at = lastUse(lines) + 1;
  return [...lines.slice(0, at), ...more, ...lines.slice(at)];
};

const times = (count: number, make: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at));

/** With records near its end of the last use's session that say something else. */
const inLastSession = (lines: readonly string[], count: number, said: (at: number) => object): string[] => {
  const last = JSON.parse(lines[lastUse(lines)] ?? '');
  return withMore(
    lines,
    times(count, (at) => JSON.stringify({ ...last, line_num: last.line_num + 1 + at, ...said(at) })),
  );
};

/** With five messages in pgaudit's name that a function raised: nobody knows whose function. */
export const withRaised = (lines: readonly string[]): string[] =>
  inLastSession(lines, 5, (at) => ({ context: `PL/pgSQL function f() line ${at} at RAISE` }));

/** With five of pgaudit's own lines that lack its fields. */
export const withGarbled = (lines: readonly string[]): string[] =>
  inLastSession(lines, 5, (at) => ({ message: `AUDIT: SESSION,${at}` }));

/** With four lines that are cut off. */
export const withCut = (lines: readonly string[]): string[] =>
  withMore(
    lines,
    times(4, (at) => `{"timestamp":"2026-10-1${at}`),
  );
