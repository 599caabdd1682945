/**
 * True for what must not reach a screen: control characters (C0, DEL, C1), line separators, and what is invisible or turns the
 * direction of text (soft hyphen, zero-width characters, bidirectional marks and overrides). Half surrogate pairs look like these.
 */
const isUnsafe = (code: number): boolean =>
  code < 32 || (code >= 127 && (code < 160 || code === 0xad || (code >= 0x600 && isUnsafeBeyondLatin(code))));

const isUnsafeBeyondLatin = (code: number): boolean =>
  code === 0x61c ||
  (code >= 0x200b && code <= 0x200f) ||
  (code >= 0x2028 && code <= 0x202e) ||
  (code >= 0x2060 && code <= 0x206f) ||
  (code >= 0xd800 && code <= 0xdfff) ||
  code === 0xfeff;

const REPLACED = '\ufffd';
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/**
 * The text as it may be shown, at most `max` UTF-16 units, well-formed. What is unsafe becomes U+FFFD and is not left out:
 * else `bill\u0000ing` would be taken for `billing`.
 */
export const shown = (text: string, max: number): string => {
  const length = text.length < max ? text.length : max;
  let i = 0;
  while (i < length && !isUnsafe(text.charCodeAt(i))) i++;
  return i === text.length ? text : replaced(text.slice(0, length), i, text.length > length);
};

const replaced = (text: string, from: number, isCut: boolean): string => {
  const whole = isCut && (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800 ? text.slice(0, -1) : text;
  let out = whole.slice(0, from);
  for (let i = from; i < whole.length; i++) {
    const code = whole.charCodeAt(i);
    out += isUnsafe(code) && !isSurrogate(code) ? REPLACED : whole[i];
  }
  return out.toWellFormed();
};
