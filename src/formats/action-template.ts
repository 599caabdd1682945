import { type FieldPath, fieldPath, pathProblem, textAt } from './field-path.ts';
import { decodePath, foldPath } from './fold-path.ts';
import { foldSql } from './fold-sql.ts';
import type { JsonObject } from './json.ts';
import type { Language } from './named-secrets.ts';
import { sqlAction } from './sql-action.ts';

interface Fold {
  /** Before redaction, which must see what will be shown. */
  readonly before: (text: string) => string;
  readonly after: (text: string, language: Language) => string;
}

/** What a template may do with a field: `path(…)` folds identifiers, `sql(…)` names verb and object. */
const FOLDS: Readonly<Record<string, Fold>> = {
  path: { before: decodePath, after: foldPath },
  sql: { before: (text) => text, after: (text, language) => sqlAction(foldSql(text, language), language) },
};

const PLACE = /\{(?:([a-z]+)\()?([^{}()]+)\)?\}/g;

type Part = string | { readonly field: FieldPath; readonly fold: Fold | undefined };

/** Paths of the fields that a template reads as SQL. */
export const sqlFieldsOf = (template: string): string[] =>
  [...template.matchAll(PLACE)].filter(([, fold]) => fold === 'sql').map(([, , field = '']) => field);

/** Why a template can't be used, or undefined where it can. */
export const templateProblem = (template: string): string | undefined => {
  if (!template.includes('{')) return pathProblem(template);
  for (const [, fold, field = ''] of template.matchAll(PLACE)) {
    if (fold !== undefined && !Object.hasOwn(FOLDS, fold))
      return `knows no ${fold}(); there are ${Object.keys(FOLDS).join(', ')}`;
    const problem = pathProblem(field);
    if (problem !== undefined) return problem;
  }
  return /[{}]/.test(template.replace(PLACE, ''))
    ? 'has a brace that is not closed; write {field} or {path(field)}'
    : undefined;
};

/**
 * Compiles `{request.method} {path(request.path)}`, or a single field path. The result gives the action of a record, with each
 * field passed through `clean`; undefined where a field is missing.
 */
export const actionTemplate = (template: string, language: Language = 'sql') => {
  const parts: Part[] = [];
  if (template.includes('{')) {
    let done = 0;
    for (const match of template.matchAll(PLACE)) {
      parts.push(template.slice(done, match.index));
      const [all, fold, field = ''] = match;
      parts.push({ field: fieldPath(field), fold: fold === undefined ? undefined : FOLDS[fold] });
      done = match.index + all.length;
    }
    parts.push(template.slice(done));
  } else parts.push({ field: fieldPath(template), fold: undefined });

  return (record: JsonObject, clean: (text: string, field: FieldPath) => string): string | undefined => {
    let action = '';
    for (const part of parts) {
      if (typeof part === 'string') {
        action += part;
        continue;
      }
      const raw = textAt(record, part.field);
      if (raw === undefined) return undefined;
      const { field, fold } = part;
      action += fold === undefined ? clean(raw, field) : fold.after(clean(fold.before(raw), field), language);
    }
    return action;
  };
};
