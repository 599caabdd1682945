import type { Spans } from './found-span.ts';
import { isHarmless, isTelling, looksRandom } from './redact-rules.ts';
import { isMixed } from './secret-patterns/pattern.ts';

/** One cookie and what divides it from the next; group 1 is the name, group 2 the value. */
const COOKIE = /([^\s=;,"'<>&]{1,128})=(?:\\{0,7}")?([^\s;"'<>]{0,4096})"?(?:;\s{0,2}|%3[Bb](?:%20|\+)?)?/y;
/** A cookie header of one value without a name. */
const BARE = /[^\s&"'<>;]+/y;
const SESSION = /sess|sid$|^sid|auth|token|jwt|login|remember|identity|ticket/i;
/** Cookies of analytics and of consent: long and random, but nobody's session. */
const HARMLESS = /^(?:_ga|_gid|_gcl|_fbp|_hj|__utm|_pk_|ajs_|amp_|_clck|_clsk|optanon|cookieconsent|euconsent)/i;
const LONG = 16;

const isSession = (name: string, value: string): boolean =>
  !isHarmless(name, value) &&
  !HARMLESS.test(name) &&
  (isTelling(name) || (SESSION.test(name) && value.length >= 6) || (value.length >= LONG && isMixed(value)));

/** Finds those cookies from a place on that are somebody's session. Gives where they end, undefined where enough was found. */
export const findCookies = (text: string, from: number, spans: Spans): number | undefined => {
  const opening = /\\{0,3}["']?/y;
  opening.lastIndex = from;
  opening.exec(text);
  let end = opening.lastIndex;
  COOKIE.lastIndex = end;
  for (let match = COOKIE.exec(text); match !== null; match = COOKIE.exec(text)) {
    const [, name = '', value = ''] = match;
    if (isSession(name, value) && !spans.add('cookie', text.indexOf(value, match.index + name.length + 1), value))
      return undefined;
    end = COOKIE.lastIndex;
  }
  if (end > opening.lastIndex) return end;
  BARE.lastIndex = end;
  const [alone] = BARE.exec(text) ?? [''];
  if (alone === '' || (!looksRandom(alone) && alone.length < 3) || isHarmless('cookie', alone))
    return Math.max(end, from);
  return spans.add('cookie', end, alone) ? end + alone.length : undefined;
};
