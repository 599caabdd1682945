import { daysAt } from './repertoire.ts';
import { AT, get, type State } from './state.ts';

/**
 * Whether somebody works as the principal's peers do rather than as it does itself: bits of evidence that an action comes from one of
 * them, by the shares of days on which it and they did it.
 */

const LEAST = -2;
const MOST = 5;
/** Days' worth of weight that the peers' share has against its own. */
const PRIOR = 8;
/** Days of actions of its own from which something can be said. */
const LEAST_DAYS = 8;

const daysOf = (state: State, index: number, day: number): number =>
  index < 0 ? 0 : daysAt(state, AT.actions, index, day);

/** `own` and `theirs` are the action's indices in its own table and its group's; -1 where it is not known. */
export const bitsOfLikeness = (state: State, group: State, own: number, theirs: number, day: number): number => {
  const ownAll = get(state.f32, AT.actionDays);
  if (ownAll < LEAST_DAYS || theirs < 0) return 0;
  const ownDays = daysOf(state, own, day);
  const peersDays = daysOf(group, theirs, day) - ownDays;
  if (peersDays <= 0) return 0;
  const peersShare = peersDays / Math.max(1, get(group.f32, AT.actionDays) - ownAll + 1);
  const ownShare = (ownDays + PRIOR * peersShare) / (ownAll + PRIOR);
  return Math.min(MOST, Math.max(LEAST, Math.log2(peersShare / ownShare)));
};
