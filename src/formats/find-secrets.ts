import {
  isPlaceholder,
  isTelling,
  kindOf,
  looksRandom,
  NAME,
  PREFIXED,
  SCHEME,
  SQL_PASSWORD,
  USERINFO,
  VALUE,
} from './redact-rules.ts';

/** Gives what stands in the secret's place. */
type Replace = (kind: string, secret: string) => string;

/** The characters of base64url from a place on. */
const RUN = /[\w-]*/y;

/** A JSON Web Token from the `eyJ` at `start` on (RFC 7519; `eyJ` is base64url of `{"`): its end, or -1. */
const jwtEnd = (text: string, start: number): number => {
  let end = start;
  for (let part = 0; part < 5; part++) {
    RUN.lastIndex = end;
    RUN.exec(text);
    const length = RUN.lastIndex - end;
    if (part < 2 && length < 4) return -1;
    end = RUN.lastIndex;
    if (text[end] !== '.') return part === 0 ? -1 : end;
    end++;
  }
  return end - 1;
};

const replaceJwts = (text: string, secret: Replace): string => {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('eyJ'); at !== -1; at = text.indexOf('eyJ', at)) {
    const end = jwtEnd(text, at);
    if (end === -1) {
      // No token begins in this run of characters: go on behind it, so that a long run costs one look.
      RUN.lastIndex = at;
      RUN.exec(text);
      at = RUN.lastIndex;
      continue;
    }
    out += text.slice(done, at) + secret('jwt', text.slice(at, end));
    done = end;
    at = end;
  }
  return done === 0 ? text : out + text.slice(done);
};

/** Replaces every secret by what `secret` gives for it. */
export const redactAll = (text: string, secret: Replace, isSql: boolean): string => {
  let out = replaceJwts(text, secret);
  for (const [kind, pattern] of PREFIXED) out = out.replace(pattern, (value) => secret(kind, value));
  out = out.replace(SQL_PASSWORD, (all, before: string, quoted?: string, _tag?: string, dollar?: string) =>
    isPlaceholder(quoted ?? dollar ?? '') ? all : `${before}'${secret('password', quoted ?? dollar ?? '')}`,
  );
  out = out.replace(USERINFO, (all, user: string, password: string) =>
    isPlaceholder(password) ? all : `://${user}:${secret('password', password)}@`,
  );
  return replaceNamed(out, secret, isSql).replace(SCHEME, (all, scheme: string, value: string, at: number) =>
    isPlaceholder(value) ||
    /^realm=/i.test(value) ||
    !(looksRandom(value) || (at === 0 && scheme.length + 1 + value.length === out.length))
      ? all
      : `${scheme} ${secret(scheme.toLowerCase(), value)}`,
  );
};

/** Replaces the values of telling names; a value that is no secret is searched itself (`url=https://…?token=x`). */
const replaceNamed = (text: string, secret: Replace, isSql: boolean): string => {
  let out = '';
  let done = 0;
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const name = match[1] ?? '';
    if (!isTelling(name)) continue;
    VALUE.lastIndex = NAME.lastIndex;
    const found = VALUE.exec(text);
    if (found === null) continue;
    const [all, nested, double, single, bare] = found;
    // The backslash belongs to the closing quote of a string inside a JSON string.
    const raw = nested?.replace(/\\+$/, '') ?? double ?? single ?? bare ?? '';
    const value = raw.replace(SCHEME_BEFORE, '');
    if (isPlaceholder(value) || (isSql && bare !== undefined)) continue;
    const start = found.index + all.indexOf(raw) + raw.length - value.length;
    out += text.slice(done, start) + secret(kindOf(name), value);
    done = start + value.length;
    NAME.lastIndex = done;
  }
  return done === 0 ? text : out + text.slice(done);
};

const SCHEME_BEFORE = /^(?:bearer|basic|apikey|token)(?:\s|%20|\+){1,3}/i;
