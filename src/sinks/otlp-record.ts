import { SEVERITY_SCORE } from '../detectors/finding.ts';
import type { Appended } from './posted.ts';

/** AnyValue of OTLP as JSON: a 64-bit integer is a text. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** The lowest of each range of the log data model: https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const LEVELS = [
  { score: SEVERITY_SCORE.critical, number: 21, text: 'critical' },
  { score: SEVERITY_SCORE.high, number: 17, text: 'high' },
  { score: SEVERITY_SCORE.medium, number: 13, text: 'medium' },
  { score: SEVERITY_SCORE.low, number: 9, text: 'low' },
] as const;
/** Of what is no alert. */
const INFO = { number: 9, text: 'info' };

/** A document of ECS as a LogRecord: its message is the body, its fields are attributes under their dotted names. */
export function logRecord({ id, stream, document }: Appended) {
  const { '@timestamp': time, message, ...fields } = document;
  const { severity } = (fields.event ?? {}) as { severity?: unknown };
  const level = LEVELS.find(({ score }) => score === severity) ?? INFO;
  return {
    timeUnixNano: `${Date.parse(String(time))}000000`,
    observedTimeUnixNano: `${Date.now()}000000`,
    severityNumber: level.number,
    severityText: level.text,
    eventName: `wayward.${stream}`,
    body: { stringValue: String(message ?? '') },
    attributes: [{ key: 'log.record.uid', value: { stringValue: id } }, ...attributes(fields)],
  };
}

/** Objects are opened into dotted names, as attributes are named; those in lists stay objects. */
function* attributes(fields: object, prefix = ''): Generator<KeyValue> {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) yield* attributes(value, `${prefix}${name}.`);
    else yield { key: `${prefix}${name}`, value: anyValue(value) };
  }
}

function anyValue(value: unknown): AnyValue {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === 'object' && value !== null)
    return {
      kvlistValue: {
        values: Object.entries(value)
          .filter(([, inner]) => inner !== undefined && inner !== null)
          .map(([key, inner]) => ({ key, value: anyValue(inner) })),
      },
    };
  return { stringValue: String(value) };
}
