import { BoundedCache } from '../bounded-cache.ts';
import type { CredentialUse, Identity } from '../event.ts';
import { PROOF } from '../proof.ts';
import { amount } from './amount.ts';
import { decodePath, isPlainPath } from './fold-path.ts';
import type { Claim, Format, Parsed, Parser, ParserContext, Unusable } from './format.ts';
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
  traceIdOf,
} from './http.ts';
import { leaksOf, withFingerprint } from './identities.ts';
import { fractionOfObjects, isFailure, type JsonObject, readJson } from './json.ts';
import { leaksInValue } from './leaks-in-record.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { remoteAddress } from './remote-address.ts';
import { ownLine } from './server-line.ts';
import { parseServerTime } from './time.ts';

const wrongType = (field: string): Unusable => ({
  unusable: 'wrong-type',
  detail: `The field ${field} is missing or of the wrong type.`,
});

/** Many quote the numbers of their `log_format`, too. */
const numberOf = (value: unknown): unknown => (typeof value === 'string' && value !== '' ? Number(value) : value);

/** `msec` is exact to the millisecond; `time` has whole seconds, as `$time_iso8601` or `$time_local`. */
const timeOf = (record: JsonObject): number => {
  const { msec, time } = record;
  const seconds = typeof msec === 'string' && msec !== '' ? Number(msec) : msec;
  if (typeof seconds === 'number' && !Number.isNaN(seconds)) return Math.round(seconds * 1000);
  return typeof time === 'string' ? parseServerTime(time) : Number.NaN;
};

/** Text that may be shown, without secrets; undefined where nginx had none (`""` or `-`) or the field is no text. */
const cleanText = (
  redactor: Redactor,
  value: unknown,
  field: string,
  max: number,
  found: FoundSecret[],
): string | undefined =>
  typeof value !== 'string' || value === '' || value === '-' ? undefined : redactor.show(value, field, max, found);

/** A text as it stood last, and as it may be shown. */
interface Last {
  raw: unknown;
  shown: string | undefined;
}

/** What a consumer's records mostly repeat, so that it is looked at once: and millions of events share the same strings. */
interface Usual {
  readonly identities: readonly Identity[];
  readonly address: Last;
  readonly agent: Last;
  readonly session: Last;
  readonly query: Last;
}

const newLast = (): Last => ({ raw: '', shown: undefined });
const newUsual = (identities: readonly Identity[]): Usual => ({
  identities,
  address: newLast(),
  agent: newLast(),
  session: newLast(),
  query: newLast(),
});

const MAX_KEPT = 512;

/** What is kept for long has to be short: whoever makes a request chooses its texts. */
const isWorthKeeping = (value: unknown): boolean =>
  typeof value === 'string' ? value.length <= MAX_KEPT : value === undefined;

/** `cleanText`, unless the text is the same as last time. One that holds a secret is told each time. */
const cleanAgain = (
  last: Last,
  redactor: Redactor,
  value: unknown,
  field: string,
  max: number,
  found: FoundSecret[],
): string | undefined => {
  if (value === last.raw) return last.shown;
  const before = found.length;
  const text = cleanText(redactor, value, field, max, found);
  if (found.length > before || !isWorthKeeping(value)) return text;
  last.raw = value;
  last.shown = text;
  return text;
};

const addressOf = (value: unknown): unknown => (typeof value === 'string' ? remoteAddress(value) : value);

/** Of `$request_uri`, which holds the query, too, and is as the client wrote it. */
const pathOf = (uri: string, redactor: Redactor, found: FoundSecret[]): string => {
  const query = uri.search(/[?;#]/);
  if (query !== -1) redactor.clean(uri.slice(query), 'url.query', found);
  return decodePath(uri);
};

const CONSUMERS = 4_096;

/** Finds what is usual for the consumer that a record names. */
class Consumers {
  readonly #redactor: Redactor;
  readonly #known = new BoundedCache<Usual>(CONSUMERS);
  readonly #nobody = newUsual([]);

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  of(credential: unknown, found: FoundSecret[]): Usual {
    const known = typeof credential === 'string' ? this.#known.get(credential) : undefined;
    if (known !== undefined) return known;
    const consumer = cleanText(this.#redactor, credential, 'wayward.credential.id', MAX_VALUE, found);
    // A gateway that logs the key itself instead of its consumer: the fingerprint stands in for it.
    if (consumer === undefined || found.length > 0) return this.#nobody;
    const made = newUsual(Object.freeze([{ key: 'credential_id', value: consumer } as const]));
    if (isWorthKeeping(credential)) this.#known.set(credential as string, made);
    return made;
  }
}

/** Fields that are read and searched one by one, and those that nginx itself makes. */
const SEARCHED: ReadonlySet<string> = new Set([
  ...['time', 'msec', 'request_id', 'remote_addr', 'credential', 'method', 'uri', 'args', 'status', 'body_bytes_sent'],
  ...['request_length', 'request_time', 'upstream_response_time', 'user_agent', 'trace_id', 'session'],
]);

/** The fields of a record that nothing is made of, which a `log_format` may have all the same: Referer, cookies, bodies. */
class OtherFields {
  #keys: readonly string[] = [];
  #others: readonly string[] = [];

  /** Records of one source have the same fields in the same order, so that they are looked up once. */
  of(record: JsonObject): readonly string[] {
    let at = 0;
    for (const key in record) {
      if (this.#keys[at++] !== key) return this.#learn(record);
    }
    return at === this.#keys.length ? this.#others : this.#learn(record);
  }

  #learn(record: JsonObject): readonly string[] {
    this.#keys = Object.keys(record);
    this.#others = this.#keys.filter((key) => !SEARCHED.has(key));
    return this.#others;
  }
}

const parseRecord = (
  record: JsonObject,
  redactor: Redactor,
  consumers: Consumers,
  others: OtherFields,
  identity: IdentitySource | undefined,
): Parsed => {
  const { method, uri, credential, args } = record;
  const status = numberOf(record['status']);
  const bytes = numberOf(record['body_bytes_sent'] ?? 0);
  const time = timeOf(record);
  if (!(time >= 0 && time <= 8.64e15))
    return { unusable: 'invalid-time', detail: 'Neither msec ($msec) nor time ($time_iso8601) holds a timestamp.' };
  if (typeof method !== 'string') return wrongType('method');
  if (typeof uri !== 'string') return wrongType('uri');
  if (typeof status !== 'number' || !(status >= 0 && status < 1000)) return wrongType('status');
  if (typeof bytes !== 'number' || !(bytes >= 0)) return wrongType('body_bytes_sent');
  if (method === '' && uri === '') return { ignored: 'no-request' };

  const found: FoundSecret[] = [];
  const usual = consumers.of(credential, found);
  const path = redactor.show(isPlainPath(uri) ? uri : pathOf(uri, redactor, found), 'url.path', MAX_PATH, found);
  cleanAgain(usual.query, redactor, args, 'url.query', 0, found);
  const verb = redactor.show(method, 'http.request.method', MAX_METHOD, found);
  const result = httpResult(status);
  const client = cleanAgain(usual.agent, redactor, record['user_agent'], 'user_agent.original', MAX_CLIENT, found);
  const sourceIp = cleanAgain(usual.address, redactor, addressOf(record['remote_addr']), 'source.address', 64, found);
  const session = cleanAgain(usual.session, redactor, record['session'], 'wayward.session', MAX_VALUE, found);
  const traceparent = cleanText(redactor, record['trace_id'], 'trace.id', MAX_VALUE, found);
  for (const field of others.of(record)) leaksInValue(record[field], field, field, redactor, found);
  const named = {
    identities: usual.identities,
    proof:
      usual.identities.length === 0 ? requestProof(status, identity) : httpProof(status, identity, PROOF.undeclared),
  };
  const { identities, proof } =
    found.length === 0 ? named : withFingerprint(named, found, requestProof(status, identity));

  const event: CredentialUse = {
    time,
    format: 'nginx-json',
    dataset: 'nginx.access',
    action: httpAction(verb, path),
    result,
    proof,
    identities,
    uses: 1,
    sourceIp,
    client,
    bytes: amount(bytes),
    rows: 0,
    status,
    method: verb,
    path,
    statement: undefined,
    service: undefined,
    traceId: traceparent === undefined ? undefined : traceIdOf(traceparent),
    session,
    leaks: leaksOf(found),
  };
  return event;
};

/** Whom a record that is no event names. */
const claimOf = (record: JsonObject, redactor: Redactor, consumers: Consumers): Claim => ({
  identities: consumers.of(record['credential'], []).identities,
  proof: PROOF.unreadable,
  sourceIp: cleanText(redactor, record['remote_addr'], 'source.address', 64, []),
  time: timeOf(record),
});

/** nginx with the `log_format` of the documentation: `escape=json`, one object a line, `credential` names the consumer. */
export const nginxJson: Format = {
  id: 'nginx-json',
  title: 'nginx access log, JSON',
  dataset: 'nginx.access',
  proof:
    '`identity:` of the source: `from-key-map` (verified at every status) or `authenticated`; else `credential` is declared, and 401 and 407 are rejected',
  about: {
    switchOn: '`log_format … escape=json` as in [sources](sources.md#nginx), which names the consumer of a key',
    cannotTell: 'rows and tokens; what stood in a body',
    evidence: 'recorded: nginx 1.22',
  },
  framing: 'json',
  detect: (lines) =>
    fractionOfObjects(
      lines,
      (record) =>
        'uri' in record && 'status' in record && 'remote_addr' in record && ('msec' in record || 'time' in record),
    ),
  parser({ redactor, identity }: ParserContext): Parser {
    const consumers = new Consumers(redactor);
    const others = new OtherFields();
    return {
      parse(bytes, start, end, length) {
        const record = readJson(bytes, start, end, length !== undefined);
        if (isFailure(record)) return ownLine(bytes, start, end) ?? record;
        const parsed = parseRecord(record, redactor, consumers, others, identity);
        return 'unusable' in parsed ? { ...parsed, claim: claimOf(record, redactor, consumers) } : parsed;
      },
    };
  },
};
