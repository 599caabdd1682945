import type { CredentialUse, Identity } from '../event.ts';
import { amount } from './amount.ts';
import { decodePath } from './fold-path.ts';
import type { Format, Parsed, Parser, ParserContext, Unusable } from './format.ts';
import { httpAction, httpResult, MAX_CLIENT, MAX_PATH, MAX_VALUE, traceIdOf } from './http.ts';
import { consumerIdentity, leaksOf, withFingerprint } from './identities.ts';
import { fractionOfObjects, isFailure, type JsonObject, readJson } from './json.ts';
import type { FoundSecret, Redactor } from './redact.ts';
import { parseTime } from './time.ts';

const NOBODY: readonly Identity[] = [];

const wrongType = (field: string): Unusable => ({
  unusable: 'wrong-type',
  detail: `The field ${field} is missing or of the wrong type.`,
});

/** `msec` is exact to the millisecond; `time` has whole seconds. */
const timeOf = (record: JsonObject): number => {
  const { msec, time } = record;
  if (typeof msec === 'string' && msec !== '') return Math.round(Number(msec) * 1000);
  if (typeof msec === 'number') return Math.round(msec * 1000);
  return typeof time === 'string' ? parseTime(time) : Number.NaN;
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

const parseRecord = (record: JsonObject, redactor: Redactor): Parsed => {
  const { method, uri, status, credential, args } = record;
  const bytes = record['body_bytes_sent'] ?? 0;
  const time = timeOf(record);
  if (!(time >= 0 && time <= 8.64e15))
    return { unusable: 'invalid-time', detail: 'Neither msec nor time holds a timestamp.' };
  if (typeof method !== 'string') return wrongType('method');
  if (typeof uri !== 'string') return wrongType('uri');
  if (typeof status !== 'number' || !(status >= 0 && status < 1000)) return wrongType('status');
  if (typeof bytes !== 'number' || !(bytes >= 0)) return wrongType('body_bytes_sent');
  if (method === '' && uri === '') return { ignored: 'no-request' };

  const found: FoundSecret[] = [];
  const path = redactor.show(uri.includes('%') ? decodePath(uri) : uri, 'url.path', MAX_PATH, found);
  if (typeof args === 'string' && args !== '') redactor.clean(args, 'url.query', found);
  const verb = redactor.show(method, 'http.request.method', 16, found);
  const result = httpResult(status);
  const client = cleanText(redactor, record['user_agent'], 'user_agent.original', MAX_CLIENT, found);
  const sourceIp = cleanText(redactor, record['remote_addr'], 'source.address', 64, found);
  const session = cleanText(redactor, record['session'], 'wayward.session', MAX_VALUE, found);
  const traceparent = cleanText(redactor, record['trace_id'], 'trace.id', MAX_VALUE, found);
  const named = found.length;
  const consumer = cleanText(redactor, credential, 'wayward.credential.id', MAX_VALUE, found);
  // A gateway that logs the key itself instead of its consumer: the fingerprint stands in for it.
  const identities = consumer === undefined || found.length > named ? NOBODY : consumerIdentity(consumer);

  const event: CredentialUse = {
    time,
    format: 'nginx-json',
    dataset: 'nginx.access',
    action: httpAction(verb, path),
    result,
    identities: found.length === 0 ? identities : withFingerprint(identities, result, found),
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

/** nginx with the `log_format` of the documentation: `escape=json`, one object a line, `credential` names the consumer. */
export const nginxJson: Format = {
  id: 'nginx-json',
  title: 'nginx access log, JSON',
  dataset: 'nginx.access',
  framing: 'line',
  detect: (lines) =>
    fractionOfObjects(
      lines,
      (record) => 'msec' in record && 'uri' in record && 'status' in record && 'remote_addr' in record,
    ),
  parser: ({ redactor }: ParserContext): Parser => ({
    parse(bytes, start, end) {
      const record = readJson(bytes, start, end);
      return isFailure(record) ? record : parseRecord(record, redactor);
    },
  }),
};
