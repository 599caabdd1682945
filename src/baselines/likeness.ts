import type { Name } from './names.ts';
import { peersOf } from './peers.ts';
import type { Principal } from './principal.ts';
import { daysAt, find } from './repertoire.ts';
import { AT, get, type State } from './state.ts';

/**
 * Whether somebody works as the principal's peers do rather than as it does itself: bits of evidence that an action comes from one of
 * them, by the shares of days on which it and they did it.
 */

const LEAST = -2;
const MOST = 5;
/** Days' worth of weight that the peers' share has against its own. */
const PRIOR = 2.5;
/** Days of actions of its own from which something can be said. */
const LEAST_DAYS = 8;
/** Days since its group began with an action, within which it is news to all of them and no habit of any. */
const NEWS_DAYS = 10;

/** Share of the days of actions of its peers, all together. */
const shareOfPeers = (principal: Principal, name: Name, day: number): number => {
  let days = 0;
  let all = 0;
  for (const { state } of peersOf(principal)) {
    all += get(state.f32, AT.actionDays);
    const index = find(state, AT.actions, name);
    if (index >= 0) days += daysAt(state, AT.actions, index, day);
  }
  return days / (all + 1);
};

/** Whether the group began with it lately. */
const isNews = (group: State, name: Name, day: number): boolean => {
  const index = find(group, AT.actions, name);
  return index >= 0 && day - get(group.u16, AT.actions.first + index) < NEWS_DAYS;
};

/** `index` is the action's among the principal's; 0 bits where nothing can be said. */
export const bitsOfLikeness = (principal: Principal, name: Name, index: number, day: number): number => {
  const { state, group } = principal;
  if (group === undefined || isNews(group.state, name, day)) return 0;
  const all = get(state.f32, AT.actionDays);
  if (all < LEAST_DAYS) return 0;
  const peers = shareOfPeers(principal, name, day);
  if (peers === 0) return 0;
  const own = (daysAt(state, AT.actions, index, day) - 1 + PRIOR * peers) / (all + PRIOR);
  return Math.min(MOST, Math.max(LEAST, Math.log2(peers / Math.max(own, 1e-6))));
};
