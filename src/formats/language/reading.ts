import type { CredentialUse, Identity, IdentityKey, Spent } from '../../event.ts';
import { IDENTITY_KEYS, NOTHING_ELSE } from '../../event.ts';
import { PROOF } from '../../proof.ts';
import { actionTemplate, sqlFieldsOf } from '../action-template.ts';
import { amount } from '../amount.ts';
import type { ReadingSpec } from '../custom-spec.ts';
import type { FieldPath } from '../field-path.ts';
import { decodePath } from '../fold-path.ts';
import { foldSql } from '../fold-sql.ts';
import type { Claim, Parsed, ParserContext } from '../format.ts';
import { httpAction, MAX_CLIENT, MAX_METHOD, MAX_PATH, MAX_VALUE, traceIdOf } from '../http.ts';
import { leaksOf, withFingerprint } from '../identities.ts';
import type { JsonObject } from '../json.ts';
import { leaksInRecord } from '../leaks-in-record.ts';
import type { Language } from '../named-secrets.ts';
import type { Redactor } from '../redact.ts';
import { isHarmless, isPlaceholder, kindOf } from '../redact-rules.ts';
import { remoteAddress } from '../remote-address.ts';
import { requestLine, withoutRequest } from '../request-line.ts';
import { shown } from '../shown.ts';
import { condition } from './condition.ts';
import type { Note } from './note.ts';
import { proofReader } from './proof.ts';
import { resultReader } from './result.ts';
import { timeReader } from './time.ts';
import { optionalValue, type Value, value } from './value.ts';

/** As much of a statement as is folded. */
const MAX_STATEMENT = 16_384;
const SHA_256 = /^[0-9a-f]{64}$/;
/** Datasets of servers that quote as MySQL does. */
const MYSQL = /^(?:mysql|mariadb|percona|tidb|vitess|singlestore)/;

type Text = string | undefined;

/** One kind of record, compiled: what makes an event of it. */
export interface Reading {
  applies(record: JsonObject): boolean;
  /** Whether it has a time and an action: how a format is found. */
  fits(record: JsonObject): boolean;
  /** What it lacks to be read, of how many things. */
  lacks(record: JsonObject): { readonly missing: readonly string[]; readonly of: number };
  read(record: JsonObject, context: ParserContext, note?: Note): Parsed;
  /** Whom a record that could not be read names. */
  claim(record: JsonObject, context: ParserContext): Claim;
}

/** @param digests fields that hold SHA-256 of a secret, and so none */
export const reading = (id: string, spec: ReadingSpec, digests: readonly string[] = []): Reading => {
  const language: Language = MYSQL.test(spec.dataset) ? 'mysql' : 'sql';
  const templates = spec.action === undefined ? [] : [spec.action].flat();
  const actions = templates.map((template) => ({ template, of: actionTemplate(template, language) }));
  const line = optionalValue(spec.request_line);
  const statementField = optionalValue(spec.statement);
  const languages = new Map<string, Language>();
  for (const { field, dialect } of templates.flatMap(sqlFieldsOf)) languages.set(field, dialect ?? language);
  for (const { text } of statementField?.paths ?? []) if (!languages.has(text)) languages.set(text, language);
  const applies = condition(spec.when);
  const ignored = (spec.ignore ?? []).map(({ when, reason }) => ({ holds: condition(when), reason }));
  const time = timeReader(spec.time);
  const resultOf = resultReader(spec.result);
  const proofOf = proofReader(spec.proof);
  const identityValues = IDENTITY_KEYS.flatMap((key): [IdentityKey, Value][] => {
    const where = spec.identities[key];
    return where === undefined ? [] : [[key, value(where)]];
  });
  const values = {
    sourceIp: optionalValue(spec.source_ip),
    client: optionalValue(spec.client),
    bytes: optionalValue(spec.bytes),
    rows: optionalValue(spec.rows),
    tokensIn: optionalValue(spec.tokens_in),
    tokensOut: optionalValue(spec.tokens_out),
    cost: optionalValue(spec.cost),
    status: optionalValue(spec.status),
    method: optionalValue(spec.method),
    path: optionalValue(spec.path),
    service: optionalValue(spec.service),
    traceId: optionalValue(spec.trace_id),
    session: optionalValue(spec.session),
  };

  const identitiesOf = (record: JsonObject, redactor: Redactor, note?: Note): Identity[] => {
    const identities: Identity[] = [];
    for (const [key, where] of identityValues) {
      const found = where.find(record);
      if (found === undefined || isPlaceholder(found.text)) continue;
      const { text, field } = found;
      note?.(`identities.${key}`, field.text);
      // What is a secret by its place or its look is only ever known by its fingerprint.
      const isSecret = key === 'token_fingerprint' || field.telling || redactor.clean(text, field.text, []) !== text;
      const secret = isSecret ? text.replace(/^(?:bearer|basic|apikey|token) +/i, '') : text;
      identities.push(
        isSecret
          ? { key: 'token_fingerprint', value: redactor.fingerprint(secret) }
          : { key, value: shown(text, MAX_VALUE) },
      );
    }
    return identities;
  };

  const read = (record: JsonObject, { redactor, identity }: ParserContext, note?: Note): Parsed => {
    const reason = ignored.find(({ holds }) => holds(record))?.reason;
    if (reason !== undefined) return { ignored: reason };
    const clean = (text: string, field: FieldPath): string =>
      field.telling && !isHarmless(field.name, text)
        ? `[redacted:${kindOf(field.name)}]`
        : redactor.clean(text, field.text, [], languages.get(field.text));
    const text = (name: string, where: Value | undefined, max: number, edit = (raw: string): string => raw): Text => {
      const found = where?.find(record);
      if (found === undefined) return undefined;
      note?.(name, found.field.text);
      return shown(clean(edit(found.text), found.field), max);
    };
    const count = (name: string, where: Value | undefined): number | undefined => {
      const found = where?.find(record);
      const number = found === undefined ? Number.NaN : Number(found.text);
      if (found === undefined || !(number >= 0)) return undefined;
      note?.(name, found.field.text);
      return amount(number);
    };

    const at = time.read(record, note);
    if (Number.isNaN(at)) return { unusable: 'invalid-time', detail: time.problem(record) };
    const request = line?.find(record);
    const called = request && requestLine(request.text);
    if (line !== undefined && called === undefined && actions.length === 0)
      return withoutRequest(count('status', values.status));
    const verb = called && request && shown(clean(called.method, request.field), MAX_METHOD);
    const method = text('method', values.method, MAX_METHOD) ?? verb;
    const path =
      text('path', values.path, MAX_PATH, decodePath) ??
      (called && request && shown(clean(decodePath(called.target), request.field), MAX_PATH));

    let what: Text;
    for (const { template, of } of actions) {
      what = of(record, clean);
      if (what === undefined) continue;
      note?.('action', template);
      break;
    }
    if (what === undefined && verb !== undefined && request !== undefined) {
      what = httpAction(verb, path ?? '');
      note?.('action', `request_line ${request.field.text}`);
    }
    // Servers that take `delete` do what DELETE does.
    if (what !== undefined && method !== undefined && what.startsWith(`${method} `))
      what = method.toUpperCase() + what.slice(method.length);
    if (what === undefined)
      return { unusable: 'missing-field', detail: `A field of the action ${templates.join(' or ')} is missing.` };
    const outcome = resultOf(record, note);
    if (outcome === undefined)
      return {
        unusable: 'missing-field',
        detail: 'The field of the result is missing; if that means success, write absent: success beside it.',
      };

    const statement = text('statement', statementField, MAX_STATEMENT);
    const found = leaksInRecord(withoutDigests(record, digests), redactor, languages);
    const traceId = text('trace_id', values.traceId, MAX_VALUE);
    const status = count('status', values.status);
    const named = identitiesOf(record, redactor, note);
    const proof = proofOf({ record, outcome, status, identities: named, identity }, note);
    const event: CredentialUse = {
      ...NOTHING_ELSE,
      time: at,
      format: id,
      dataset: spec.dataset,
      action: shown(what, MAX_PATH),
      result: outcome,
      // Rules of proof say who was authenticated: where they find nobody, a key that stands in the request is nobody's.
      ...(Array.isArray(spec.proof)
        ? { identities: named, proof }
        : withFingerprint({ identities: named, proof }, found, PROOF.request)),
      sourceIp: text('source_ip', values.sourceIp, 64, remoteAddress),
      client: text('client', values.client, MAX_CLIENT),
      bytes: count('bytes', values.bytes) ?? 0,
      rows: count('rows', values.rows) ?? 0,
      ...spentOf(
        count('tokens_in', values.tokensIn),
        count('tokens_out', values.tokensOut),
        count('cost', values.cost),
      ),
      status,
      method,
      path,
      statement: statement === undefined ? undefined : shown(foldSql(statement, language), 512),
      service: text('service', values.service, MAX_VALUE),
      traceId: traceId === undefined ? undefined : traceIdOf(traceId),
      session: text('session', values.session, MAX_VALUE),
      leaks: leaksOf(found),
    };
    return event;
  };

  const asIs = (text: string): string => text;
  const hasAction = (record: JsonObject): boolean =>
    actions.some(({ of }) => of(record, asIs) !== undefined) || line?.find(record) !== undefined;
  return {
    applies,
    fits: (record) => !Number.isNaN(time.read(record)) && hasAction(record),
    lacks: (record) => {
      const isThere = {
        [`when: ${Object.keys(spec.when ?? {}).join(', ')}`]: applies(record),
        [`time: ${time.named}`]: !Number.isNaN(time.read(record)),
        [`action: ${templates.join(' or ') || line?.named}`]: hasAction(record),
      };
      const missing = Object.entries(isThere).flatMap(([what, is]) => (is ? [] : [what]));
      return { missing, of: Object.keys(isThere).length };
    },
    read,
    claim: (record, { redactor }) => ({
      identities: identitiesOf(record, redactor),
      proof: PROOF.unreadable,
      sourceIp: undefined,
      time: time.read(record),
    }),
  };
};

const withoutDigests = (record: JsonObject, names: readonly string[]): JsonObject => {
  const held = names.filter((name) => SHA_256.test(String(record[name])));
  return held.length === 0 ? record : { ...record, ...Object.fromEntries(held.map((name) => [name, undefined])) };
};

const spentOf = (
  inputTokens: number | undefined,
  outputTokens: number | undefined,
  cost: number | undefined,
): { spent?: Spent } =>
  inputTokens === undefined && outputTokens === undefined && cost === undefined
    ? {}
    : { spent: { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, cost: cost ?? 0 } };
