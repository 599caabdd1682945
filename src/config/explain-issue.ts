import { z } from 'zod';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodRawIssue;

/**
 * What is wrong and what to write instead, for one zod issue. Never shows the value that was written: it could be a
 * secret. A schema may carry `.meta({ example: '…' })`, which becomes the "write …" of a missing or wrong value;
 * a schema's own message stays as it is.
 */
export function explainIssue(issue: Issue): string {
  const key = lastKey(issue);
  const example = exampleOf(issue, key);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined)
        return `is missing; write ${example ?? `${key}: followed by ${A[issue.expected] ?? 'its value'}`}`;
      return `must be ${A[issue.expected] ?? issue.expected}; write ${example ?? A[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return explainChoice(issue.input, issue.values.map(String), key);
    case 'unrecognized_keys':
      return issue.keys.map((unknown) => explainUnknownKey(unknown, issue)).join('\n');
    case 'invalid_union':
      return explainKind(issue) ?? explainUnion(issue, example);
    case 'too_small':
      return `is too small; write ${example ?? `at least ${issue.minimum}${unit(issue.origin)}`}`;
    case 'too_big':
      return `is too big; write at most ${issue.maximum}${unit(issue.origin)}`;
    default:
      return `has a form that is not understood; write ${example ?? 'it as docs/configuration.md shows'}`;
  }
}

const A: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list ([…] or lines that begin with "- ")',
  object: 'keys and values',
  record: 'keys and values',
};

const lastKey = (issue: Issue): string => String(issue.path?.findLast((step) => typeof step === 'string') ?? 'it');

function exampleOf(issue: Issue, key: string): string | undefined {
  const example = issue.inst instanceof z.ZodType ? z.globalRegistry.get(issue.inst)?.example : undefined;
  if (example === undefined) return undefined;
  return String(example).startsWith(`${key}:`) ? String(example) : `${key}: ${String(example)}`;
}

function explainChoice(written: unknown, values: readonly string[], key: string): string {
  const guess = typeof written === 'string' ? nearest(written, values) : undefined;
  const what = written == null ? 'is missing' : 'is not one of the known values';
  if (guess !== undefined) return `${what}; write ${key}: ${guess}`;
  return `${what}; write ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`;
}

function explainUnknownKey(unknown: string, issue: Issue): string {
  const shape: unknown = issue.inst instanceof z.ZodObject ? issue.inst.shape : {};
  const known = Object.keys(shape as object);
  const guess = nearest(unknown, known);
  const instead = guess === undefined ? ['leave it out', ...orOneOf(known)].join(', ') : `write ${guess}`;
  return `"${unknown.slice(0, 64)}" is not a known key; ${instead}`;
}

const orOneOf = (known: readonly string[]): string[] =>
  known.length === 0 ? [] : [`or use one of ${known.join(', ')}`];

/** Where one field says which alternative is meant: its value is none that is known. */
function explainKind(issue: Extract<Issue, { code: 'invalid_union' }>): string | undefined {
  if (issue.discriminator === undefined || issue.inclusive === false) return undefined;
  const { input, discriminator, options = [] } = issue;
  const written: unknown = (input as Record<string, unknown> | undefined)?.[discriminator];
  return explainChoice(written, options.map(String), discriminator);
}

/** The alternative that came nearest (its problem lies deepest) says most. */
function explainUnion(issue: Extract<Issue, { code: 'invalid_union' }>, example: string | undefined): string {
  const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest !== undefined && deepest.path.length > 0) return deepest.message;
  const expected = issue.errors.flatMap((alternative) => alternative.flatMap((inner) => expectedBy(inner)));
  return `has a form that is not understood; write ${example ?? ([...new Set(expected)].join(' or ') || 'another one')}`;
}

const expectedBy = (issue: z.core.$ZodIssue): string[] =>
  issue.code === 'invalid_type' ? [A[issue.expected] ?? issue.expected] : [];

const unit = (origin: string): string => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '');
