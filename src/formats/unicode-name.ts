/** A name written with escapes: `U&"d\0061ta"`, or with another character for them, `U&"d!0061ta" UESCAPE '!'` (PostgreSQL manual, 4.1.2.3). */
const UNICODE_NAME = /U&"([^"]*(?:""[^"]*)*)"(?:\s{1,64}UESCAPE\s{0,64}'([^'])')?/iy;

/** The name that is written at this place, in plain double quotes, and where it ends; undefined where none is. */
export const unicodeNameAt = (sql: string, at: number): { name: string; end: number } | undefined => {
  UNICODE_NAME.lastIndex = at;
  const [, written, mark = '\\'] = UNICODE_NAME.exec(sql) ?? [];
  if (written === undefined) return undefined;
  const end = UNICODE_NAME.lastIndex;
  const parts = written.replaceAll('""', '"').split(mark);
  let name = parts[0] ?? '';
  for (let i = 1; i < parts.length; i++) {
    const part = parts[i] ?? '';
    const [code = '', hex] = /^(?:\+([\da-f]{6})|([\da-f]{4}))/i.exec(part)?.filter((one) => one !== undefined) ?? [];
    const value = Number.parseInt(hex ?? '', 16);
    if (value > 0 && value <= 0x10ffff) name += String.fromCodePoint(value) + part.slice(code.length);
    // A pair of them stands for itself.
    else name += part === '' ? `${mark}${parts[++i] ?? ''}` : `${mark}${part}`;
  }
  return { name: `"${name.replaceAll('"', '""')}"`, end };
};
