/** Folded statements of one text; a semicolon within a quoted name ends none. */
export const statementsIn = (folded: string): string[] =>
  (folded.match(/(?:"(?:[^"]|"")*"|[^;"]|")+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '');
