import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');

/** The code of one language below a heading of a page in docs/, as users paste it, block by block. */
export function snippets(page: string, heading: string, language: string): string[] {
  const text = readFileSync(join(DOCS, page), 'utf8');
  const [, after] = text.split(`\n${heading}\n`);
  if (after === undefined) throw new Error(`docs/${page} has no heading "${heading}"`);
  const section = after.split(/^#{2,3} /m)[0] ?? '';
  const blocks = [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  return blocks.map(([, code = '']) => code);
}

/** A snippet with the places of a test instead of its own, each of which it must have. */
export function placed(snippet: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((text, [written, place]) => {
    if (!text.includes(written)) throw new Error(`the snippet in the docs has no "${written}"`);
    return text.replaceAll(written, place);
  }, snippet);
}
