import { DAY } from '../../../src/simulate/schedule.ts';
import type { Rival } from './rival.ts';

const LEARNING = 7;

/** How much each thing counts where it is new. */
const WORTH = { action: 1, client: 1, network: 2 } as const;

export const firstSeen: Rival = {
  id: 'first seen',
  title: `an action or client (1 point each) or a network of 16 bits (2 points) that a principal never had, after ${LEARNING} days of learning`,
  origin: 'our own few lines: what rule engines call a "new terms" rule',
  thresholds: [1, 2, 3],
  watch: (tell) => {
    const known = new Map<string, { since: number; things: Set<string> }>();
    return {
      see({ principal, time, use }) {
        const state = known.get(principal) ?? { since: time, things: new Set<string>() };
        known.set(principal, state);
        const things: [keyof typeof WORTH, string | undefined][] = [
          ['action', use.action],
          ['client', use.client?.replace(/[\d.]+.*$/, '')],
          ['network', use.sourceIp?.split('.').slice(0, 2).join('.')],
        ];
        let points = 0;
        for (const [what, value] of things) {
          const name = `${what} ${value}`;
          if (value === undefined || state.things.has(name)) continue;
          state.things.add(name);
          points += WORTH[what];
        }
        if (points > 0 && time - state.since > LEARNING * DAY) tell(principal, time, points);
      },
    };
  },
};
