import { SECRET_PATTERNS } from '../../src/formats/secret-patterns/all.ts';
import { SECRET_SHAPES } from '../../src/formats/secret-patterns/shapes.ts';
import { chance, choice, integer, type Random } from '../../src/simulate/random.ts';
import { issuedSecret } from '../secrets/mutations/planted-secrets.ts';

/** What every pattern says that it finds; a new pattern is planted, too. */
const EXAMPLES: readonly string[] = [
  ...SECRET_PATTERNS.flatMap(({ starts, finds }) => starts.flatMap((start) => finds.map((rest) => start + rest))),
  ...SECRET_SHAPES.flatMap(({ finds }) => finds.map((pieces) => pieces.join('').replace(/^bot/, ''))),
];

/** One that is found wherever it stands: made at random, or the example of a pattern. */
export const anyIssuedSecret = (random: Random): string =>
  chance(random, 0.5) ? issuedSecret(random) : choice(random, EXAMPLES);

/** Signs around a secret, where it begins and ends. Those that a value may hold, and those that break a record. */
const WITHIN = [' ', '&', ';', ',', '/', '|', '=', '(', '@'];
const ANYWHERE = [...WITHIN, '"', "'", '\t', '\\"'];
const TEXTS = /"[^"\\]{3,}"|\/[\w/]{3,}/g;

/** Puts a secret into a record that has been changed already, so that the secret itself is whole: into a text of it, or anywhere. */
export function planted(record: string, secret: string, random: Random): string {
  const texts = [...record.matchAll(TEXTS)];
  const isWithin = texts.length > 0 && chance(random, 0.7);
  const { index, 0: text } = isWithin ? choice(random, texts) : { index: 0, 0: record };
  const at = isWithin ? integer(random, index + 1, index + text.length - 1) : integer(random, 0, record.length);
  const sign = choice(random, isWithin ? WITHIN : ANYWHERE);
  return record.slice(0, at) + sign + secret + sign + record.slice(at);
}
