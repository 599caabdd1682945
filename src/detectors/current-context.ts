import { type AttributedUse, OTHERS } from '../attribution/attributed.ts';
import { newObservation } from '../baselines/observation.ts';
import { nothingRecent, type Principal } from '../baselines/principal.ts';
import { openState } from '../baselines/state.ts';
import type { Context } from './detector.ts';
import { RecentMatches } from './recent-matches.ts';

/** The use in hand; one object for all, since no check keeps it. */
export class CurrentContext implements Context {
  at!: AttributedUse;
  principal!: Principal;
  readonly seen = newObservation();
  readonly recent = new RecentMatches();
}

/** Whom a record is about that is nobody's. */
export const NOBODY: Principal = {
  name: OTHERS,
  state: openState(),
  group: undefined,
  zone: 'UTC',
  recent: nothingRecent(),
  changed: false,
  declaredAt: Number.NEGATIVE_INFINITY,
};
