import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { jsonPosition } from './json-position.ts';

export type Path = readonly PropertyKey[];

/** A file's content, and the line (from 1) on which each part of it stands. */
export interface Located {
  readonly value: unknown;
  lineOf(path: Path): number;
}

export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Aliases resolve to this many nodes at most: a "billion laughs" file is refused instead of expanded. */
const MAX_ALIASES = 100;

/**
 * Reads YAML, JSON or NDJSON; which one is told by the content. NDJSON reads as a list, one entry a line.
 * The line is only looked up once a problem needs it.
 */
export function parseLocated(text: string): Located | Problem[] {
  const first = text.trimStart()[0];
  if (first === '{' || first === '[') {
    const json = tryJson(text);
    if (json !== NOT_JSON) return { value: json, lineOf: (path) => lineAtOffset(text, jsonPosition(text, path)) };
    if (/^\s*\{.*\}[ \t\r]*\n\s*\{/.test(text)) return parseNdjson(text);
  }
  return parseYaml(text);
}

const NOT_JSON = Symbol('not JSON');

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON; // what exactly is wrong is found by the reader that knows lines
  }
}

function parseNdjson(text: string): Located | Problem[] {
  const entries: unknown[] = [];
  const lines: number[] = [];
  const problems: Problem[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const entry = tryJson(line);
    if (entry === NOT_JSON)
      problems.push({ line: index + 1, message: 'is not valid JSON; write one JSON object a line' });
    entries.push(entry);
    lines.push(index + 1);
  }
  if (problems.length > 0) return problems;
  return { value: entries, lineOf: (path) => lines[Number(path[0] ?? 0)] ?? 1 };
}

function parseYaml(text: string): Located | Problem[] {
  const counter = new LineCounter();
  const tooDeep: Problem[] = [{ line: 1, message: 'is nested too deeply; write at most a few levels' }];
  try {
    // Pretty errors quote the file, which may hold a secret.
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
    if (document.errors.length > 0) return document.errors.map((error) => yamlProblem(error, counter));
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, lineOf: (path) => locate(document.contents, path, document, counter) };
  } catch (error) {
    if (error instanceof RangeError) return tooDeep;
    if (!(error instanceof ReferenceError)) throw error;
    return [{ line: 1, message: 'has aliases (*name) that are unknown or too many; write the values out' }];
  }
}

function lineAtOffset(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** The line of the deepest part of the path that exists: a missing key is reported where its parent stands. */
function locate(
  root: Node | null,
  path: Path,
  document: ReturnType<typeof parseDocument>,
  counter: LineCounter,
): number {
  let node: unknown = root;
  let line = lineAt(root, counter) ?? 1;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      line = lineAt(pair.key, counter) ?? line;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      line = lineAt(node, counter) ?? line;
    } else break;
  }
  return line;
}

function lineAt(node: unknown, counter: LineCounter): number | undefined {
  const start = (node as Partial<Node> | null | undefined)?.range?.[0];
  return start === undefined ? undefined : counter.linePos(start).line;
}

const YAML_ADVICE: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'has an alias (*name) that is not defined above; write the value out, or put the text in quotes',
  BAD_INDENT: 'is indented differently from its neighbours; write the same number of spaces in front',
  BAD_SCALAR_START: 'begins with a character that means something in YAML; write the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'has a second ":" on the line; write the value in quotes, or indent the lines below',
  DUPLICATE_KEY: 'repeats a key of the same block; write it once',
  MISSING_CHAR: 'lacks a closing quote, bracket, comma or colon; write it',
  MULTILINE_IMPLICIT_KEY: 'has a key without ":"; write "key: value"',
  MULTIPLE_DOCS: 'begins a second document (---); write one document a file',
  RESOURCE_EXHAUSTION: 'is nested too deeply; write at most a few levels',
  TAB_AS_INDENT: 'is indented with a tab; write spaces',
};

const yamlProblem = (error: YAMLError, counter: LineCounter): Problem => ({
  line: counter.linePos(error.pos[0]).line,
  message:
    YAML_ADVICE[error.code] ?? 'is not valid YAML here; write "key: value", with quotes around special characters',
});
