/** Names, quoted or not, joined by points; or one other character. */
const TOKEN = /(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)(?:\s?\.\s?(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+))*|[^\s]/g;

export const tokensOf = (folded: string): readonly string[] => folded.match(TOKEN) ?? [];

/**
 * Qualified as pgaudit would: it always writes `schema.name`, the server's error only what the statement said. `public` is
 * PostgreSQL's default search path; without it the denied and the successful use of one table would be two actions.
 */
export const qualified = (token: string, schema: string): string => {
  const parts = (token.match(/"(?:[^"]|"")*"|[^".\s]+/g) ?? []).map((part) => {
    if (!part.startsWith('"')) return part.toLowerCase();
    return /^"[a-z_][a-z0-9_]*"$/.test(part) ? part.slice(1, -1) : part;
  });
  const [only = ''] = parts;
  return (parts.length > 1 ? parts.join('.') : `${schema}${only}`).slice(0, 128);
};
