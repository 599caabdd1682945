/**
 * npm run words: how far names and comments in src/ are in the field's own terms. Counts words that only this house uses, comments
 * with its phrases, exported symbols with a comment, and files that lie loose in src/; and draws twenty comments to read, by a seed.
 *
 *   npm run words -- [--seed 1]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { globSync } from 'tinyglobby';
import { table } from '../src/commands/table.ts';

/** In names, whole or as a part of one in camel case. */
const HOME_WORDS = [
  ...['told', 'tell', 'say', 'said', 'word', 'obey', 'desk', 'deed', 'letter', 'lane', 'hold', 'held'],
  ...['look', 'foreign', 'page', 'repertoire', 'why'],
];
const PHRASES: Readonly<Record<string, RegExp>> = {
  'what is, what it': /\bwhat (?:is|it|was|has)\b/i,
  'told, said': /\b(?:told|tells?|said|says?)\b/i,
  'whoever, nobody': /\b(?:whoever|nobody|somebody|whatever)\b/i,
};
const COMMENT = /\/\*\*?[\s\S]*?\*\/|(?<=^|\s)\/\/ [^\n]*/g;
const EXPORTED = /(\*\/\s*\n)?^export (?:async )?(?:const|function|class|interface|type)\b/gm;
/** Names in camel case as their words: `isHeldBack` is three. */
const NAME = /[A-Za-z][A-Za-z0-9]*/g;
const WORDS_OF_NAME = /[A-Z]?[a-z]+/g;

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new RangeError('--seed is a whole number');

const root = new URL('..', import.meta.url).pathname;
const files = globSync('src/**/*.ts', { cwd: root }).toSorted();
const texts = files.map((file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
const comments = texts.flatMap((text, at) =>
  (text.match(COMMENT) ?? []).map((comment) => ({ comment, file: files[at] })),
);

const counts = new Map(HOME_WORDS.map((word) => [word, 0]));
const endInOf = new Set<string>();
for (const text of texts) {
  for (const name of text.replace(COMMENT, '').match(NAME) ?? []) {
    if (/[a-z]Of$/.test(name)) endInOf.add(name);
    for (const part of name.match(WORDS_OF_NAME) ?? []) {
      const word = part.toLowerCase().replace(/s$/, '');
      const count = counts.get(word);
      if (count !== undefined) counts.set(word, count + 1);
    }
  }
}
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
const exported = texts.flatMap((text) => [...text.matchAll(EXPORTED)]);
const documented = exported.filter(([, comment]) => comment !== undefined);
console.log(
  table(
    ['WHAT', 'HERE'],
    [
      ['files in src/', String(files.length)],
      ['loose files in src/', String(files.filter((file) => file.split('/').length === 2).length)],
      ['files of 35 lines or fewer', String(texts.filter((text) => text.split('\n').length <= 36).length)],
      ...Object.entries(PHRASES).map(([name, phrase]) => [
        `comments with "${name}"`,
        share(comments.filter(({ comment }) => phrase.test(comment)).length, comments.length),
      ]),
      ['exported symbols with a comment', share(documented.length, exported.length)],
      ['different names that end in Of', String(endInOf.size)],
      ...[...counts].map(([word, count]) => [`uses of names with "${word}"`, String(count)]),
    ],
  ),
);
/** Numerical Recipes' linear congruential generator: the same twenty for the same seed. */
let state = seed >>> 0;
for (let drawn = 0; drawn < 20; drawn++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  const one = comments[state % comments.length];
  if (one !== undefined) console.log(`${one.file}\n  ${one.comment.replaceAll(/\s*\n\s*/g, ' ')}\n`);
}
