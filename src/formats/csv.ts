/**
 * The fields of one CSV record from `start` on (RFC 4180; quotes may hold commas, line ends and doubled quotes).
 * At most `max` fields; a quote that never closes takes the rest. Linear in the text.
 */
export const csvFields = (text: string, start: number, max: number): string[] => {
  const fields: string[] = [];
  let at = start;
  while (at <= text.length && fields.length < max) {
    if (text.charCodeAt(at) === 34) {
      const end = closingQuote(text, at);
      const inside = text.slice(at + 1, end);
      fields.push(inside.includes('""') ? inside.replaceAll('""', '"') : inside);
      const comma = text.indexOf(',', end + 1);
      at = comma === -1 ? text.length + 1 : comma + 1;
    } else {
      const comma = text.indexOf(',', at);
      const end = comma === -1 ? text.length : comma;
      fields.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return fields;
};

const closingQuote = (text: string, opening: number): number => {
  for (let i = text.indexOf('"', opening + 1); i !== -1; i = text.indexOf('"', i + 2)) {
    if (text.charCodeAt(i + 1) !== 34) return i;
  }
  return text.length;
};
