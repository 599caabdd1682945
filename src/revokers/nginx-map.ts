import { CallError } from '../errors.ts';

/** What Wayward puts before an entry that it takes out. */
const REVOKED = '#wayward-revoked ';

/** One consumer's entry in a map file. The key is a secret. */
export interface MapEntry {
  readonly key: string;
  readonly isRevoked: boolean;
}

/** A quoted or bare word of nginx's configuration. */
const WORD = String.raw`("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s;"'#{}][^\s;"'{}]*)`;
const ENTRY = new RegExp(String.raw`^\s*${WORD}\s+${WORD}\s*;\s*(?:#.*)?$`);

/**
 * The entries of one consumer in a file that an nginx `map` includes: `"KEY" "consumer";`, one a line.
 * https://nginx.org/en/docs/http/ngx_http_map_module.html
 * @throws CallError for a line that it can't be sure about, which could hide an entry
 */
export const entriesOf = (text: string, consumer: string): MapEntry[] =>
  text.split('\n').flatMap((line, index) => {
    const isRevoked = line.startsWith(REVOKED);
    const entry = parse(isRevoked ? line.slice(REVOKED.length) : line, index + 1);
    return entry?.consumer === consumer ? [{ key: entry.key, isRevoked }] : [];
  });

/** The text with the consumer's entries taken out, as comments. */
export const withoutConsumer = (text: string, consumer: string): string =>
  eachLine(text, (line, number) => (parse(line, number)?.consumer === consumer ? `${REVOKED}${line}` : line));

/** The text with what Wayward took out of the consumer put back. */
export const withConsumer = (text: string, consumer: string): string =>
  eachLine(text, (line, number) => {
    if (!line.startsWith(REVOKED)) return line;
    const original = line.slice(REVOKED.length);
    return parse(original, number)?.consumer === consumer ? original : line;
  });

const eachLine = (text: string, change: (line: string, number: number) => string): string =>
  text
    .split('\n')
    .map((line, index) => change(line, index + 1))
    .join('\n');

/** Undefined for comments, empty lines and `default`. */
function parse(line: string, number: number): { key: string; consumer: string } | undefined {
  if (/^\s*(#|$)/.test(line)) return undefined;
  const [, key, consumer] = ENTRY.exec(line) ?? [];
  if (key === 'default') return undefined;
  if (key === undefined || consumer === undefined || key === 'include' || key.startsWith('~') || /^["']~/.test(key)) {
    throw new CallError(
      `line ${number} of the map file is not one plain key and its consumer ("KEY" "consumer";): write it so, other directives belong into the map block`,
      false,
    );
  }
  return { key: unquoted(key), consumer: unquoted(consumer) };
}

const unquoted = (word: string): string =>
  (/^["']/.test(word) ? word.slice(1, -1) : word).replaceAll(/\\(["'\\])/g, '$1');
