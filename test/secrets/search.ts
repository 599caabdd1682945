import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Canary } from './canaries.ts';

/** What stands in a place in the form of some encoding. */
interface Needle {
  readonly canary: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** Shorter than that, an encoding's steady middle says nothing. */
const MIN_BYTES = 6;
const CONTEXT = 40;

/** Looks for secrets in whatever Wayward wrote, in clear and in the encodings that software puts texts into. */
export class Search {
  readonly #needles: readonly Needle[];

  constructor(canaries: readonly Canary[]) {
    this.#needles = canaries.flatMap(needlesOf);
  }

  /** A line for each that stands there: which one, in which form, where. */
  in(place: string, content: string | Uint8Array): string[] {
    const bytes = Buffer.from(content);
    return this.#needles.flatMap((needle) => {
      const at = bytes.indexOf(needle.bytes);
      if (at === -1) return [];
      const around = bytes.toString('latin1', Math.max(0, at - CONTEXT), at + needle.bytes.length + CONTEXT);
      return [`${needle.canary}, ${needle.form}, in ${place} at ${at}: ${JSON.stringify(around)}`];
    });
  }

  /** In every file of a folder, and in its name. */
  inFolder(place: string, folder: string): string[] {
    return filesIn(folder).flatMap((name) => [
      ...this.in(`the name of ${place}`, name),
      ...this.in(`${place}/${name}`, readFileSync(join(folder, name))),
    ]);
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

function needlesOf({ name, value, parts }: Canary): Needle[] {
  const texts = [...new Set([value.trim(), ...parts])].filter((text) => text.length >= MIN_BYTES);
  const forms = texts.flatMap((text) => Object.entries(formsOf(text)));
  // The first form of equal bytes gives them their name.
  const unique = new Map(
    forms.toReversed().map(([form, bytes]) => [bytes.toString('hex'), { canary: name, form, bytes }]),
  );
  return [...unique.values()].filter(({ bytes }) => bytes.length >= MIN_BYTES);
}

const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

function formsOf(text: string): Readonly<Record<string, Buffer>> {
  const bytes = Buffer.from(text);
  const forms = {
    'as it is': text,
    'in small letters': text.toLowerCase(),
    'in capitals': text.toUpperCase(),
    'in a JSON string': inner(text),
    'in a JSON string in a JSON string': inner(inner(text)),
    'percent-encoded': encodeURIComponent(text),
    'as a form has it': new URLSearchParams({ '': text }).toString().slice(1),
    'in HTML': text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    'in hex': bytes.toString('hex'),
    'in hex, capitals': bytes.toString('hex').toUpperCase(),
  };
  return {
    ...Object.fromEntries(Object.entries(forms).map(([form, written]) => [form, Buffer.from(written)])),
    'in UTF-16': Buffer.from(text, 'utf16le'),
    ...inBase64(bytes),
  };
}

/** Base64 of a longer text that the bytes stand in: three ways, by what stands before. Only what does not depend on the neighbours. */
function inBase64(bytes: Buffer): Record<string, Buffer> {
  const ways = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const steady = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    const forUrls = steady.replaceAll('+', '-').replaceAll('/', '_');
    return [
      [`in base64, ${before} before it`, Buffer.from(steady)],
      [`in base64 for URLs, ${before} before it`, Buffer.from(forUrls)],
    ] as const;
  });
  return Object.fromEntries(ways);
}
