/** Base64 in both alphabets that is long enough for a secret. */
const RUN = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
/** As many characters as show whether the rest is text. */
const HEAD = 16;
const MOST = 16;

export interface Base64Text {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The texts that stand in another one as base64. Bounded: one that holds more is no log line of ours. */
export const base64Texts = (text: string): Base64Text[] => {
  const found: Base64Text[] = [];
  for (const { index, 0: run } of text.matchAll(RUN)) {
    let at = 0;
    for (const piece of isPrintable(run.slice(0, HEAD)) ? [run] : run.split(/[/+]/)) {
      const start = index + at;
      at += piece.length + 1;
      if (piece.length < 24 || !isPrintable(piece.slice(0, HEAD))) continue;
      found.push({ start, end: start + piece.length, text: Buffer.from(piece, 'base64').toString('latin1') });
      if (found.length === MOST) return found;
    }
  }
  return found;
};

const isPrintable = (base64: string): boolean =>
  /^[\t\r\n\x20-\x7e]+$/.test(Buffer.from(base64, 'base64').toString('latin1'));
