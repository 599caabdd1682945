import { closeSync, openSync, readSync } from 'node:fs';
import type { z } from 'zod';
import { UsageError } from '../errors.ts';
import { explainIssue } from './explain-issue.ts';
import { type Located, type Path, type Problem, parseLocated } from './located.ts';

/** Reports a problem that a schema alone can't see; `path` leads to the value in the checked content. */
export type Report = (path: Path, message: string) => void;

export interface YamlFileOptions<T> {
  /** The key of the main list: a JSON array or NDJSON of its entries may then stand for the whole file. */
  readonly list?: string;
  /** Checks between entries (duplicates, references), run once the schema fits. */
  readonly check?: (value: T, report: Report) => void;
}

/** YAML needs about 100 times its size while it is read; NDJSON is for more. */
const MAX_YAML_BYTES = 8 * 1024 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_PROBLEMS = 20;

/** Content that fits its schema. */
export interface Checked<T> {
  readonly value: T;
  /** The error for a problem found later, such as a secret that isn't there. */
  errorAt(path: Path, message: string): UsageError;
}

/**
 * Reads a YAML, JSON or NDJSON file and checks it.
 * @throws UsageError with a line `FILE:LINE: what is wrong; what to write instead` for each problem (20 at most)
 */
export function loadYamlFile<T>(file: string, schema: z.ZodType<T>, options: YamlFileOptions<T> = {}): Checked<T> {
  return checkYaml(readText(file), file, schema, options);
}

/** The same for text that is already here; `file` is what messages call it. */
export function checkYaml<T>(
  text: string,
  file: string,
  schema: z.ZodType<T>,
  options: YamlFileOptions<T> = {},
): Checked<T> {
  const parsed = parseLocated(text);
  if (Array.isArray(parsed)) throw problemsError(file, parsed);
  const located = options.list === undefined ? parsed : asList(parsed, options.list);
  // An empty file is an empty mapping, so that the message says which keys are missing.
  const result = schema.safeParse(located.value ?? {}, { error: explainIssue });
  if (!result.success) throw unfitError(file, result.error.issues.flatMap(placesOf), located);
  const unfit: Unfit[] = [];
  options.check?.(result.data, (path, message) => unfit.push({ path, message: pathText(path) + message }));
  if (unfit.length > 0) throw unfitError(file, unfit, located);
  return {
    value: result.data,
    errorAt: (path, message) => unfitError(file, [{ path, message: pathText(path) + message }], located),
  };
}

/** A problem whose line has not been looked up yet. */
interface Unfit {
  readonly path: Path;
  readonly message: string;
}

/** Unknown keys come as one issue of their parent, and stand on lines of their own. */
function placesOf(issue: z.core.$ZodIssue): Unfit[] {
  const prefix = pathText(issue.path);
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: prefix + issue.message }];
  const messages = issue.message.split('\n');
  return issue.keys.map((key, index) => ({
    path: [...issue.path, key],
    message: prefix + (messages[index] ?? issue.message),
  }));
}

/** Looks up the lines of those that will be shown: a look-up reads the file again. */
function unfitError(file: string, unfit: readonly Unfit[], located: Located): UsageError {
  const shown = unfit.slice(0, MAX_PROBLEMS).map(({ path, message }) => ({ line: located.lineOf(path), message }));
  return problemsError(file, shown, unfit.length - shown.length);
}

/** `credentials[2].match.db_user `, or nothing at the top. */
function pathText(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${String(step)}`;
  return text === '' ? '' : `${text} `;
}

function asList(located: Located, list: string): Located {
  const { value } = located;
  if (Array.isArray(value)) return { value: { [list]: value }, lineOf: (path) => located.lineOf(path.slice(1)) };
  const oneEntry = typeof value === 'object' && value !== null && !(list in value) && 'id' in value;
  if (!oneEntry) return located;
  return { value: { [list]: [value] }, lineOf: (path) => located.lineOf(path.slice(2)) };
}

function problemsError(file: string, problems: readonly Problem[], notShown = 0): UsageError {
  // A mistake in YAML may be found twice on its line, as it is read on.
  const different = problems.filter(
    ({ line, message }, index) =>
      index === problems.findIndex((other) => other.line === line && other.message === message),
  );
  const shown = different.slice(0, MAX_PROBLEMS).toSorted((a, b) => a.line - b.line);
  const more = notShown + different.length - shown.length;
  const lines = shown.map(({ line, message }) => `${file}:${line}: ${message}`);
  if (more > 0) lines.push(`${file}: and ${more} more problems`);
  return new UsageError(lines.join('\n'));
}

function readText(file: string): string {
  const bytes = readBounded(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${file}:1: is not UTF-8 text; write it as UTF-8 (iconv -t UTF-8)`, { cause });
  }
  const isJson = /^\s*[{[]/.test(text);
  if (!isJson && bytes.length > MAX_YAML_BYTES) {
    throw new UsageError(`${file}:1: is YAML of more than 8 MiB; write it as NDJSON, one JSON object a line`);
  }
  return text;
}

function readBounded(file: string): Buffer {
  let handle: number | undefined;
  try {
    handle = openSync(file, 'r');
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(64 * 1024);
      const length = readSync(handle, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      total += length;
      if (total > MAX_BYTES) throw new UsageError(`${file}:1: is larger than 64 MiB; split it`);
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${file}: ${readProblem(cause)}`, { cause });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function readProblem(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file; check the path';
  if (code === 'EISDIR') return 'is a folder; write the path of a file';
  if (code === 'EACCES') return 'may not be read by this user; check its owner and mode';
  return `cannot be read (${code ?? 'unknown error'}); check the path`;
}
