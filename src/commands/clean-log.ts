import { cleanText } from '../formats/redact.ts';
import { isPlaceholder, isTelling } from '../formats/redact-rules.ts';
import { scrubKnown } from '../scrub.ts';

const MAX_TEXT = 16_384;
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;

/**
 * What may stand in the service's log of a value: no value of a telling name (`password`, `apiKey`, `authorization`), no token,
 * no password of a URL, and none that the configuration refers to, however deep, also in an error, its causes and what a client hung on it. Bounded in depth and size.
 */
export function cleanForLog(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanLine(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => cleanForLog(entry, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return cleanError(value, depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') return cleanForLog(value.toJSON(), depth + 1);
  return cleanEntries(value, depth);
}

/** A text without what looks like a secret, and without those that this process knows. */
export const cleanLine = (text: string): string => cleanText(scrubKnown(text.slice(0, MAX_TEXT)));

/** With what an error hides from `Object.entries`: message, stack, cause and the errors of an AggregateError. */
function cleanError(error: Error, depth: number): object {
  const { name, message, stack, cause } = error;
  const hidden = {
    type: name,
    message,
    stack,
    cause,
    errors: error instanceof AggregateError ? error.errors : undefined,
  };
  return cleanEntries({ ...error, ...hidden }, depth);
}

const cleanEntries = (value: object, depth: number): object =>
  Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ENTRIES)
      .filter(([, entry]) => entry !== undefined)
      .map(([name, entry]) => [name, isSecret(name, entry) ? '[redacted]' : cleanForLog(entry, depth + 1)]),
  );

/** Numbers and booleans under such names are counts and switches; anything longer may be the secret or hold it. */
const isSecret = (name: string, value: unknown): boolean =>
  (isTelling(name) || /^headers$/i.test(name)) &&
  ((typeof value === 'object' && value !== null) || (typeof value === 'string' && !isPlaceholder(value)));
