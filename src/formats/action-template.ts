import { type FieldPath, fieldPath, pathProblem, textAt } from './field-path.ts';
import { decodePath, foldPath } from './fold-path.ts';
import type { JsonObject } from './json.ts';
import type { Language } from './named-secrets.ts';
import { pgauditAction } from './pgaudit-action.ts';
import { requestLine } from './request-line.ts';
import { textAction } from './text-action.ts';

interface Fold {
  /** Before redaction, which must see what will be shown. Undefined where the text is not of that kind: then the field counts as missing. */
  readonly before: (text: string) => string | undefined;
  readonly after: (text: string, language: Language) => string;
}

const same = (text: string): string => text;

/** What a template may do with a field. */
const FOLDS: Readonly<Record<string, Fold>> = {
  /** Folds identifiers: `/v1/orders/{id}`. */
  path: { before: decodePath, after: foldPath },
  /** Names verb and objects: `SELECT public.orders`; `sql(field, mysql)` in another dialect. */
  sql: { before: same, after: textAction },
  /** Method and folded path of `GET /v1/orders/8812 HTTP/1.1`. */
  request: {
    before: (text) => {
      const line = requestLine(text);
      return line && `${line.method} ${decodePath(line.target)}`;
    },
    after: (text) => {
      const space = text.indexOf(' ');
      return `${text.slice(0, space)} ${foldPath(text.slice(space + 1))}`;
    },
  },
  /** Verb and object of an audit line of pgaudit. */
  pgaudit: { before: pgauditAction, after: same },
  /** What stands before the first point: `s3` of `s3.amazonaws.com`. */
  label: { before: (text) => text.split('.', 1)[0], after: same },
};
const DIALECTS: Readonly<Record<string, Language>> = { postgresql: 'sql', mysql: 'mysql' };

/** `{field}`, `{path(field)}`, `{sql(field, mysql)}`, `{'text'}`. */
const PLACE = /\{(?:'([^'{}]*)'|(?:([a-z]+)\()?([^{}(),']+)(?:, {0,2}([a-z]+))?\)?)\}/g;
/** `(:{operation})?`: left out where a field in it is missing. */
const OPTIONAL = /\(([^()?]*\{(?:[^{}])*\}[^()?]*)\)\?/g;

type Part =
  | string
  | { readonly field: FieldPath; readonly fold: Fold | undefined; readonly language: Language | undefined }
  | readonly Part[];

/** Fields that a template reads as SQL, each with the dialect that it names. */
export const sqlFieldsOf = (template: string): { field: string; dialect: Language | undefined }[] =>
  [...template.matchAll(PLACE)]
    .filter(([, , fold]) => fold === 'sql')
    .map(([, , , field = '', dialect = '']) => ({ field, dialect: DIALECTS[dialect] }));

/** Why a template can't be used, or undefined where it can. */
export const templateProblem = (template: string): string | undefined => {
  if (!template.includes('{')) return pathProblem(template);
  for (const [, text, fold, field = '', dialect] of template.matchAll(PLACE)) {
    if (text !== undefined) continue;
    if (fold !== undefined && !Object.hasOwn(FOLDS, fold))
      return `knows no ${fold}(); there are ${Object.keys(FOLDS).join(', ')}`;
    if (dialect !== undefined && (fold !== 'sql' || !Object.hasOwn(DIALECTS, dialect)))
      return `knows no dialect ${dialect}; write sql(field, mysql) or sql(field, postgresql)`;
    const problem = pathProblem(field);
    if (problem !== undefined) return problem;
  }
  return /[{}]/.test(template.replace(PLACE, ''))
    ? 'has a brace that is not closed; write {field} or {path(field)}'
    : undefined;
};

const placesOf = (template: string): Part[] => {
  const parts: Part[] = [];
  let done = 0;
  for (const match of template.matchAll(PLACE)) {
    const [all, text, fold, field = '', dialect = ''] = match;
    parts.push(template.slice(done, match.index));
    parts.push(
      text ?? {
        field: fieldPath(field),
        fold: fold === undefined ? undefined : FOLDS[fold],
        language: DIALECTS[dialect],
      },
    );
    done = match.index + all.length;
  }
  return [...parts, template.slice(done)];
};

const partsOf = (template: string): Part[] => {
  if (!template.includes('{')) return [{ field: fieldPath(template), fold: undefined, language: undefined }];
  const parts: Part[] = [];
  let done = 0;
  for (const match of template.matchAll(OPTIONAL)) {
    parts.push(...placesOf(template.slice(done, match.index)), placesOf(match[1] ?? ''));
    done = match.index + match[0].length;
  }
  return [...parts, ...placesOf(template.slice(done))];
};

/** Shows a text without secrets. */
type Clean = (text: string, field: FieldPath) => string;

/**
 * Compiles `{request.method} {path(request.path)}`, or a single field path. The result gives the action of a record, with each
 * field passed through `clean`; undefined where a field is missing.
 */
export const actionTemplate = (template: string, language: Language = 'sql') => {
  const parts = partsOf(template);
  const joined = (some: readonly Part[], record: JsonObject, clean: Clean): string | undefined => {
    let action = '';
    for (const part of some) {
      const text = textOf(part, record, clean);
      if (text === undefined) return undefined;
      action += text;
    }
    return action;
  };
  const textOf = (part: Part, record: JsonObject, clean: Clean): string | undefined => {
    if (typeof part === 'string') return part;
    if (!('field' in part)) return joined(part, record, clean) ?? '';
    const { field, fold } = part;
    const raw = textAt(record, field);
    if (raw === undefined || fold === undefined) return raw && clean(raw, field);
    const text = fold.before(raw);
    return text && fold.after(clean(text, field), part.language ?? language);
  };
  return (record: JsonObject, clean: Clean): string | undefined => joined(parts, record, clean);
};
