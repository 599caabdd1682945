import type { Layout } from '../backtest/text.ts';
import { printable, table } from './table.ts';

const WIDTH = 160;
const ELLIPSIS = '…';

/** For a terminal: no line is longer than it is wide, and no cell steers it. */
export const terminalLayout = (columns = WIDTH): Layout => ({
  heading: (text) => `\n${text.toUpperCase()}\n`,
  line: (text) => `${printable(text)}\n`,
  table: (headings, rows) =>
    `${table(headings, rows)
      .trimEnd()
      .split('\n')
      .map((line) => (line.length > columns ? line.slice(0, columns - 1) + ELLIPSIS : line))
      .join('\n')}\n`,
});
