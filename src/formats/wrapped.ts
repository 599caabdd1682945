import { detectFormat } from './detect.ts';
import type { Format, Origin } from './format.ts';
import { isFailure, isObject, readJson } from './json.ts';
import { textInside } from './wrappers.ts';

/** Begins the id of a format that is read out of wrappers. */
const PREFIX = 'wrapped/';
const MAX_LINE = 65_536;

/** The format as a shipper wraps each of its records into JSON: `message` of Filebeat, `jsonPayload` of Google Cloud and so on. */
const wrapped = (format: Format): Format => ({
  ...format,
  id: `${PREFIX}${format.id}`,
  framing: 'json',
  detect: (lines, source) => (detectWrapped(lines, [format], source) === undefined ? 0 : 1),
  parser: (context) => {
    const parser = format.parser(context);
    return {
      ...parser,
      parse(bytes, start, end) {
        const record = readJson(bytes, start, end);
        if (isFailure(record)) return record;
        const text = textInside(record);
        if (text === undefined)
          return { unusable: 'not-wrapped', detail: 'The record is not wrapped as those before it are.' };
        const inner = Buffer.from(text);
        return parser.parse(inner, 0, inner.length);
      },
    };
  },
});

/** The format of a source of which most records are wrapped: a client writes neither the wrapper nor its exact keys. */
export const detectWrapped = (
  lines: readonly string[],
  candidates: readonly Format[],
  source?: Origin,
): Format | undefined => {
  const filled = lines.filter((line) => line.trim() !== '' && line.length <= MAX_LINE);
  const inner = filled.flatMap((line) => textOf(line) ?? []);
  if (inner.length === 0 || inner.length * 2 < filled.length) return undefined;
  const format = detectFormat(inner, candidates, source);
  return format && wrapped(format);
};

const textOf = (line: string): string | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    const record: unknown = JSON.parse(line);
    return isObject(record) ? textInside(record) : undefined;
  } catch {
    return undefined; // No JSON, so no wrapper.
  }
};

/** The format of this id among these, also of one that is wrapped. */
export const formatOfId = (id: string, among: readonly Format[]): Format | undefined => {
  const found = among.find((format) => format.id === (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id));
  return found && id.startsWith(PREFIX) ? wrapped(found) : found;
};
