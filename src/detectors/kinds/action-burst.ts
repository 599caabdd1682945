import { z } from 'zod';
import { isDestructive } from '../../action-class.ts';
import {
  BUSY_SPANS,
  busyLevel,
  busyPlace,
  capBusy,
  isBusyHeld,
  tellBusy,
  usualRecord,
} from '../../baselines/busy-actions.ts';
import { medianOf, pastValues } from '../../baselines/past.ts';
import { peersOf, upperQuartile } from '../../baselines/peers.ts';
import { ageInDays, daysOf } from '../../baselines/principal.ts';
import { find } from '../../baselines/repertoire.ts';
import { SERIES_OF } from '../../baselines/series.ts';
import { isServerFault } from '../../baselines/sources.ts';
import { AT } from '../../baselines/state.ts';
import { type Context, defineKind, type Result } from '../detector.ts';
import { bitsBeyond, MORE_WORK } from '../strength.ts';
import { bitsText, duration, number, shown } from '../words.ts';
import { whoIs } from './bits-tally.ts';

/** Of ten minutes and of eight hours: slack, least ratio to the record; and the same of what takes something away. */
const RULES = [
  { slack: 25, least: 2.5, ofVolume: SERIES_OF.requests[0] + 1 },
  { slack: 60, least: 2.2, ofVolume: SERIES_OF.requests[0] + 3 },
] as const;
const DESTRUCTIVE = [
  { slack: 6, least: 2, ofVolume: SERIES_OF.requests[0] + 1 },
  { slack: 12, least: 2, ofVolume: SERIES_OF.requests[0] + 3 },
] as const;
const MOST_RATIO = 6;
const LEAST_DAYS = 7;
const SURE_DAYS = 14;
/** Beyond the alarm while the action itself is young. */
const UNSURE = 10;
const YOUNG_ACTION = 3;
const NEAR_RECORD = 0.7;
/** Days of an action, today included, from which it is none that has just begun. */
const OLD_ACTION = 1.5;

/** How far the principal's own days differ, in requests: an action differs at least as much. */
const dispersion = ({ principal: { state } }: Context, volume: number, slack: number): number => {
  const typical = medianOf(pastValues(state, volume));
  return Math.min(MOST_RATIO, ((state.f32[AT.record + volume] as number) + slack) / (typical + slack));
};

const isUncounted = ({ principal: { state }, seen }: Context): boolean => state.u16[AT.busyDays + seen.busy] === 0;

const judge = (context: Context, span: 0 | 1): Result | undefined => {
  const { at, principal, seen } = context;
  const { state } = principal;
  const { action } = at.use;
  const value = busyLevel(state, seen.busy, span, seen.time);
  let record = state.f32[AT.busyRecord + 2 * seen.busy + span] as number;
  const rule = DESTRUCTIVE[span];
  // Most uses end here, before it is looked at what the action does.
  if (value <= rule.slack || value <= (record + rule.slack) * rule.least - rule.slack) return undefined;
  const destroys = isDestructive(action);
  const { slack, least, ofVolume } = destroys ? rule : RULES[span];
  if (value <= slack) return undefined;
  if (value <= (record + slack) * least - slack) return undefined;
  // It was done on other days, when others were among the busiest: how often is not known.
  const isOld = (state.f32[AT.actions.days + seen.actionIndex] as number) >= OLD_ACTION;
  const usual = isUncounted(context) && isOld ? usualRecord(state, span) : 0;
  record = Math.max(record, usual);
  const peers = peersOf(principal).flatMap((peer) => {
    const index = find(peer.state, AT.actions, seen.actionName);
    const place = index < 0 ? -1 : busyPlace(peer.state, index);
    if (place < 0) return [];
    const ofPeer = peer.state.f32[AT.busyRecord + 2 * place + span] as number;
    if (daysOf(state) < SURE_DAYS) record = Math.max(record, ofPeer);
    return [busyLevel(peer.state, place, span, seen.time) / (ofPeer + slack)];
  });
  const ratio = Math.max(least, dispersion(context, ofVolume, slack));
  const isYoung = (state.u16[AT.busyDays + seen.busy] as number) < YOUNG_ACTION && !destroys;
  const alarm = (record + slack) * ratio - slack + (isYoung ? UNSURE : 0);
  if (value <= alarm || upperQuartile(peers) >= NEAR_RECORD) return undefined;
  if (isBusyHeld(state, seen.busy, seen.day)) {
    capBusy(state, seen.busy, span);
    return undefined;
  }
  const bits = bitsBeyond(value, alarm);
  const before =
    usual > 0
      ? `as a rule its busiest actions have at most ${number(Math.round(usual))}`
      : isUncounted(context)
        ? 'it was not counted before'
        : `at most ${number(Math.round(record))} on the days before`;
  return {
    bits,
    subject: `${action} in ${duration(BUSY_SPANS[span])}`,
    reason: `${whoIs(context)}: ${number(Math.round(value))} times ${shown(action)} within about ${duration(BUSY_SPANS[span])}; ${before}; ${bitsText(bits)}`,
    observed: Math.round(value),
    expected: Math.round(record),
    window: BUSY_SPANS[span],
    waits: !destroys,
    ...(!destroys && { change: MORE_WORK }),
  };
};

const tell = (context: Context, span: 0 | 1, report: (result: Result) => void): void => {
  const { principal, seen } = context;
  const result = judge(context, span);
  if (result !== undefined) report({ ...result, held: () => tellBusy(principal.state, seen.busy, span, seen.day) });
};

/** One action done far more often than ever, while all of its actions together may be as usual. */
export const actionBurst = defineKind({
  id: 'action-burst',
  title: 'One action done far more often than on any day before; of what deletes or destroys, a few are many.',
  trigger: 'busy',
  evidence: 'volume',
  baseline: true,
  parameters: z.strictObject({}),
  check: () => (context, report) => {
    const { at, principal, seen } = context;
    if (isServerFault(at.use)) return;
    if (daysOf(principal.state) <= LEAST_DAYS || ageInDays(principal.state, seen.time) <= LEAST_DAYS) return;
    tell(context, 0, report);
    tell(context, 1, report);
  },
});
