import { detectFormat } from './detect.ts';
import { envelopesOf, type Layers, openLines, unwrap } from './envelopes/registry.ts';
import type { Format, Origin, Unusable } from './format.ts';
import { isFailure, isObject, readJson } from './json.ts';
import { textInside } from './wrappers.ts';

/** Begins the id of a format that is read out of wrappers: `wrapped/vault-audit`, `wrapped/syslog-3164/cee/vault-audit`. */
const PREFIX = 'wrapped/';
const MAX_LINE = 65_536;

const NOT_WRAPPED: Unusable = {
  unusable: 'not-wrapped',
  detail: 'The record is not wrapped as those before it are. Of journald, write with journalctl --all.',
};
const IN_PARTS: Unusable = {
  unusable: 'not-wrapped',
  detail: 'The record holds a part of a line: have the shipper join the parts.',
};

/** A line without what lay around it before it was wrapped: the shipper may have read the log of a container, or of syslog. */
const insideLayers = (text: string, layers: Layers): Buffer | Unusable => {
  let line: Buffer = Buffer.from(text);
  for (const layer of layers) {
    const part = unwrap(line, envelopesOf(layer))?.part;
    if (part === undefined) return NOT_WRAPPED;
    if (part.goesOn === true || (part.number ?? 1) > 1) return IN_PARTS;
    line = part.text;
  }
  return line;
};

/** The format as a shipper wraps each of its records into JSON: `message` of Filebeat, `jsonPayload` of Google Cloud and so on. */
const wrapped = (format: Format, layers: Layers): Format => ({
  ...format,
  id: [PREFIX.slice(0, -1), ...layers.map((ids) => ids.join('+')), format.id].join('/'),
  framing: 'json',
  detect: (lines, source) => (detectWrapped(lines, [format], source) === undefined ? 0 : 1),
  parser: (context) => {
    const parser = format.parser(context);
    return {
      ...parser,
      parse(bytes, start, end, length) {
        const record = readJson(bytes, start, end, length !== undefined);
        if (isFailure(record)) return record;
        const text = textInside(record);
        const inner = text === undefined ? NOT_WRAPPED : insideLayers(text, layers);
        return 'unusable' in inner ? inner : parser.parse(inner, 0, inner.length, length);
      },
    };
  },
});

/**
 * The format of a source. Built-in formats of JSON undo wrappers themselves, and may know what another knows better: of two, what fits the lines
 * inside counts, unless a format of the user's fits the lines as they are.
 */
export const detectLog = (
  lines: readonly string[],
  candidates: readonly Format[],
  builtIn: readonly Format[],
  source?: Origin,
): Format | undefined => {
  const found = detectFormat(lines, candidates, source);
  if (found !== undefined && !builtIn.includes(found)) return found;
  const within = detectWrapped(lines, candidates, source);
  return within === undefined || within.id === `${PREFIX}${found?.id}` ? (found ?? within) : within;
};

/** The format of a source of which most records are wrapped: a client writes neither the wrapper nor its exact keys. */
export const detectWrapped = (
  lines: readonly string[],
  candidates: readonly Format[],
  source?: Origin,
): Format | undefined => {
  const filled = lines.filter((line) => line.trim() !== '' && line.length <= MAX_LINE);
  const inner = filled.flatMap((line) => textOf(line) ?? []);
  if (inner.length === 0 || inner.length * 2 < filled.length) return undefined;
  const { layers, lines: within } = openLines(inner);
  const format = detectFormat(within, candidates, source);
  return format && wrapped(format, layers);
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
  if (!id.startsWith(PREFIX)) return among.find((format) => format.id === id);
  const layers = id.slice(PREFIX.length).split('/');
  const own = layers.pop();
  const found = among.find((format) => format.id === own);
  return (
    found &&
    wrapped(
      found,
      layers.map((ids) => ids.split('+')),
    )
  );
};
