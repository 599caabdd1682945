import { BoundedCache } from '../bounded-cache.ts';
import { mysqlStatement } from './mysql-statement.ts';
import type { Language } from './named-secrets.ts';
import { postgresStatement } from './postgres-statement.ts';
import { relationsIn } from './relations.ts';
import { sqlAction } from './sql-action.ts';
import { tokensOf } from './sql-names.ts';

/** Objects named in one action. */
export const MAX_NAMED = 8;
/** In characters of a folded statement: a parser is given no longer one, so that the dearest costs milliseconds. */
const LONGEST: Readonly<Record<Language, number>> = { sql: 8_192, mysql: 2_048 };
/** Statements that are remembered, twice at most. */
const MOST = 2_048;
/** Of longer ones few come again. */
const REMEMBERED = 2_048;
const PARSERS = { sql: postgresStatement, mysql: mysqlStatement } as const;
const UNQUALIFIED: Readonly<Record<Language, string>> = { sql: 'public.', mysql: '' };

/** What a statement does and to what; the same for the same text, whatever is remembered. */
export interface Deed {
  /** As the statement begins: `SELECT`, `COPY FROM`. */
  readonly verb: string;
  /** What is written or made comes first, then what is read, by name; functions that are the user's own are objects, too. */
  readonly objects: readonly string[];
  /** What a query inside writes, by object. */
  readonly written: readonly (readonly [object: string, verb: string])[];
  /** A parser of the language has read it; else keywords are all that is known. */
  readonly isParsed: boolean;
}

const READS = /^(?:SELECT|INSERT|UPDATE|DELETE|MERGE|REPLACE)(?: |$)/;

/** By keywords, in which what may be a table is one: for what no parser takes. */
const guessed = (statement: string, language: Language): Deed => {
  const action = sqlAction(statement, language);
  const words = action.split(' ');
  const named = words.findIndex((word) => !/^[A-Z]+$/.test(word));
  const verb = named === -1 ? action : words.slice(0, named).join(' ');
  const object = named === -1 ? undefined : words.slice(named).join(' ');
  const isCopyOfQuery = /^copy\s?\(/i.test(statement);
  const first = object === undefined ? [] : [object];
  const rest = { written: [], isParsed: false };
  if (!READS.test(action) && !isCopyOfQuery) return { verb, objects: first, ...rest };
  const relations = relationsIn(tokensOf(statement), UNQUALIFIED[language]).sort();
  const objects = verb === 'SELECT' || isCopyOfQuery ? relations : [...new Set([...first, ...relations])];
  return { verb, objects, ...rest };
};

const parsed = (statement: string, language: Language): Deed | undefined => {
  if (statement.length > LONGEST[language]) return undefined;
  const touched = PARSERS[language](statement);
  if (touched === undefined) return undefined;
  if (touched.verb === undefined) return { ...guessed(statement, language), isParsed: true };
  return { verb: touched.verb, objects: touched.objects, written: touched.written, isParsed: true };
};

const caches: Readonly<Record<Language, BoundedCache<Deed>>> = {
  sql: new BoundedCache(MOST),
  mysql: new BoundedCache(MOST),
};

/** How many statements were read since the process began, and how. */
export const statementsRead = { parsed: 0, guessed: 0 };

/** Of one folded statement. */
export const deedOf = (statement: string, language: Language): Deed => {
  const known = statement.length > REMEMBERED ? undefined : caches[language].get(statement);
  const deed = known ?? parsed(statement, language) ?? guessed(statement, language);
  if (known === undefined && statement.length <= REMEMBERED) caches[language].set(statement, deed);
  statementsRead[deed.isParsed ? 'parsed' : 'guessed']++;
  return deed;
};

/** `SELECT public.orders, public.payroll`. */
export const actionOf = (verb: string, objects: readonly string[]): string => {
  if (objects.length === 0) return verb;
  return `${verb} ${objects.slice(0, MAX_NAMED).join(', ')}${objects.length > MAX_NAMED ? ', …' : ''}`;
};
