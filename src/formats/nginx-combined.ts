import { NOTHING_ELSE } from '../event.ts';
import { decodePath } from './fold-path.ts';
import type { Format, Parsed } from './format.ts';
import { httpAction, httpResult, MAX_CLIENT, MAX_PATH, MAX_VALUE } from './http.ts';
import { leaksOf, withFingerprint } from './identities.ts';
import { fractionOf } from './json.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { shown } from './shown.ts';
import { utc } from './time.ts';

/** `ADDRESS IDENT USER [TIME] "REQUEST" STATUS BYTES "REFERER" "AGENT"`; a quote inside a field is written `\x22`. */
const LINE =
  /^(\S{1,64}) \S{1,64} ([^[]{1,512}) \[([^\]]{20,40})\] "([^"]*)" (\d{3}) (\d{1,15}|-)(?: "([^"]*)" "([^"]*)")?/;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `23/Nov/2026:12:03:18 +0000` in milliseconds since the epoch, NaN where it is something else. */
const parseClf = (text: string): number => {
  const parts = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, day, name = '', year, hour, minute, second, sign, hours, minutes] = parts;
  const month = MONTHS.indexOf(name) / 3 + 1;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const local = utc(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  return local - offset * 60_000;
};

/** nginx writes `"`, `\` and every byte beyond ASCII as `\xHH`; bytes that form no UTF-8 become U+FFFD. */
const unescaped = (text: string): string =>
  text.includes('\\x')
    ? text.replace(/(?:\\x[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8'))
    : text;

const parseLine = (line: string, redactor: Redactor): Parsed => {
  const parts = LINE.exec(line);
  if (parts === null)
    return { unusable: 'not-combined', detail: 'The line does not have the fields of the combined log format.' };
  const [, address = '', user = '-', stamp = '', rawRequest = '', statusText = '', bytes = '', , agent = '-'] = parts;
  const time = parseClf(stamp);
  if (Number.isNaN(time))
    return { unusable: 'invalid-time', detail: 'The time is not of the form 23/Nov/2026:12:03:18 +0000.' };
  const request = /^([A-Z][A-Z_-]{0,15}) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/.exec(unescaped(rawRequest));
  // A probe that spoke no HTTP: it can't have used a credential.
  if (request === null) return { ignored: 'no-request' };
  const [, method = '', target = ''] = request;

  const found: FoundSecret[] = [];
  const text = (raw: string, field: string, max: number): string | undefined =>
    raw === '-' || raw === '' ? undefined : shown(redactor.clean(unescaped(raw), field, found), max);
  const question = target.indexOf('?');
  if (question !== -1) redactor.clean(target.slice(question), 'url.query', found);
  const path = shown(redactor.clean(decodePath(target), 'url.path', found), MAX_PATH);
  const sourceIp = text(address, 'source.address', 64);
  const client = text(agent, 'user_agent.original', MAX_CLIENT);
  const named = found.length;
  const consumer = text(user, 'user.name', MAX_VALUE);
  const status = Number(statusText);
  const result = httpResult(status);
  const identities =
    consumer === undefined || found.length > named ? [] : [{ key: 'credential_id', value: consumer } as const];
  return {
    ...NOTHING_ELSE,
    time,
    format: 'nginx-combined',
    dataset: 'nginx.access',
    action: httpAction(method, path),
    result,
    identities: withFingerprint(identities, result, found),
    sourceIp,
    client,
    bytes: bytes === '-' ? 0 : Number(bytes),
    status,
    method,
    path,
    leaks: leaksOf(found),
  };
};

/** The combined log format of nginx and Apache. The authenticated user is the credential; whole seconds, and no trace or session. */
export const nginxCombined: Format = {
  id: 'nginx-combined',
  title: 'nginx or Apache access log, combined',
  dataset: 'nginx.access',
  framing: 'line',
  detect: (lines) => fractionOf(lines, (line) => (LINE.exec(line)?.[4] ?? '') !== ''),
  parser: ({ redactor }) => ({
    parse: (bytes, start, end) => parseLine(bytes.toString('utf8', start, end), redactor),
  }),
};
