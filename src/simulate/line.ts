import type { SimulatedUse } from './use.ts';

/** One record of a log with its place in time, so that the lines of several agents can be put in the order of the file. */
export interface Line {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Without its line end; stderr and CSV records of PostgreSQL may span lines. */
  readonly text: string;
}

/** Writes uses as one system logs them; remembers connections and counters as that system does. Feed it in time order. */
export type Render = (use: SimulatedUse) => Line[];

/** The log of many uses: rendered in time order, then sorted as the server would have written it (equal times keep their order). */
export function renderLog(uses: readonly SimulatedUse[], render: Render): string[] {
  const inOrder = [...uses].sort((a, b) => a.time - b.time);
  const lines = inOrder.flatMap((use) => render(use));
  return lines.sort((a, b) => a.time - b.time).map((line) => line.text);
}
