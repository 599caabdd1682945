/** True for what must not reach a screen: control characters (C0, DEL, C1), line separators and bidirectional overrides. */
const isUnsafe = (code: number): boolean =>
  code < 32 ||
  (code >= 127 && (code < 160 || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)));

/** The text as it may be shown: without control characters, at most `max` UTF-16 units, no half surrogate pair at the end. */
export const shown = (text: string, max: number): string => {
  const length = text.length < max ? text.length : max;
  let i = 0;
  while (i < length && !isUnsafe(text.charCodeAt(i))) i++;
  if (i === text.length) return text;
  let out = text.slice(0, i);
  for (; i < text.length && out.length < max; i++) {
    if (!isUnsafe(text.charCodeAt(i))) out += text[i];
  }
  const last = out.charCodeAt(out.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? out.slice(0, -1) : out;
};
