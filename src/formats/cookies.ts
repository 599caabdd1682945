import type { Spans } from './found-span.ts';
import { isHarmless, isTelling } from './redact-rules.ts';
import { isMixed } from './secret-patterns/pattern.ts';

/** One cookie and what divides it from the next; group 1 is the name, group 2 the value. */
const COOKIE = /([^\s=;,"'<>&]{1,128})=[\\"]{0,8}([^\s;"'<>]{0,4096})["\\]{0,8}(?:;\s{0,2}|%3[Bb](?:%20|\+)?)?/y;
/** A cookie header of one value without a name. */
const BARE = /[^\s&"'<>;]+/y;
const SESSION = /sess|sid$|^sid|auth|token|jwt|login|remember|identity|ticket/i;
/** Cookies of analytics and of consent: long and random, but nobody's session. */
const HARMLESS = /^(?:_ga|_gid|_gcl|_fbp|_hj|__utm|_pk_|ajs_|amp_|_clck|_clsk|optanon|cookieconsent|euconsent)/i;
const LONG = 16;
const LEAST_ALONE = 3;

const isSession = (name: string, value: string): boolean =>
  !isHarmless(name, value) &&
  !HARMLESS.test(name) &&
  (isTelling(name) || (SESSION.test(name) && value.length >= 6) || (value.length >= LONG && isMixed(value)));

/** Finds those cookies from a place on that are somebody's session. Gives where they end. */
export const findCookies = (text: string, from: number, spans: Spans): number => {
  const opening = /[\\"']{0,8}/y;
  opening.lastIndex = from;
  opening.exec(text);
  const start = opening.lastIndex;
  COOKIE.lastIndex = start;
  let end = start;
  for (let match = COOKIE.exec(text); match !== null; match = COOKIE.exec(text)) {
    const [, name = '', value = ''] = match;
    if (isSession(name, value) && !spans.add('cookie', text.indexOf(value, match.index + name.length + 1), value))
      break;
    end = COOKIE.lastIndex;
  }
  if (end > start) return end;
  BARE.lastIndex = start;
  const [alone = ''] = BARE.exec(text) ?? [];
  if (alone.length >= LEAST_ALONE && !isHarmless('cookie', alone)) spans.add('cookie', start, alone);
  return end;
};
