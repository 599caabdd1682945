/**
 * What a server writes in place of letters that the encoding of a database lacks: PostgreSQL leaves that to glibc, which writes Cyrillic as
 * in GOST 7.79 (its table C-translit.h), and letters with accents without them, or as question marks, depending on the locale.
 */
const CYRILLIC = new Map(
  [
    'а a, б b, в v, г g, д d, е e, ё yo, ж zh, з z, и i, й j, к k, л l, м m, н n, о o, п p, р r, с s, т t, у u, ф f, х x, ц cz, ч ch, ш sh',
    'щ shh, ъ ``, ы y`, ь `, э e`, ю yu, я ya, і i, ї yi, є ye, ґ g`',
  ]
    .join(', ')
    .split(', ')
    .map((pair) => pair.split(' '))
    .flatMap(([from = '', to = '']) => [[from, to] as const, [from.toUpperCase(), to.toUpperCase()] as const]),
);

const inLatin = (text: string): string => text.replace(/[\u0400-\u04ff]/g, (letter) => CYRILLIC.get(letter) ?? letter);
const withoutAccents = (text: string): string =>
  text.replace(/[\u00c0-\u00ff]/g, (letter) => letter.normalize('NFD').charAt(0));

/** All ways to write the text, itself first. `unknown`: what stands for a letter that nothing replaces, such as `\?` in a pattern. */
export const spellings = (text: string, unknown = '?'): string[] => [
  ...new Set([text, inLatin(text), withoutAccents(text), text.replace(/[\u00c0-\u00ff]/g, unknown)]),
];
