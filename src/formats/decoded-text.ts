/**
 * Texts inside texts: a query within a query is percent-encoded twice, a JSON string within JSON escaped. A secret is looked for in each layer, and
 * taken away where it stands in the text as it came.
 */
export interface DecodedText {
  readonly text: string;
  /** Where each character began in the text as it came, and where that text ended; undefined where nothing was decoded. */
  readonly places: Int32Array | undefined;
}

/** Percent-encoding, `\x22`, `\u0022`, `\"`, `\n`, `&#34;`, `&quot;`. */
const ESCAPE =
  /%(?:u00)?([0-9A-Fa-f]{2})|\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|\\([nrt"'\\/])|&#(\d{1,6});|&#[xX]([0-9A-Fa-f]{1,5});|&(quot|apos|amp|lt|gt);/g;

const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  quot: '"',
  apos: "'",
  amp: '&',
  lt: '<',
  gt: '>',
};
/** A part of a character of several bytes; the secrets that are known by their look have none. */
const BYTE = '\ufffd';

const characterOf = ([, percent, hex, unicode, simple, decimal, entity, named]: RegExpExecArray): string => {
  const name = simple ?? named;
  if (name !== undefined) return NAMED[name] ?? name;
  const byte = percent ?? hex;
  const code = Number.parseInt(byte ?? unicode ?? decimal ?? entity ?? '', decimal === undefined ? 16 : 10);
  return code > 0xffff || (byte !== undefined && code > 127) ? BYTE : String.fromCharCode(code);
};

/** The text with one layer of encoding taken off; undefined where it has none. */
export const decodeOnce = ({ text, places }: DecodedText): DecodedText | undefined => {
  ESCAPE.lastIndex = 0;
  let match = ESCAPE.exec(text);
  if (match === null) return undefined;
  const made = new Int32Array(text.length + 1);
  let out = '';
  let length = 0;
  let done = 0;
  const copyTo = (end: number): void => {
    out += text.slice(done, end);
    for (let i = done; i < end; i++) made[length++] = places?.[i] ?? i;
  };
  for (; match !== null; match = ESCAPE.exec(text)) {
    copyTo(match.index);
    out += characterOf(match);
    made[length++] = places?.[match.index] ?? match.index;
    done = ESCAPE.lastIndex;
  }
  copyTo(text.length);
  made[length] = places?.[text.length] ?? text.length;
  return { text: out, places: made };
};
