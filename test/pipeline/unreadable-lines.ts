/**
 * The lines of a jsonlog of PostgreSQL with what can't be read near their end: five that a function of the last session raised in pgaudit's name, and
 * four that are cut off.
 */
export function withUnreadable(lines: readonly string[]): string[] {
  const at = lines.findLastIndex((line) => line.includes('"message":"AUDIT: '));
  const last = JSON.parse(lines[at] ?? '');
  const raised = Array.from({ length: 5 }, (_, count) =>
    JSON.stringify({
      ...last,
      line_num: last.line_num + count,
      context: `PL/pgSQL function f() line ${count} at RAISE`,
    }),
  );
  const cut = Array.from({ length: 4 }, (_, count) => `{"timestamp":"2026-10-1${count}`);
  return [...lines.slice(0, at + 1), ...raised, ...cut, ...lines.slice(at + 1)];
}
