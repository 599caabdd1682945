import { byHour, levels, overAt } from './hours.ts';
import type { Rival } from './rival.ts';

/** Weight of the last hour, by which mean and spread follow. */
const LAMBDA = 0.02;
/** In spreads: what a CUSUM forgives an hour. */
const SLACK = 0.5;
/** Hours of history before it says anything. */
const LEARNING = 168;
const SPREAD_FLOOR = 0.5;
/** A sum that goes on for ever would never come back. */
const GREATEST = 100;

export const ewmaCusum: Rival = {
  id: 'EWMA + CUSUM',
  title: `hourly requests, amounts and failures (log2), EWMA with λ = ${LAMBDA}, one-sided CUSUM with k = ${SLACK}, ${LEARNING} h of learning`,
  origin: 'our own few lines: the textbook form (Page 1954, Roberts 1959)',
  thresholds: [4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64],
  watch: (tell) => {
    const known = new Map<string, { hours: number; mean: number[]; variance: number[]; sum: number[] }>();
    return byHour((hour) => {
      const values = levels(hour);
      const state = known.get(hour.principal) ?? {
        hours: 0,
        mean: [...values],
        variance: values.map(() => 1),
        sum: values.map(() => 0),
      };
      known.set(hour.principal, state);
      values.forEach((value, at) => {
        const [mean = 0, variance = 1] = [state.mean[at], state.variance[at]];
        const off = value - mean;
        const z = off / Math.max(SPREAD_FLOOR, Math.sqrt(variance));
        const sum = Math.max(0, (state.sum[at] ?? 0) + z - SLACK);
        if (state.hours > LEARNING) tell(hour.principal, overAt(hour), sum);
        state.sum[at] = state.hours > LEARNING ? Math.min(sum, GREATEST) : 0;
        state.mean[at] = mean + LAMBDA * off;
        state.variance[at] = (1 - LAMBDA) * (variance + LAMBDA * off * off);
      });
      state.hours += 1;
    });
  },
};
