/** What `*` stands for. */
export interface GlobOptions {
  /** With a separator, `*` stops at it and `**` does not; without one, `*` matches anything. */
  readonly separator?: string;
}

export type Matcher = (text: string) => boolean;

/** Longer patterns are refused where they are written; longer texts never match. */
export const MAX_PATTERN = 512;
const MAX_TEXT = 4_096;

/**
 * Compiles a pattern in which only `*` (and `**`) is special.
 * The match walks all states of the pattern at once (Thompson's simulation), so the time is at most
 * pattern × text however the two are chosen: no pattern or text can make it explode.
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): Matcher {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const tokens = tokenise(pattern, options.separator);
  return (text) => text.length <= MAX_TEXT && matches(tokens, text, options.separator);
}

/** A character to match as it is, or a star. */
type Token = { readonly char: string } | { readonly star: 'any' | 'segment' };

function tokenise(pattern: string, separator: string | undefined): Token[] {
  const parts = pattern.slice(0, MAX_PATTERN).match(/\*+|[^*]/gs) ?? [];
  return parts.map((part) => {
    if (!part.startsWith('*')) return { char: part };
    return { star: separator === undefined || part.length > 1 ? 'any' : 'segment' };
  });
}

/** `reached[i]`: the text so far fits the first i tokens. */
function matches(tokens: readonly Token[], text: string, separator: string | undefined): boolean {
  let reached = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  reached[0] = 1;
  skipStars(tokens, reached);
  for (let position = 0; position < text.length; position++) {
    const char = text[position];
    next.fill(0);
    for (const [index, token] of tokens.entries()) {
      if (reached[index] === 0) continue;
      if ('star' in token) {
        if (token.star === 'any' || char !== separator) next[index] = 1;
      } else if (token.char === char) next[index + 1] = 1;
    }
    skipStars(tokens, next);
    [reached, next] = [next, reached];
  }
  return reached[tokens.length] === 1;
}

/** A star may match nothing. */
function skipStars(tokens: readonly Token[], reached: Uint8Array): void {
  for (const [index, token] of tokens.entries()) {
    if (reached[index] === 1 && 'star' in token) reached[index + 1] = 1;
  }
}
