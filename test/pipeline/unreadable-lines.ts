/** Where the last use stands in a jsonlog of PostgreSQL. */
const lastUse = (lines: readonly string[]): number =>
  lines.findLastIndex((line) => line.includes('"message":"AUDIT: '));

const withMore = (lines: readonly string[], more: readonly string[]): string[] => {
  const at = lastUse(lines) + 1;
  return [...lines.slice(0, at), ...more, ...lines.slice(at)];
};

/** With five messages in pgaudit's name near its end, which a function raised in the session of the last use. */
export function withRaised(lines: readonly string[]): string[] {
  const last = JSON.parse(lines[lastUse(lines)] ?? '');
  const raised = Array.from({ length: 5 }, (_, count) => {
    const context = `PL/pgSQL function f() line ${count} at RAISE`;
    return JSON.stringify({ ...last, line_num: last.line_num + count, context });
  });
  return withMore(lines, raised);
}

/** With four lines near its end that are cut off. */
export const withCut = (lines: readonly string[]): string[] =>
  withMore(
    lines,
    Array.from({ length: 4 }, (_, count) => `{"timestamp":"2026-10-1${count}`),
  );
