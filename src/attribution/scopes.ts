import { BoundedCache } from '../bounded-cache.ts';
import { compileGlob, type Matcher } from './glob.ts';

const CACHED_ACTIONS = 2_048;

/**
 * Compiles a credential's declared scopes to one question: is this action within them?
 *
 * A scope is an action or a glob of one: `GET /v1/orders/*`, `SELECT public.*`, `s3:Get*`, `kv/data/billing/*:read`,
 * `file:/srv/reports/**`. Of an action on several tables each must be within. `*` stops at `/` and `**` does not; a `*` that is all there is, or all that follows the
 * verb (`GET *`), means everything. Actions come folded, so an identifier in a path is `{id}`: write `*` for it.
 */
export function compileScopes(scopes: readonly string[]): Matcher {
  const exact = new Set(scopes.filter((scope) => !scope.includes('*')));
  const globs = scopes.filter((scope) => scope.includes('*')).map(compileScope);
  const answers = new BoundedCache<boolean>(CACHED_ACTIONS);
  const isWithin = (action: string): boolean => exact.has(action) || globs.some((matches) => matches(action));
  return (action) => {
    if (exact.has(action)) return true;
    const known = answers.get(action);
    if (known !== undefined) return known;
    const within = eachOf(action).every(isWithin);
    answers.set(action, within);
    return within;
  };
}

/** A statement that reads several tables, named in one action: `SELECT public.a, public.b`. What is no table, such as a path, is never split. */
const TABLES = /^([A-Z]{2,16}) ((?:"(?:[^"]|"")*"|[^\s,"/])+(?:, (?:"(?:[^"]|"")*"|[^\s,"/])+)+)$/;

const eachOf = (action: string): string[] => {
  const [, verb = '', tables] = TABLES.exec(action) ?? [];
  return tables === undefined
    ? [action]
    : (tables.match(/(?:"(?:[^"]|"")*"|[^\s,"])+/g) ?? []).map((table) => `${verb} ${table}`);
};

/** One scope alone, without a memory of answers. */
export const compileScope = (scope: string): Matcher =>
  compileGlob(scope.replace(/(^|^[A-Z]+ )\*$/, '$1**'), { separator: '/' });
