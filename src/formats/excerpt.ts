import { cleanText } from './redact.ts';
import { shown } from './shown.ts';

/** How much of the record is looked at: enough to fill the excerpt, however much of it is redacted away. */
const MAX_LOOKED_AT = 8_192;
/** A run that mixes letters and digits and could be a token, whatever issued it. */
const MIXED = /[A-Za-z0-9_+/=~.%-]{16,}/g;

/**
 * What may be kept of a record that nothing could be made of: valid UTF-8 text without control characters, at most `max` bytes,
 * with everything replaced that might be a secret. Since the record was not understood, this takes away too much on purpose:
 * any token of 16 or more characters that mixes letters and digits, every SQL literal, every value of a telling name.
 */
export const cleanExcerpt = (bytes: Buffer, max = 1024): string => {
  // A log in UTF-16 is one in UTF-8 with a NUL beside each letter: a person would read it all the same.
  const text = bytes.toString('utf8', 0, MAX_LOOKED_AT).replaceAll('\0', '');
  const whole = bytes.length > MAX_LOOKED_AT ? withoutLastWord(text) : text;
  const redacted = withoutLiterals(cleanText(whole)).replace(MIXED, (run) => (isToken(run) ? '[redacted:token]' : run));
  return capBytes(shown(redacted.replace(/[\t\r\n]+/g, ' '), max), max);
};

/** From the first quote to the last: which of them open and which close can't be told in text that was not understood. */
const withoutLiterals = (text: string): string => {
  const first = text.indexOf("'");
  if (first === -1) return text;
  const isOdd = text.split("'").length % 2 === 0;
  return `${text.slice(0, first)}'[redacted]'${isOdd ? '' : text.slice(text.lastIndexOf("'") + 1)}`;
};

/** A token that the cut goes through looks shorter than it is: its rest goes, too. */
const withoutLastWord = (text: string): string => {
  let end = text.length;
  while (end > 0 && !/[\s"',;&]/.test(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
};

/** Letters and digits or both cases mixed, in one piece of 16 or so long that slashes and points don't explain it; paths of words are none. */
const isToken = (run: string): boolean =>
  (run.length >= 40 || /[\w+=~-]{16,}/.test(run)) && /[A-Za-z]/.test(run) && (/\d/.test(run) || /[a-z][A-Z]/.test(run));

const capBytes = (text: string, max: number): string => {
  if (Buffer.byteLength(text) <= max) return text;
  const bytes = Buffer.from(text);
  let end = max;
  // Not in the middle of a character: bytes 10xxxxxx continue one.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
};
