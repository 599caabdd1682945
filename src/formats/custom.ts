import type { CredentialUse, Identity, IdentityKey, Proof, Result } from '../event.ts';
import { IDENTITY_KEYS, NOTHING_ELSE } from '../event.ts';
import { PROOF } from '../proof.ts';
import { actionTemplate, sqlFieldsOf } from './action-template.ts';
import { amount } from './amount.ts';
import type { CustomFormatSpec } from './custom-spec.ts';
import { type FieldPath, fieldPath, textAt, valueAt } from './field-path.ts';
import { decodePath } from './fold-path.ts';
import { foldSql } from './fold-sql.ts';
import type { Format, Parsed, ParserContext } from './format.ts';
import { httpProof, type IdentitySource, MAX_CLIENT, MAX_PATH, MAX_VALUE, traceIdOf } from './http.ts';
import { leaksOf, withFingerprint } from './identities.ts';
import { fractionOfObjects, isFailure, type JsonObject, readJson } from './json.ts';
import { leaksInRecord } from './leaks-in-record.ts';
import type { Language } from './named-secrets.ts';
import type { Redactor } from './redact.ts';
import { isHarmless, isPlaceholder, kindOf } from './redact-rules.ts';
import { remoteAddress } from './remote-address.ts';
import { shown } from './shown.ts';
import { parseTime, timeProblem } from './time.ts';

/** As much of a statement as is folded. */
const MAX_STATEMENT = 16_384;
/** Datasets of servers that quote as MySQL does. */
const MYSQL = /^(?:mysql|mariadb|percona|tidb|vitess|singlestore)/;
const PER_MILLISECOND = { s: 0.001, ms: 1, us: 1_000, ns: 1_000_000 } as const;

const optionalPath = (text: string | undefined): FieldPath | undefined =>
  text === undefined ? undefined : fieldPath(text);

type Scalar = string | number | boolean;

/** `401`, `"401"` and `4xx` all name the status 401. */
const matches = (value: unknown, wanted: readonly Scalar[]): boolean => {
  const text = String(value);
  return wanted.some(
    (one) =>
      String(one) === text || (/^[1-5]xx$/.test(String(one)) && /^[1-5]\d\d$/.test(text) && text[0] === String(one)[0]),
  );
};

/** The format that a user's YAML describes. Every text is redacted; secrets anywhere in the record become leaks. */
export const customFormat = (spec: CustomFormatSpec): Format => {
  const timeField = fieldPath(spec.time.field);
  const language: Language = MYSQL.test(spec.dataset) ? 'mysql' : 'sql';
  const action = actionTemplate(spec.action, language);
  const sqlFields = [...sqlFieldsOf(spec.action), ...(spec.statement === undefined ? [] : [spec.statement])];
  const languages: ReadonlyMap<string, Language> = new Map(sqlFields.map((field) => [field, language]));
  const conditions = Object.entries(spec.when ?? {}).map(
    ([field, value]) => [fieldPath(field), Array.isArray(value) ? value : [value]] as const,
  );
  const result = spec.result && { ...spec.result, field: fieldPath(spec.result.field) };
  const proof = typeof spec.proof === 'object' ? { ...spec.proof, field: fieldPath(spec.proof.field) } : spec.proof;
  const identityFields: (readonly [IdentityKey, FieldPath])[] = IDENTITY_KEYS.flatMap((key) => {
    const field = spec.identities[key];
    return field === undefined ? [] : [[key, fieldPath(field)] as const];
  });
  const fields = {
    sourceIp: optionalPath(spec.source_ip),
    client: optionalPath(spec.client),
    bytes: optionalPath(spec.bytes),
    rows: optionalPath(spec.rows),
    status: optionalPath(spec.status),
    method: optionalPath(spec.method),
    path: optionalPath(spec.path),
    statement: optionalPath(spec.statement),
    service: optionalPath(spec.service),
    traceId: optionalPath(spec.trace_id),
    session: optionalPath(spec.session),
  };

  const applies = (record: JsonObject): boolean =>
    conditions.every(([field, wanted]) => matches(valueAt(record, field), wanted));

  const timeOf = (record: JsonObject): number => {
    const text = textAt(record, timeField) ?? '';
    const { unit } = spec.time;
    return unit === 'iso'
      ? parseTime(text)
      : text === ''
        ? Number.NaN
        : Math.floor(Number(text) / PER_MILLISECOND[unit]);
  };

  const timeHint = (record: JsonObject): string =>
    spec.time.unit === 'iso' ? timeProblem(textAt(record, timeField) ?? '') : '';

  const resultOf = (record: JsonObject): Result | undefined => {
    if (result === undefined) return 'success';
    const value = valueAt(record, result.field);
    if (value === undefined) return undefined;
    if (matches(value, result.rejected)) return 'rejected';
    if (matches(value, result.denied)) return 'denied';
    return matches(value, result.error) ? 'error' : 'success';
  };

  const identitiesOf = (record: JsonObject, redactor: Redactor): Identity[] =>
    identityFields.flatMap(([key, field]): Identity[] => {
      const value = textAt(record, field);
      if (value === undefined || isPlaceholder(value)) return [];
      // What is a secret by its place or its look is only ever known by its fingerprint.
      const secret = value.replace(/^(?:bearer|basic|apikey|token) +/i, '');
      if (key === 'token_fingerprint' || field.telling || redactor.clean(value, field.text, []) !== value) {
        return [{ key: 'token_fingerprint', value: redactor.fingerprint(secret) }];
      }
      return [{ key, value: shown(value, MAX_VALUE) }];
    });

  /** What the format says counts before what the source says; a certificate's subject is the client's word until it was verified. */
  const proofOf = (
    record: JsonObject,
    outcome: Result,
    status: number | undefined,
    identities: readonly Identity[],
    identity: IdentitySource | undefined,
  ): Proof => {
    if (outcome === 'rejected') return PROOF.failed;
    if (proof === 'verified') return PROOF.format;
    if (proof !== undefined) return matches(valueAt(record, proof.field), proof.verified) ? PROOF.field : PROOF.request;
    if (identity !== undefined) return httpProof(status ?? 0, identity, PROOF.undeclared);
    return identities.every(({ key }) => key === 'mtls_subject') ? PROOF.request : PROOF.undeclared;
  };

  const parseRecord = (record: JsonObject, { redactor, identity }: ParserContext): Parsed => {
    if (!applies(record)) return { ignored: 'condition-not-met' };
    const clean = (text: string, field: FieldPath): string =>
      field.telling && !isHarmless(field.name, text)
        ? `[redacted:${kindOf(field.name)}]`
        : redactor.clean(text, field.text, [], languages.get(field.text));
    const text = (
      field: FieldPath | undefined,
      max: number,
      edit = (raw: string): string => raw,
    ): string | undefined => {
      const raw = field && textAt(record, field);
      return field === undefined || raw === undefined ? undefined : shown(clean(edit(raw), field), max);
    };
    const count = (field: FieldPath | undefined): number | undefined => {
      const value = field === undefined ? undefined : Number(textAt(record, field));
      return value !== undefined && value >= 0 ? amount(value) : undefined;
    };

    const time = timeOf(record);
    if (!(time >= 0 && time <= 8.64e15))
      return {
        unusable: 'invalid-time',
        detail:
          `The field ${timeField.text} is not a time in the unit that the format names. ${timeHint(record)}`.trimEnd(),
      };
    const what = action(record, clean);
    if (what === undefined)
      return { unusable: 'missing-field', detail: `A field of the action ${spec.action} is missing.` };
    const outcome = resultOf(record);
    if (outcome === undefined)
      return { unusable: 'missing-field', detail: `The field ${result?.field.text} of the result is missing.` };

    const statement = text(fields.statement, MAX_STATEMENT);
    const found = leaksInRecord(record, redactor, languages);
    const traceId = text(fields.traceId, MAX_VALUE);
    const status = count(fields.status);
    const named = identitiesOf(record, redactor);
    const event: CredentialUse = {
      ...NOTHING_ELSE,
      time,
      format: spec.id,
      dataset: spec.dataset,
      action: shown(what, MAX_PATH),
      result: outcome,
      ...withFingerprint(
        { identities: named, proof: proofOf(record, outcome, status, named, identity) },
        found,
        PROOF.request,
      ),
      sourceIp: text(fields.sourceIp, 64, remoteAddress),
      client: text(fields.client, MAX_CLIENT),
      bytes: count(fields.bytes) ?? 0,
      rows: count(fields.rows) ?? 0,
      status,
      method: text(fields.method, 16),
      path: text(fields.path, MAX_PATH, decodePath),
      statement: statement === undefined ? undefined : shown(foldSql(statement, language), 512),
      service: text(fields.service, MAX_VALUE),
      traceId: traceId === undefined ? undefined : traceIdOf(traceId),
      session: text(fields.session, MAX_VALUE),
      leaks: leaksOf(found),
    };
    return event;
  };

  return {
    id: spec.id,
    title: spec.title ?? `JSON, as defined by ${spec.id}`,
    dataset: spec.dataset,
    proof: spec.proof === undefined ? 'nothing: declared' : 'what its `proof:` names',
    framing: 'line',
    detect: (lines) =>
      fractionOfObjects(
        lines,
        (record) => applies(record) && !Number.isNaN(timeOf(record)) && action(record, (text) => text) !== undefined,
      ),
    parser: (context) => ({
      parse(bytes, start, end, length) {
        const record = readJson(bytes, start, end, length !== undefined);
        return isFailure(record) ? record : parseRecord(record, context);
      },
    }),
  };
};
