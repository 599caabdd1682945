/** What one look at a text may find, as bits. */
export const LOOK = {
  /** A character after or around which a name or a scheme may give a secret away. */
  sign: 1,
  /** A run of 12 or more characters of a token; hex and dashes alone are a trace id, a UUID or a request id: no secret by themselves. */
  run: 2,
  /** A character beyond printable ASCII, which may not be fit for a screen. */
  odd: 4,
  /** A character that begins an encoded one. */
  escape: 32,
  /** A run of 40 or more characters of base64: as long as an AWS secret key. */
  base64: 128,
} as const;

const LONG_RUN = 12;
const LONG_BASE64 = 40;
/** Marks characters of a token in KIND, those of them that hex has not, and all that are not of base64. */
const TOKEN = 8;
const BEYOND_HEX = 16;
const NOT_BASE64 = 64;

const KIND = new Uint8Array(128).fill(NOT_BASE64);
const mark = (characters: Iterable<string>, bits: number): void => {
  for (const c of characters) KIND[c.charCodeAt(0)] = bits;
};
for (let code = 0; code < 32; code++) KIND[code] = LOOK.odd | NOT_BASE64;
KIND[127] = LOOK.odd | NOT_BASE64;
mark('=:\'"@ $<[`', LOOK.sign | NOT_BASE64);
mark('%\\&', LOOK.sign | LOOK.escape | NOT_BASE64);
mark('+', LOOK.sign);
mark('/', 0);
mark('\t\n', LOOK.sign | LOOK.odd | NOT_BASE64);
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', TOKEN | BEYOND_HEX);
mark('_.', TOKEN | BEYOND_HEX | NOT_BASE64);
mark('0123456789abcdef', TOKEN);
mark('-', TOKEN | NOT_BASE64);

const KEPT = LOOK.sign | LOOK.odd | LOOK.escape;

/** A first look that most fields end at: one pass, and searches only where they could find something. */
export const look = (text: string): number => {
  let seen = 0;
  let run = 0;
  let runKind = 0;
  let base64Start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (KIND[code] as number) : LOOK.odd | NOT_BASE64;
    if ((kind & NOT_BASE64) !== 0) base64Start = i + 1;
    else if (i - base64Start >= LONG_BASE64 - 1) seen |= LOOK.base64;
    if ((kind & TOKEN) === 0) {
      seen |= kind & KEPT;
      run = 0;
      runKind = 0;
      continue;
    }
    runKind |= kind;
    if (++run >= LONG_RUN && (runKind & BEYOND_HEX) !== 0) seen |= LOOK.run;
  }
  return seen;
};
