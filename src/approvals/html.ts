import { shown } from '../formats/shown.ts';

/** Of one value on a page, UTF-16 units. */
const MAX_TEXT = 500;

/** Markup; only `html` makes it, so that no text from outside becomes some. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Value = string | number | Html | readonly Html[];

/** Puts values into markup: texts are cut, made visible and escaped, whoever wrote them; attributes must stand in `"…"`. */
export function html(markup: TemplateStringsArray, ...values: readonly Value[]): Html {
  const parts = markup.flatMap((part, at) => [part, at < values.length ? markupOf(values[at] ?? '') : '']);
  return new Html(parts.join(''));
}

function markupOf(value: Value): string {
  if (typeof value === 'string') return escaped(shown(value, MAX_TEXT));
  if (typeof value === 'number') return String(value);
  return value instanceof Html ? value.toString() : value.map(String).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
