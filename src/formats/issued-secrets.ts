import type { Spans } from './found-span.ts';
import { jwtEnd } from './jwt.ts';
import { LOOK } from './look.ts';
import { SECRET_PATTERNS } from './secret-patterns/all.ts';
import { isMixed, type SecretPattern } from './secret-patterns/pattern.ts';
import { SECRET_SHAPES } from './secret-patterns/shapes.ts';

/** Secrets known by their look, whatever stands around them. */

const JWT_START = 'eyJ';
/** Its words are too short for a run of a token. */
const PEM_START = '-----BEGIN';

const patternsOf = new Map<string, SecretPattern[]>();
for (const pattern of SECRET_PATTERNS) {
  for (const start of pattern.starts) patternsOf.set(start, [...(patternsOf.get(start) ?? []), pattern]);
}
const literals = [JWT_START, ...patternsOf.keys()].sort((a, b) => b.length - a.length);
/** All beginnings in one regular expression, so that a text is searched once, however many issuers there are. */
const STARTS = new RegExp(literals.map((start) => start.replace(/[$.|*+?()[\]{}^\\/-]/g, '\\$&')).join('|'), 'g');

/** By what a longer beginning may be, too: `xoxe.xoxp-`. */
const triedAt = new Map(
  literals.map((literal) => [
    literal,
    literals
      .filter((start) => literal.startsWith(start))
      .flatMap((start) => (patternsOf.get(start) ?? []).map((pattern) => ({ start, pattern }))),
  ]),
);

/** Whether a text may hold an issued secret at all. */
export const mayHoldIssued = (text: string, seen: number): boolean => {
  if ((seen & LOOK.run) === 0) return (seen & LOOK.sign) !== 0 && text.includes(PEM_START);
  STARTS.lastIndex = 0;
  return STARTS.test(text) || SECRET_SHAPES.some(({ sign }) => text.includes(sign));
};

export const findIssued = (text: string, spans: Spans): void => {
  findStarts(text, spans);
  for (const { kind, sign, pattern } of SECRET_SHAPES) {
    if (!text.includes(sign)) continue;
    for (const match of text.matchAll(pattern)) if (!spans.add(kind, match.index, match[0])) break;
  }
};

const findStarts = (text: string, spans: Spans): void => {
  /** Where a JSON Web Token, or a secret of a pattern, can't begin before: it was looked at already. */
  let noJwtBefore = 0;
  const noneBefore = new Map<SecretPattern, number>();
  const endOf = (literal: string, at: number): { kind: string; end: number } | undefined => {
    if (literal.startsWith(JWT_START) && at >= noJwtBefore) {
      const end = jwtEnd(text, at);
      if (end > 0) return { kind: 'jwt', end };
      noJwtBefore = -end;
    }
    for (const { start, pattern } of triedAt.get(literal) ?? []) {
      if ((noneBefore.get(pattern) ?? 0) > at || (pattern.alone && at > 0 && isWord(text.charCodeAt(at - 1)))) continue;
      pattern.rest.lastIndex = at + start.length;
      const rest = pattern.rest.exec(text)?.[0];
      if (rest === undefined) continue;
      const end = at + start.length + rest.length;
      if (!pattern.mixed || isMixed(rest)) return { kind: pattern.kind, end };
      noneBefore.set(pattern, end);
    }
    return undefined;
  };
  STARTS.lastIndex = 0;
  for (let match = STARTS.exec(text); match !== null; match = STARTS.exec(text)) {
    const at = match.index;
    const found = endOf(match[0], at);
    STARTS.lastIndex = found?.end ?? at + 1;
    if (found !== undefined && !spans.add(found.kind, at, text.slice(at, found.end))) return;
  }
};

/** Letters and digits. */
const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
