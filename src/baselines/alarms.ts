import { medianOf, pastValues } from './past.ts';
import { peersOf, peersRecord } from './peers.ts';
import { ageInDays, daysOf, groupAge, type Principal } from './principal.ts';
import { DAY, SERIES, SERIES_COUNT, type Series, VOLUME_COUNT } from './series.ts';
import { AT, get, type State } from './state.ts';

/**
 * The value from which a series is a finding, set when a principal's day begins: from its own record, the greatest value of a day before.
 * How far beyond it follows from the record itself: a value must exceed it by more than it exceeds a typical day, so that agents whose days
 * differ much are left in peace, and steady ones are watched closely. Today is never in the record.
 */

/** Days of its own from which only those count, and until which its peers' records count, too. */
const OWN_DAYS = 7;
const SURE_DAYS = 14;
/** Fewest days, own or its peers', from which anything can be said, and from which a record says what is usual. */
const LEAST_DAYS = 2;
const FEW_DAYS = 6;
/** What it takes while there are fewer: a multiple of the greatest so far. */
const RATIO_OF_FEW = 4;
/** How much further beyond the record it must be for each day that is missing to SURE_DAYS, and for each that is missing to OLD_DAYS. */
const UNSURE = 0.025;
const OLD_DAYS = 21;
/** It must exceed each of the last days by so much, too: the record fades. */
const BEYOND_DAYS = 1.4;

/** Least ratio to the record, how dispersion counts, and the most that it may ask for. */
const RULES = {
  requests: { least: 2, dispersion: 1.25, most: 8 },
  bytes: { least: 2, dispersion: 2, most: Number.POSITIVE_INFINITY },
  rows: { least: 2, dispersion: 2, most: Number.POSITIVE_INFINITY },
};
/** A longer time averages: less is needed. */
const LONG = 8 * 3_600_000;
const LEAST_OF_LONG = 1.8;

const volumeAlarm = (principal: Principal, series: number): number => {
  const { state } = principal;
  const { metric, slack, fades } = SERIES[series] as Series;
  const values = pastValues(state, series);
  let days = values.length;
  let record = get(state.f32, AT.record + series);
  let typical = medianOf(values);
  if (days < OWN_DAYS) {
    for (const peer of peersOf(principal)) {
      const known = pastValues(peer.state, series).length;
      if (known < 3) continue;
      record = Math.max(record, get(peer.state.f32, AT.record + series));
      days = Math.max(days, Math.min(OWN_DAYS, known));
    }
    if (days < LEAST_DAYS || record === 0) return Number.POSITIVE_INFINITY;
    typical = record;
  }
  if (days < SURE_DAYS) record = Math.max(record, peersRecord(principal, series));
  const rule = RULES[metric as keyof typeof RULES];
  const dispersion = ((record + slack / 6) / (typical + slack / 6)) ** rule.dispersion;
  const least = metric === 'requests' && fades >= LONG ? LEAST_OF_LONG : rule.least;
  const ratio =
    Math.min(rule.most, Math.max(days < FEW_DAYS ? RATIO_OF_FEW : least, dispersion)) *
    (1 + UNSURE * (Math.max(0, SURE_DAYS - days) + Math.max(0, OLD_DAYS - days)));
  const alarm = (record + slack) * ratio - slack;
  return Math.max(alarm, slack, BEYOND_DAYS * Math.max(0, ...values) + 0.4 * slack);
};

/** `times` the record and `more`, at least the slack; from how old a principal, or its group, on, in days. */
const TALLY_RULES = {
  denied: { times: 2.5, more: 3.5, ownAge: 1, groupAge: 3, days: 0, pooled: 7 },
  errors: { times: 2.5, more: 12, ownAge: 1, groupAge: 3, days: 0, pooled: 7 },
  switches: { times: 2, more: 4, ownAge: 0, groupAge: 1e9, days: 3, pooled: 7 },
  answers: { times: 2, more: 12, ownAge: 7, groupAge: 7, days: 5, pooled: 14 },
  sequence: { times: 1.5, more: 8, ownAge: 7, groupAge: 7, days: 5, pooled: 14 },
  likeness: { times: 1, more: 4, ownAge: 20, groupAge: 1e9, days: 5, pooled: 14 },
  novelty: { times: 1.2, more: 3, ownAge: 0, groupAge: 3, days: 0, pooled: 0 },
};

const tallyAlarm = (principal: Principal, series: number, time: number): number => {
  const { state } = principal;
  const { metric, slack } = SERIES[series] as Series;
  if (metric === 'night') return nightAlarm(principal, series, time);
  const rule = TALLY_RULES[metric as keyof typeof TALLY_RULES];
  const missed = get(state.u16, AT.missedDays + series);
  const days = daysOf(state) - missed;
  if (missed > 0 && days < FEW_DAYS) return Number.POSITIVE_INFINITY;
  const isOld = ageInDays(state, time) >= rule.ownAge || groupAge(principal, time) >= rule.groupAge;
  const alone = peersOf(principal).length === 0 && rule.days === 5 ? 2 : 0;
  if (!isOld || days < rule.days + alone) return Number.POSITIVE_INFINITY;
  const own = get(state.f32, AT.record + series);
  const record = days < rule.pooled ? Math.max(own, peersRecord(principal, series)) : own;
  return Math.max(slack, rule.times * record + rule.more);
};

/** Half as much is enough for who has never been active at unusual hours, nor hardly any of its peers. */
const NEVER_AT_NIGHT = 10;
const NEVER_DAYS = 40;
const RARE = 0.01;
/** Who works once a week has few days after weeks, and they say when it works. */
const SCHEDULED_DAYS = 3;
const SCHEDULED_AGE = 14;
/** From this share of days on, unusual hours are usual in the group: how long they may last is known by the nights of all of it. */
const OFTEN = 0.06;

const nightAlarm = (principal: Principal, series: number, time: number): number => {
  const { state, group } = principal;
  const days = daysOf(state);
  const age = ageInDays(state, time);
  const ofGroup = groupAge(principal, time);
  const isKnown = days >= 6 || (days >= SCHEDULED_DAYS && age >= SCHEDULED_AGE);
  if (!(age >= 7 ? isKnown : ofGroup >= 10)) return Number.POSITIVE_INFINITY;
  const common = group === undefined ? 0 : nightsOf(group.state);
  const own = get(state.f32, AT.record + series);
  const isPooled = days < SURE_DAYS || common > OFTEN;
  const record = isPooled ? Math.max(own, peersRecord(principal, series)) : own;
  const day = Math.floor(time / DAY);
  const never = get(state.u16, AT.lastNight) === 0 || day - get(state.u16, AT.lastNight) > NEVER_DAYS;
  const least = days >= SURE_DAYS && never && common <= RARE ? NEVER_AT_NIGHT : (SERIES[series] as Series).slack;
  const unsure = age < 14 && ofGroup < 21 ? 1.5 : 1;
  return Math.max(least, 1.6 * record + 6) * unsure;
};

/** Share of a group's days on which a member was active at unusual hours. */
const nightsOf = ({ f32 }: State): number => {
  const days = get(f32, AT.memberDays);
  return days === 0 ? 0 : get(f32, AT.memberNights) / days;
};

const alarmOf = (principal: Principal, series: number, time: number): number =>
  series < VOLUME_COUNT ? volumeAlarm(principal, series) : tallyAlarm(principal, series, time);

/** Sets the values from which series are findings today. */
export const setAlarms = (principal: Principal, time: number): void => {
  for (let series = 0; series < SERIES_COUNT; series++)
    principal.state.f32[AT.alarm + series] = alarmOf(principal, series, time);
};

/** An alarm that an earlier version's records have yet to give: nothing is above it. */
export const NOT_YET = Number.NaN;

/** Sets those; a day that began under an earlier version would go on without them. */
export const setAlarmsNotYet = (principal: Principal, time: number): void => {
  const { f32 } = principal.state;
  for (let series = 0; series < SERIES_COUNT; series++)
    if (Number.isNaN(f32[AT.alarm + series])) f32[AT.alarm + series] = alarmOf(principal, series, time);
};
