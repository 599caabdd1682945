import { HOUR } from '../../../src/simulate/schedule.ts';
import type { Use } from './rival.ts';

/** What one principal did in one clock hour. */
export interface Hour {
  readonly principal: string;
  /** Its number since the epoch. */
  readonly hour: number;
  readonly requests: number;
  /** Rows and kilobytes. */
  readonly amount: number;
  readonly failed: number;
  readonly actions: number;
}

/** Adds uses up by the hour; hours without any are told, too, once the next one comes. */
export function byHour(tell: (hour: Hour) => void): { see(use: Use): void } {
  const open = new Map<
    string,
    { hour: number; requests: number; amount: number; failed: number; actions: Set<string> }
  >();
  const fresh = (hour: number) => ({ hour, requests: 0, amount: 0, failed: 0, actions: new Set<string>() });
  return {
    see({ principal, time, use }) {
      const hour = Math.floor(time / HOUR);
      let current = open.get(principal);
      if (current === undefined) {
        current = fresh(hour);
        open.set(principal, current);
      }
      for (; current.hour < hour; current = fresh(current.hour + 1)) {
        tell({ principal, ...current, actions: current.actions.size });
        open.set(principal, fresh(current.hour + 1));
      }
      open.set(principal, current);
      current.requests += 1;
      current.amount += (use.rows ?? 0) + (use.bytes ?? 0) / 1_024;
      if (use.result !== 'success') current.failed += 1;
      current.actions.add(use.action);
    },
  };
}

/** Counts as they are compared: a doubling is the same step everywhere. */
const SERIES = ['requests', 'amount', 'failed'] as const;
export const levels = (hour: Hour): number[] => SERIES.map((name) => Math.log2(1 + hour[name]));

/** An hour is known when it is over. */
export const overAt = ({ hour }: Hour): number => (hour + 1) * HOUR;
