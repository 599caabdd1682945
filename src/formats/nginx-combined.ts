import { isAddress } from '../ecs.ts';
import { NOTHING_ELSE } from '../event.ts';
import { PROOF } from '../proof.ts';
import { decodePath } from './fold-path.ts';
import type { Format, Parsed } from './format.ts';
import {
  httpAction,
  httpProof,
  httpResult,
  type IdentitySource,
  MAX_CLIENT,
  MAX_METHOD,
  MAX_PATH,
  MAX_VALUE,
  requestProof,
} from './http.ts';
import { leaksOf, withFingerprint } from './identities.ts';
import { fractionOf } from './json.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { remoteAddress } from './remote-address.ts';
import { requestLine, withoutRequest } from './request-line.ts';
import { isServerLine } from './server-line.ts';
import { shown } from './shown.ts';
import { parseServerTime } from './time.ts';

/**
 * `ADDRESS - USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"`; a quote inside a field is written `\x22` by nginx, `\"` by Apache. The address begins the line and
 * a lone dash follows (RFC 1413's ident, which neither server asks for): behind anything else, part of a user would pass for the whole.
 */
const TEXT = String.raw`"([^"\\]*(?:\\.[^"\\]*)*)"`;
const LINE = new RegExp(
  String.raw`^((?:[\w.:%[\]-]{1,64}, ?){0,32}[\w.:%[\]-]{1,64}) - ([^[]{1,512}) \[([^\]]{20,40})\] ${TEXT} (\d{3}) (\d{1,15}|-)(?: ${TEXT} ${TEXT})?`,
  's',
);
/** The host that was asked for, as nginx and Apache (`vhost_combined`) write it before the address. */
const HOST = /^(?:[\w.-]{1,253}(?::\d{1,5})?|\[[\da-fA-F:.]{2,45}\]:\d{1,5}) (?=([\da-fA-F:.]{2,45}),? )/;

const withoutHost = (line: string): string => {
  const [before = '', address = ''] = HOST.exec(line) ?? [];
  return isAddress(address) ? line.slice(before.length) : line;
};

/** One, or a list of them; an envelope's time is none. */
const isAddressOrHost = (text: string): boolean => {
  if (text.includes(',')) return isAddress(remoteAddress(text));
  return isAddress(remoteAddress(text)) || text === 'unix:' || /^[\w.-]+$/.test(text);
};
/**
 * nginx writes `"`, `\` and every byte beyond ASCII as `\xHH`, Apache as C does where it can; bytes that form no UTF-8 become U+FFFD.
 */
const unescaped = (text: string): string =>
  text.includes('\\')
    ? text.replace(/((?:\\x[0-9A-Fa-f]{2})+)|\\(["\\bnrtv])/g, (run, _hex, simple: string | undefined) =>
        simple === undefined
          ? Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8')
          : (SIMPLE[simple] ?? simple),
      )
    : text;
const SIMPLE: Readonly<Record<string, string>> = { b: '\b', n: '\n', r: '\r', t: '\t', v: '\v' };

/**
 * A whole line, or its beginning, inside the line: behind an address that a client wrote (`X-Forwarded-For: 10.4.2.7 - victim`), or where
 * nothing is escaped.
 */
const holdsAnother = (line: string, [match, , user = '']: RegExpExecArray): boolean =>
  user.includes(' - ') ||
  user.endsWith(' -') ||
  /\[(?:\d\d\/[A-Z][a-z]{2}\/|\d{4}-\d\d-)[^\]]{1,32}\] "\S/.test(line.slice(match.length));

const NOT_COMBINED = {
  unusable: 'not-combined',
  detail:
    'The line is not ADDRESS - USER [TIME] "REQUEST" STATUS BYTES, with nothing but a host before the address. In nginx, log_format … escape=json writes what is certain.',
} as const;

const parseLine = (written: string, redactor: Redactor, identity: IdentitySource | undefined): Parsed => {
  const line = withoutHost(written);
  const parts = LINE.exec(line);
  if (parts === null && isServerLine(written)) return { ignored: 'server-line' };
  if (parts === null || !isAddressOrHost(parts[1] ?? '') || holdsAnother(line, parts)) return NOT_COMBINED;
  const [
    ,
    address = '',
    user = '-',
    stamp = '',
    rawRequest = '',
    statusText = '',
    bytes = '',
    referrer = '',
    agent = '-',
  ] = parts;
  const time = parseServerTime(stamp);
  if (Number.isNaN(time))
    return {
      unusable: 'invalid-time',
      detail: 'The time is not of the form 23/Nov/2026:12:03:18 +0000 or 2026-11-23T12:03:18+00:00.',
    };
  const status = Number(statusText);
  // nginx before 1.21.1 takes spaces and control characters in a target, and any method: it is a use all the same (RFC 9112, 3).
  const request = requestLine(unescaped(rawRequest));
  if (request === undefined) return withoutRequest(status);
  const { target } = request;

  const found: FoundSecret[] = [];
  const method = redactor.show(request.method, 'http.request.method', MAX_METHOD, found);
  const text = (raw: string, field: string, max: number): string | undefined =>
    raw === '-' || raw === '' ? undefined : shown(redactor.clean(unescaped(raw), field, found), max);
  // Parameters of a path, which are no part of what is shown of it, and a fragment, too.
  const query = target.search(/[?;#]/);
  if (query !== -1) redactor.clean(target.slice(query), 'url.query', found);
  const path = shown(redactor.clean(decodePath(target), 'url.path', found), MAX_PATH);
  const sourceIp = text(remoteAddress(address), 'source.address', 64);
  const client = text(agent, 'user_agent.original', MAX_CLIENT);
  text(referrer, 'http.request.referrer', 0);
  const named = found.length;
  // Apache writes `""` where a request gives an empty name.
  const consumer = user === '""' ? undefined : text(user, 'user.name', MAX_VALUE);
  const result = httpResult(status);
  const who =
    consumer === undefined || found.length > named
      ? { identities: [], proof: requestProof(status, identity) }
      : {
          identities: [{ key: 'credential_id', value: consumer } as const],
          proof: httpProof(status, identity, PROOF.request),
        };
  return {
    ...NOTHING_ELSE,
    time,
    format: 'nginx-combined',
    dataset: 'nginx.access',
    action: httpAction(method, path),
    result,
    ...withFingerprint(who, found, requestProof(status, identity)),
    sourceIp,
    client,
    bytes: bytes === '-' ? 0 : Number(bytes),
    status,
    method,
    path,
    leaks: leaksOf(found),
  };
};

/**
 * The combined log format of nginx and Apache. Its user is the credential, but stands there as the request claims it: proven only where the
 * operator says so. Whole seconds, and no trace or session.
 */
export const nginxCombined: Format = {
  id: 'nginx-combined',
  title: 'nginx or Apache access log, combined',
  dataset: 'nginx.access',
  proof:
    '`identity: authenticated`, for statuses that come after authentication; else the user is unproven, and 401 and 407 are rejected',
  about: {
    switchOn: 'nothing: what nginx and Apache write unless told otherwise',
    cannotTell: 'which key was used; who asked, unless `identity:` says that names are checked',
    evidence: 'recorded: nginx 1.22 and Apache 2.4',
  },
  framing: 'line',
  detect: (lines) => fractionOf(lines, (line) => (LINE.exec(withoutHost(line))?.[4] ?? '') !== ''),
  parser: ({ redactor, identity }) => ({
    parse: (bytes, start, end) => parseLine(bytes.toString('utf8', start, end), redactor, identity),
  }),
};
