import type { Spans } from './found-span.ts';
import { isHarmless, isPlaceholder, isTelling, kindOf, looksRandom } from './redact-rules.ts';

/** A place where a secret stands. Groups: `name` where it counts only if that is telling, `secret`. */
interface Place {
  readonly kind: string;
  readonly pattern: RegExp;
}

/** Global, with indices; every repetition is bounded, or nothing that can fail follows it. */
const PLACES: readonly Place[] = [
  // SQL: PASSWORD 'x', IDENTIFIED BY "x", with escape strings and dollar quotes; Oracle takes a bare word.
  {
    kind: 'password',
    pattern:
      /(?<!["'\\])\b(?:password|identified\s{1,4}(?:with\s{1,4}\S{1,64}\s{1,4})?(?:by|as)(?:\s{1,4}password)?)(?:[\s(]{0,8}(?:[a-z]|u&)?'(?<secret>(?:[^'\\]|''|\\[\s\S])*)|\s{0,8}\$(?<tag>\w{0,32})\$(?<secret>[\s\S]*?)(?:\$\k<tag>\$|$)|[\s(]{1,8}"(?<secret>(?:[^"\\]|\\[\s\S])*))/dgi,
  },
  {
    kind: 'password',
    pattern: /\bidentified\s{1,4}by\s{1,4}(?!password\b|values\b|random\b)(?<secret>[^\s'";(),]{1,128})/dgi,
  },
  // scheme://user:password@host (RFC 3986, 3.2.1); a number that ends at a slash is a port.
  {
    kind: 'password',
    pattern:
      /:\/\/[^\s/?#:"'<>@]{0,256}:(?!\d{1,5}(?:[/?#]|$))(?<secret>[^\s"'<>@]{1,256}(?:@[^\s/?#"'<>@]{1,256}){0,3})@/dg,
  },
  // The DSNs of Go's MySQL driver and of Oracle's thin one.
  { kind: 'password', pattern: /(?<![\w/.-])[\w.-]{1,64}:(?<secret>[^\s@:/"'<>]{1,128})@(?:tcp|unix)\(/dg },
  { kind: 'password', pattern: /:thin:[\w$#]{1,64}\/(?<secret>[^\s@"'<>]{1,128})@/dg },
  // Command lines.
  {
    kind: 'secret',
    pattern:
      /(?<![\w-])--?(?<name>[A-Za-z][\w.-]{1,47})(?:\s{1,3}|\+|%20)(?!-)(?:"(?![\\"])(?<secret>(?:[^"\\]|\\[\s\S]){1,4096})|[\\"]{2,8}(?<secret>[^"\\]{1,4096})|'(?<secret>[^']{1,4096})|(?<secret>[^\s&"'<>]{1,4096}))/dg,
  },
  {
    kind: 'password',
    pattern:
      /\b(?:curl|wget|http)\b[^\n]{0,256}?\s(?:-u|--user)[ =]{0,2}["']?[^\s:"']{1,128}:(?<secret>[^\s"']{1,256})/dg,
  },
  {
    kind: 'password',
    pattern:
      /\b(?:sshpass\s{1,3}-p|mysql(?:dump|admin)?\b[^\n|;]{0,256}?\s-p|redis-cli\b[^\n|;]{0,256}?\s-a\s)\s{0,2}["']?(?<secret>[^\s"'-][^\s"']{1,256})/dg,
  },
  // XML, forms of several parts, and lists of names and values.
  {
    kind: 'secret',
    pattern: /<(?<name>[A-Za-z_][\w.:-]{1,47})(?:\s[^<>]{0,200})?>\s{0,8}(?<secret>[^<>\s][^<>]{0,4096})(?:<\/|<.?$|$)/dg,
  },
  {
    kind: 'secret',
    pattern:
      /name="{1,2}(?<name>[\w.[\]-]{2,48})\\{0,7}"{1,2}[ \t]{0,4}\r?\n[ \t]{0,4}\r?\n(?<secret>[^\r\n]{1,4096})/dg,
  },
  {
    kind: 'secret',
    pattern:
      /"{1,2}(?:name|key|header)"{1,2}\s{0,3}:\s{0,3}"{1,2}(?<name>[\w.-]{2,48})"{1,2}\s{0,3},\s{0,3}"{1,2}value"{1,2}\s{0,3}:\s{0,3}(?:"(?![\\"])(?<secret>(?:[^"\\]|\\[\s\S]){1,4096})|[\\"]{2,8}(?<secret>[^"\\]{1,4096}))/dgi,
  },
];

/** `Bearer`, `Basic`, `ApiKey` or `Token`, then the credential (RFC 9110, 11.4); `%20` and `+` are spaces of a query. */
const SCHEME =
  /\b(bearer|basic|apikey|token|negotiate|ssws|dpop|geniekey|splunk)((?:\s|%20|\+|:){1,4})([\w.~+/=%-]{3,})/gi;
/** An address with a token for a user: `https://TOKEN@host`. */
const USER_TOKEN = /:\/\/([\w.~%+=-]{16,256})@/g;

export const findPlaced = (text: string, spans: Spans): void => {
  for (const place of PLACES) findAt(place, text, spans);
  for (const { index, 0: all, 1: user = '' } of text.matchAll(USER_TOKEN)) {
    if (looksRandom(user) && !user.includes('.') && !spans.add('token', index + all.length - 1 - user.length, user))
      break;
  }
  for (const { index, 0: all, 1: scheme = '', 2: divider = '', 3: value = '' } of text.matchAll(SCHEME)) {
    const isAlone =
      index === 0 && all.length === text.length && divider.length + value.length + scheme.length === all.length;
    if (isPlaceholder(value) || /^realm=/i.test(value) || !(looksRandom(value) || isAlone)) continue;
    if (!spans.add(scheme.toLowerCase(), index + all.length - value.length, value)) break;
  }
};

const findAt = ({ kind, pattern }: Place, text: string, spans: Spans): void => {
  for (const { groups = {}, indices } of text.matchAll(pattern)) {
    const { name, secret = '' } = groups;
    const [start] = indices?.groups?.['secret'] ?? [];
    if (
      start === undefined ||
      (name === undefined ? isPlaceholder(secret) : !isTelling(name) || isHarmless(name, secret))
    )
      continue;
    if (!spans.add(name === undefined ? kind : kindOf(name), start, secret)) return;
  }
};
