/** Names, quoted or not, joined by points; or one other character. */
const TOKEN = /(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+)(?:\s?\.\s?(?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+))*|[^\s]/g;

export const tokensOf = (folded: string): readonly string[] => folded.match(TOKEN) ?? [];

/** Words of PostgreSQL that are no plain name: the server writes `"user"` (pg_get_keywords(), all but the unreserved). */
const KEYWORDS: ReadonlySet<string> = new Set(
  `
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character check
coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join
lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric offset
on only or order out outer overlaps overlay placing position precision primary real references returning right row select session_user setof
similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union unique user using values
varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
xmlserialize xmltable
`.match(/\w+/g),
);
const PLAIN = /^[a-z_][a-z0-9_]*$/;

/** A name as the server would write it: in quotes where it needs them. */
export const identifier = (name: string, schema: string): string =>
  PLAIN.test(name) && !(schema !== '' && KEYWORDS.has(name)) ? name : `"${name.replaceAll('"', '""')}"`;

/**
 * Qualified as pgaudit would: it always writes `schema.name`, the server's error only what the statement said. `public` is
 * PostgreSQL's default search path; without it the denied and the successful use of one table would be two actions.
 */
export const qualified = (token: string, schema: string): string => {
  const parts = (token.match(/"(?:[^"]|"")*"|[^".\s]+/g) ?? []).map((part) => {
    if (!part.startsWith('"')) return part.toLowerCase();
    return identifier(part.slice(1, -1).replaceAll('""', '"'), schema);
  });
  const [only = ''] = parts;
  return (parts.length > 1 ? parts.join('.') : `${schema}${only}`).slice(0, 128);
};
