/** What one look at a text may find, as bits. */
export const LOOK = {
  /** A character after or around which a name or a scheme may give a secret away. */
  sign: 1,
  /** A run of 12 or more characters of a token; hex and dashes alone are a trace id, a UUID or a request id: no secret by themselves. */
  run: 2,
  /** A character beyond printable ASCII, which may not be fit for a screen. */
  odd: 4,
} as const;

const LONG_RUN = 12;
/** Marks characters of a token in KIND, and those of them that hex has not. */
const TOKEN = 8;
const BEYOND_HEX = 16;

const KIND = new Uint8Array(128);
const mark = (characters: Iterable<string>, bits: number): void => {
  for (const c of characters) KIND[c.charCodeAt(0)] = bits;
};
for (let code = 0; code < 32; code++) KIND[code] = LOOK.odd;
KIND[127] = LOOK.odd;
mark('=:\'"@ %$+', LOOK.sign);
mark('\t\n', LOOK.sign | LOOK.odd);
mark('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.', TOKEN | BEYOND_HEX);
mark('0123456789abcdef-', TOKEN);

/** A first look that most fields end at: one pass, and searches only where they could find something. */
export const look = (text: string): number => {
  let seen = 0;
  let run = 0;
  let runKind = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (KIND[code] as number) : LOOK.odd;
    if (kind < TOKEN) {
      seen |= kind;
      run = 0;
      runKind = 0;
      continue;
    }
    runKind |= kind;
    if (++run >= LONG_RUN && runKind >= BEYOND_HEX) seen |= LOOK.run;
  }
  return seen;
};
