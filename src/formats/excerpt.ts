import { redactAll } from './redact.ts';
import { isTelling } from './redact-rules.ts';
import { shown } from './shown.ts';

/** How much of the record is looked at: enough to fill the excerpt, however much of it is redacted away. */
const MAX_LOOKED_AT = 8_192;
/** A run that mixes letters and digits and could be a token, whatever issued it. */
const MIXED = /[A-Za-z0-9_+/=~.-]{16,}/g;
const SQL_LITERAL = /'(?:[^']|'')*(?:'|$)/g;
const QUOTED_VALUE = /"([^"\\]{1,64})"(\s{0,3}:\s{0,3}\[?\s{0,3})"(?:[^"\\]|\\[\s\S])*(?:"|$)/g;

/**
 * What may be kept of a record that nothing could be made of: valid UTF-8 text without control characters, at most `max` bytes,
 * with everything replaced that might be a secret. Since the record was not understood, this takes away too much on purpose:
 * any token of 16 or more characters that mixes letters and digits, every SQL literal, every value of a telling name.
 */
export const cleanExcerpt = (bytes: Buffer, max = 1024): string => {
  const text = bytes.toString('utf8', 0, MAX_LOOKED_AT);
  // A token that the cut goes through looks shorter than it is: drop the last run.
  const whole = bytes.length > MAX_LOOKED_AT ? text.replace(/[^\s"',;&]*$/, '') : text;
  const redacted = redactAll(whole, (kind) => `[redacted:${kind}]`, false)
    .replace(QUOTED_VALUE, (all, name: string, between: string) =>
      isTelling(name) ? `"${name}"${between}"[redacted]"` : all,
    )
    .replace(SQL_LITERAL, "'[redacted]'")
    .replace(MIXED, (run) => (isToken(run) ? '[redacted:token]' : run));
  return capBytes(shown(redacted, max), max);
};

/** Letters with digits, or both cases mixed; dates, paths of words, and plain numbers are none. */
const isToken = (run: string): boolean =>
  /[A-Za-z0-9_+=~-]{16,}/.test(run.replaceAll('redacted', '')) &&
  /[A-Za-z]/.test(run) &&
  (/\d/.test(run) || /[a-z][A-Z]/.test(run));

const capBytes = (text: string, max: number): string => {
  if (Buffer.byteLength(text) <= max) return text;
  const bytes = Buffer.from(text);
  let end = max;
  // Not in the middle of a character: bytes 10xxxxxx continue one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};
