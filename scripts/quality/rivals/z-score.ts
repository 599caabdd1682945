import { byHour, levels, overAt } from './hours.ts';
import type { Rival } from './rival.ts';

const DAYS = 30;
/** Days of history before it says anything. */
const LEARNING = 7;
const SPREAD_FLOOR = 0.5;

export const rollingZ: Rival = {
  id: 'rolling z-score',
  title: `hourly requests, amounts and failures (log2) against mean and spread of the last ${DAYS} days, ${LEARNING} days of learning`,
  origin: 'our own few lines',
  thresholds: [3, 3.5, 4, 4.5, 5, 6, 7, 8, 10, 12, 16],
  watch: (tell) => {
    const known = new Map<string, { past: number[][]; sum: number[]; squares: number[] }>();
    return byHour((hour) => {
      const values = levels(hour);
      const state = known.get(hour.principal) ?? { past: [], sum: values.map(() => 0), squares: values.map(() => 0) };
      known.set(hour.principal, state);
      const { past, sum, squares } = state;
      values.forEach((value, at) => {
        const mean = (sum[at] ?? 0) / Math.max(1, past.length);
        const spread = Math.sqrt(Math.max(0, (squares[at] ?? 0) / Math.max(1, past.length) - mean * mean));
        if (past.length >= LEARNING * 24)
          tell(hour.principal, overAt(hour), (value - mean) / Math.max(SPREAD_FLOOR, spread));
      });
      const add = (row: readonly number[], sign: number): void =>
        row.forEach((value, at) => {
          sum[at] = (sum[at] ?? 0) + sign * value;
          squares[at] = (squares[at] ?? 0) + sign * value * value;
        });
      past.push(values);
      add(values, 1);
      if (past.length > DAYS * 24) add(past.shift() as number[], -1);
    });
  },
};
