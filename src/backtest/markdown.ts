import type { Layout } from './text.ts';

/** A page for a pull request. Reasons hold what clients wrote: nothing in them makes a link, an image, a mention or a cell of its own. */
export const markdown: Layout = {
  heading: (text) => (text === 'Backtest' ? `## ${text}\n\n` : `### ${text}\n\n`),
  line: (text) => `${escaped(text)}\n\n`,
  table: (headings, rows) =>
    `${[headings, headings.map(() => '---'), ...rows.map((row) => row.map(escaped))]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n')}\n\n`,
};

const escaped = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/[\\`*_{}[\]()#!|~>]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('@', '@&#8203;')
    .replaceAll('://', ':&#8203;//');
