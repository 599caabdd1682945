import { chance, type Random } from '../../../src/simulate/random.ts';

const each = (text: string, written: (code: number, character: string) => string): string =>
  [...text].map((character) => written(character.charCodeAt(0), character)).join('');

const twoDigits = (code: number): string => code.toString(16).padStart(2, '0');
const percent = (text: string): string => each(text, (code) => `%${twoDigits(code).toUpperCase()}`);

/** How software writes a text into another one. */
export const ENCODINGS: Readonly<Record<string, (text: string, random: Random) => string>> = {
  'as it is': (text) => text,
  'percent-encoded': (text) => encodeURIComponent(text),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded throughout': percent,
  'percent-encoded in small letters': (text) => percent(text).toLowerCase(),
  'percent-encoded here and there': (text, random) =>
    each(text, (code, character) => (chance(random, 0.3) ? `%${twoDigits(code)}` : character)),
  'points and dashes percent-encoded': (text) => text.replace(/[.\-_~!]/g, percent),
  'as a form has it': (text) => new URLSearchParams({ '': text }).toString().slice(1),
  'in a JSON string': (text) => JSON.stringify(text).slice(1, -1),
  'in a JSON string in a JSON string': (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
  'in Unicode escapes': (text) => each(text, (code) => `\\u00${twoDigits(code)}`),
  'in hex escapes': (text) => each(text, (code) => `\\x${twoDigits(code)}`),
  'in HTML': (text) =>
    text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll("'", '&#39;'),
  'in HTML, by number': (text) => each(text, (code) => `&#${code};`),
};
