/** Why a pattern of `extract` can't be used, or undefined where it can. */
export const extractProblem = (pattern: string): string | undefined => {
  const places = pattern.split('{}').length - 1;
  if (places !== 1) return 'needs {} once, where the wanted text stands; write for example JTI={}';
  return /\*\{\}|\{\}\*|\*\*/.test(pattern)
    ? 'needs a text between * and {}, else nothing says where the wanted text begins or ends'
    : undefined;
};

/**
 * Compiles a pattern such as `JTI={}` or `arn:*:user/{}`: `*` stands for anything, `{}` for the text that is wanted, and the pattern for the
 * whole text. Each `*`, and `{}`, reaches to the first place where what follows it stands, at the pattern's end to the end: linear time.
 */
export const extractor = (pattern: string): ((text: string) => string | undefined) => {
  const pieces = pattern.split(/(\*|\{\})/).filter((piece) => piece !== '');
  return (text) => {
    let at = 0;
    let wanted: string | undefined;
    for (const [index, piece] of pieces.entries()) {
      if (piece !== '*' && piece !== '{}') {
        if (!text.startsWith(piece, at)) return undefined;
        at += piece.length;
        continue;
      }
      const next = pieces[index + 1];
      const isLast = index + 2 >= pieces.length;
      const end = next === undefined ? text.length : isLast ? text.length - next.length : text.indexOf(next, at);
      if (end < at) return undefined;
      if (piece === '{}') wanted = text.slice(at, end);
      at = end;
    }
    return at === text.length && wanted !== '' ? wanted : undefined;
  };
};
