import parsers from 'node-sql-parser/build/mariadb.js';
import { isObject, type JsonObject } from './json.ts';
import { identifier } from './sql-names.ts';
import { Touched } from './touched.ts';

const parser = new parsers.Parser();

/** Statements that read or write tables, by the name of their node; `verb` is also that of their first table. */
const VERBS: Readonly<Record<string, string>> = {
  ...{ select: 'SELECT', insert: 'INSERT', replace: 'REPLACE', update: 'UPDATE', delete: 'DELETE' },
  ...{ truncate: 'TRUNCATE TABLE' },
};
/** A table of no rows that are stored, and what a literal in the place of a name became. */
const NO_TABLE = /^(?:dual|\d+)$/;
/** Deeper than anybody writes; the parser goes down with its stack. */
const MAX_DEPTH = 64;

/** The parser takes this word for another name of the table before it, and so drops the one behind. */
const STRAIGHT_JOIN = /\b(select\s)?straight_join\b/gi;

/** Folding made double quotes of backticks, and left no texts. */
const asMysql = (folded: string, literal: string): string =>
  folded
    .replace(STRAIGHT_JOIN, (_all, select?: string) => select ?? 'join')
    .replace(/"((?:[^"]|"")*)"|\?/g, (_all, name: string | undefined) =>
      name === undefined ? literal : `\`${name.replaceAll('""', '"').replaceAll('`', '``')}\``,
    );

const isTooDeep = (sql: string): boolean => {
  let depth = 0;
  for (const [bracket] of sql.matchAll(/\(|\)|\bcase\b|\bend\b|\bnot\b|[-+~!] ?(?=[-+~!])/gi)) {
    depth += bracket === ')' || /^end$/i.test(bracket) ? -1 : 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
};

const treeOf = (sql: string): JsonObject | undefined => {
  try {
    const [only, second] = [parser.astify(sql) as unknown].flat();
    return second === undefined && isObject(only) ? only : undefined;
  } catch {
    // Not what the parser knows of MySQL: whoever asked reads it by keywords, and counts that.
    return undefined;
  }
};

const tableOf = (node: JsonObject): string | undefined => {
  const { db, schema, table, type } = node;
  if (typeof table !== 'string' || !('db' in node) || type === 'column_ref') return undefined;
  const names = [typeof db === 'string' ? db : schema, table].filter((name) => typeof name === 'string');
  return names.map((name) => (/^\w+$/.test(name) ? name.toLowerCase() : identifier(name, ''))).join('.');
};

type Names = ReadonlySet<string>;

/** Names that WITH gave hide tables behind it, not within their own query. */
const walk = (tree: JsonObject, touched: Touched): void => {
  const open: (readonly [node: unknown, queries: Names])[] = [[tree, new Set()]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, queries] = next;
    if (Array.isArray(node)) for (const item of node) open.push([item, queries]);
    if (!isObject(node)) continue;
    const table = tableOf(node);
    if (table !== undefined && !NO_TABLE.test(table) && !queries.has(table)) touched.read(table);
    const called = node['type'] === 'function' && isObject(node['name']) ? routineOf(node['name']) : undefined;
    if (called !== undefined) touched.call(called);
    const inside = withQueries(node['with'], queries, open);
    for (const [key, value] of Object.entries(node)) if (key !== 'with') open.push([value, inside]);
  }
};

const withQueries = (clause: unknown, outer: Names, open: (readonly [node: unknown, queries: Names])[]): Names => {
  if (!Array.isArray(clause)) return outer;
  const parts = clause.filter(isObject);
  const isRecursive = parts.some((part) => part['recursive'] === true);
  const nameOf = ({ name }: JsonObject): string => (isObject(name) ? String(name['value']).toLowerCase() : '');
  const all = new Set([...outer, ...parts.map(nameOf)]);
  const seen = new Set(outer);
  for (const part of parts) {
    open.push([part['stmt'], isRecursive ? all : new Set(seen)]);
    seen.add(nameOf(part));
  }
  return all;
};

/** A function that names its database is nobody's but a user's. */
const routineOf = ({ name, schema }: JsonObject): string | undefined => {
  const [last] = Array.isArray(name) ? (name as unknown[]) : [];
  if (!isObject(schema) || !isObject(last)) return undefined;
  return `${String(schema['value']).toLowerCase()}.${String(last['value']).toLowerCase()}`;
};

/** `DELETE o FROM orders o` names its target by an alias; of the tables of an UPDATE the first counts as what it is about. */
const targetsOf = ({ type, table, name, from }: JsonObject): string[] => {
  const targets = [type === 'truncate' || type === 'drop' ? name : table].flat().filter(isObject);
  const sources = [from].flat().filter(isObject);
  return (type === 'update' ? targets.slice(0, 1) : targets)
    .map((target) => tableOf(sources.find((source) => source['as'] === target['table']) ?? target))
    .filter((target) => target !== undefined);
};

/** Of one statement: what it does, and to what. Undefined where the parser does not understand it. */
export const mysqlStatement = (folded: string): Touched | undefined => {
  if (isTooDeep(folded)) return undefined;
  // `LIMIT 5` must be a number, `INTO OUTFILE '/tmp/x'` a text.
  const tree = treeOf(asMysql(folded, '1')) ?? treeOf(asMysql(folded, "'0'"));
  if (tree === undefined) return undefined;
  const type = String(tree['type']);
  const verb = VERBS[type];
  const touched = new Touched();
  if (type === 'drop' && tree['keyword'] === 'table') {
    for (const table of targetsOf(tree)) touched.make(table);
    return touched.as('DROP TABLE');
  }
  if (verb === undefined) return touched;
  if (verb !== 'SELECT') for (const table of targetsOf(tree)) touched.write(verb, table);
  walk(verb === 'DELETE' ? { ...tree, table: null } : tree, touched);
  return touched.as(verb);
};
