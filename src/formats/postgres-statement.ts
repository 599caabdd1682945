import { setFlagsFromString } from 'node:v8';
import { loadModule, parseSync } from 'libpg-query';
import { isObject, type JsonObject } from './json.ts';
import { PLAIN_FUNCTIONS } from './postgres-functions.ts';
import { identifier } from './sql-names.ts';
import { Touched } from './touched.ts';

/** V8 would compile one function of the grammar anew once it has been used, which takes 600 MB for a moment and makes nothing faster. */
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
/** PostgreSQL's own grammar, read once at the start, so that statements can be parsed where nothing waits. */
await loadModule();

/** Statements that read or write relations, by the name of their node. */
const VERBS: Readonly<Record<string, string>> = {
  ...{ SelectStmt: 'SELECT', InsertStmt: 'INSERT', UpdateStmt: 'UPDATE', DeleteStmt: 'DELETE', MergeStmt: 'MERGE' },
  ...{ CallStmt: 'CALL', TruncateStmt: 'TRUNCATE TABLE', LockStmt: 'LOCK TABLE' },
};
const WRITES = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
/** Statements about another one, which stands in them. */
const WRAPS = new Set(['ExplainStmt', 'DeclareCursorStmt', 'PrepareStmt']);
/** Between FROM and the function that stands there; what that is given is no source. */
const AROUND_CALL = new Set(['functions', 'List', 'items', 'FuncCall']);
/** `FOR UPDATE OF o` names an alias. */
const NO_RELATIONS = new Set(['lockingClause', 'typeName']);
/** Functions of the server that reach further than what they are given. */
const OF_SERVER = /^(?:pg_|lo_|lo(?:read|write)$|\w+_to_xml)/;
const SYSTEM = /^(?:pg_catalog|information_schema)$/;

/** What each literal becomes, in turn until the grammar takes it: most may be a text, some must be a number, as in `float(24)`. */
const LITERALS = [
  { inBrackets: "'0'", elsewhere: "'0'" },
  { inBrackets: '1', elsewhere: "'0'" },
  { inBrackets: '1', elsewhere: '1' },
];
/** `a ? 'key'` is an operator and a literal. */
const FOLDED = /"(?:[^"]|"")*"|\?[|&]|\? \?|\(\?|\?/g;

const withLiterals = (folded: string, { inBrackets, elsewhere }: (typeof LITERALS)[number]): string =>
  folded.replace(FOLDED, (found) => {
    if (/^(?:"|\?[|&])/.test(found)) return found;
    return found === '(?' ? `(${inBrackets}` : found === '?' ? elsewhere : `= ${elsewhere}`;
  });

const treeOf = (sql: string): JsonObject | undefined => {
  try {
    const [only, second] = parseSync(sql).stmts ?? [];
    return second === undefined && isObject(only?.stmt) ? only.stmt : undefined;
  } catch {
    // Not PostgreSQL's language, or cut off: whoever asked reads it by keywords, and counts that.
    return undefined;
  }
};

const textIn = (node: unknown): string | undefined => {
  const value = isObject(node) && isObject(node['String']) ? node['String']['sval'] : undefined;
  return typeof value === 'string' ? value : undefined;
};
const named = (parts: readonly string[], schema: string): string => {
  const [name = '', of = schema] = parts.toReversed();
  return `${identifier(of, 'public.')}.${identifier(name, 'public.')}`.slice(0, 128);
};

const namesIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.map(textIn).filter((text) => text !== undefined) : [];

/** A function that no list of harmless ones has, as pgaudit names it. */
const functionOf = (parts: readonly string[], isCalled: boolean): string | undefined => {
  const [name = '', schema] = parts.toReversed();
  const isSystems = schema === undefined ? OF_SERVER.test(name) : SYSTEM.test(schema);
  if ((schema === undefined || isSystems) && PLAIN_FUNCTIONS.has(name) && !isCalled) return undefined;
  return named(parts, isSystems ? 'pg_catalog' : 'public');
};

type Names = ReadonlySet<string>;
const NONE: Names = new Set();

/** Walks a statement without recursion, however deep it is: relations and functions, but no names that WITH gave. */
class Walk {
  readonly touched = new Touched();
  readonly #open: (readonly [node: unknown, queries: Names, isSource?: boolean])[] = [];

  from(tree: unknown): this {
    this.#open.push([tree, NONE]);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) this.#visit(...next);
    return this;
  }

  /** @param isSource it stands in FROM itself */
  #visit(node: unknown, queries: Names, isSource = false): void {
    if (Array.isArray(node)) for (const item of node.toReversed()) this.#open.push([item, queries, isSource]);
    if (!isObject(node)) return;
    if (typeof node['relname'] === 'string') this.#relation(node, queries);
    if (Array.isArray(node['funcname'])) this.#function(namesIn(node['funcname']), isSource);
    const inside = this.#withQueries(node['withClause'], queries);
    for (const [key, value] of Object.entries(node).toReversed()) {
      if (key === 'withClause' || NO_RELATIONS.has(key) || !(isObject(value) || Array.isArray(value))) continue;
      const target = WRITES.has(key) && isObject(value) ? value['relation'] : undefined;
      if (isObject(target)) this.#write(VERBS[key] ?? '', target);
      const rest = isObject(target) ? { ...(value as JsonObject), relation: undefined } : value;
      this.#open.push([rest, inside, key === 'RangeFunction' || (isSource && AROUND_CALL.has(key))]);
    }
  }

  /** The names that count behind WITH; each of its queries sees those before it, and itself where it is recursive. */
  #withQueries(clause: unknown, outer: Names): Names {
    if (!isObject(clause) || !Array.isArray(clause['ctes'])) return outer;
    const queries = clause['ctes'].map((cte: unknown) => (isObject(cte) ? cte['CommonTableExpr'] : undefined));
    const named = queries.filter(isObject).map((query) => [String(query['ctename']), query['ctequery']] as const);
    const all = new Set([...outer, ...named.map(([name]) => name)]);
    const seen = new Set(outer);
    for (const [name, query] of named) {
      this.#open.push([query, clause['recursive'] === true ? all : new Set(seen)]);
      seen.add(name);
    }
    return all;
  }

  #function(parts: readonly string[], isSource: boolean): void {
    const routine = functionOf(parts, false);
    if (routine === undefined) return;
    if (parts.length > 1 || isSource || OF_SERVER.test(parts[0] ?? '')) this.touched.call(routine);
    else this.touched.mayCall(routine);
  }

  #relation(node: JsonObject, queries: Names): void {
    const [schema, name] = [node['schemaname'], String(node['relname'])];
    if (typeof schema !== 'string' && queries.has(name)) return;
    this.touched.read(relationName(schema, name));
  }

  #write(verb: string, { schemaname, relname }: JsonObject): void {
    if (typeof relname === 'string') this.touched.write(verb, relationName(schemaname, relname));
  }
}

/** The system's tables are found without their schema, too. */
const relationName = (schema: unknown, name: string): string =>
  named(typeof schema === 'string' ? [schema, name] : [name], name.startsWith('pg_') ? 'pg_catalog' : 'public');

/** Of one statement: what it does, and to what. Undefined where PostgreSQL would not understand it. */
export const postgresStatement = (folded: string): Touched | undefined => {
  for (const literal of LITERALS) {
    let tree: unknown = treeOf(withLiterals(folded, literal));
    if (tree === undefined) continue;
    for (let depth = 0; depth < 8; depth++) {
      const [kind = '', value] = isObject(tree) ? (Object.entries(tree)[0] ?? []) : [];
      if (!WRAPS.has(kind) || !isObject(value)) break;
      tree = value['query'];
    }
    return touchedBy(isObject(tree) ? tree : {});
  }
  return undefined;
};

const touchedBy = (tree: JsonObject): Touched => {
  const [kind = '', value] = Object.entries(tree)[0] ?? [];
  if (!isObject(value)) return new Touched();
  if (kind === 'DropStmt') return dropped(value);
  if (kind === 'CallStmt') {
    const call = isObject(value['funccall']) ? value['funccall'] : {};
    const { touched } = new Walk().from(call['args']);
    touched.write('CALL', functionOf(namesIn(call['funcname']), true) ?? '');
    return touched.as('CALL');
  }
  if (kind === 'CopyStmt') {
    const { touched } = new Walk().from([value['relation'], value['query']]);
    return touched.as(value['is_from'] === true ? 'COPY FROM' : 'COPY');
  }
  if (kind === 'CreateTableAsStmt') {
    const into = isObject(value['into']) ? value['into']['rel'] : undefined;
    const { touched } = new Walk().from(value['query']);
    if (isObject(into) && typeof into['relname'] === 'string')
      touched.make(relationName(into['schemaname'], into['relname']));
    return touched.as(value['objtype'] === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE');
  }
  const verb = VERBS[kind];
  return verb === undefined ? new Touched() : new Walk().from(tree).touched.as(verb);
};

/** What is dropped: of relations the name, of functions the name before what they take. */
const dropped = ({ objects, removeType }: JsonObject): Touched => {
  const touched = new Touched();
  for (const object of Array.isArray(objects) ? (objects as unknown[]) : []) {
    if (!isObject(object)) continue;
    const { List: list, ObjectWithArgs: routine, TypeName: type } = object;
    const parts = isObject(list)
      ? list['items']
      : isObject(routine)
        ? routine['objname']
        : isObject(type) && type['names'];
    const names = namesIn(parts);
    if (names.length > 0) touched.make(named(names, 'public'));
  }
  const kind = typeof removeType === 'string' ? removeType.replace('OBJECT_', '') : '';
  const word = { MATVIEW: 'MATERIALIZED VIEW', FOREIGN_TABLE: 'FOREIGN TABLE' }[kind] ?? kind;
  return IN_SCHEMA.has(word) ? touched.as(`DROP ${word}`) : new Touched();
};

const IN_SCHEMA = new Set([
  ...['TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'INDEX', 'SEQUENCE', 'FUNCTION', 'PROCEDURE'],
  ...['TYPE', 'DOMAIN', 'AGGREGATE'],
]);
