/** The characters of base64url from a place on. */
const RUN = /[\w-]*/y;

/**
 * A JSON Web Token from the `eyJ` at `start` on (RFC 7519; `eyJ` is base64url of `{"`): where it ends. Where there is none, minus the place that no
 * other can begin before, so that a long run of `eyJ` costs one look.
 */
export const jwtEnd = (text: string, start: number): number => {
  let end = start;
  for (let part = 0; part < 5; part++) {
    RUN.lastIndex = end;
    RUN.exec(text);
    const length = RUN.lastIndex - end;
    if (part < 2 && length < 4) return -Math.max(RUN.lastIndex, start + 1);
    end = RUN.lastIndex;
    if (text[end] !== '.') return part === 0 ? -end : end;
    end++;
  }
  return end - 1;
};
