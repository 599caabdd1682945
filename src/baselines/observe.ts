import { type CredentialUse, tokensOf } from '../event.ts';
import { learnedAction } from '../learned-action.ts';
import { setAlarms, setAlarmsNotYet } from './alarms.ts';
import { binOf, learnSize, likelihoodOfSize, MOST_OF_ANSWER, sizesOf } from './answers.ts';
import { busyLevel, countBusy, resetBusy, rollBusy } from './busy-actions.ts';
import { driftOf } from './drift.ts';
import { holdOver } from './holds.ts';
import { rollHour, rollWeek } from './hours.ts';
import { forgetLegacy } from './legacy-names.ts';
import { add, isEmpty, levelAt, resetLevels } from './level.ts';
import { bitsOfLikeness } from './likeness.ts';
import type { Name, Names } from './names.ts';
import { noteAction, surpriseOfNew } from './new-actions.ts';
import { note } from './note.ts';
import { clearObservation, type Observation } from './observation.ts';
import { notePast } from './past.ts';
import { ageInDays, daysOf, nothingRecent, type Principal } from './principal.ts';
import { countDay, decayOf, hasShown, type Known } from './repertoire.ts';
import { askFor, idIn, isSequenceKnown, learnAsked, likelihoodOfCrawl, usuallyInOrder } from './sequence.ts';
import { at, DAY, HOUR, SERIES, SERIES_COUNT, SERIES_OF, type Series } from './series.ts';
import { noteShapes } from './shapes.ts';
import { isServerFault, noteSource } from './sources.ts';
import { AT, type State, TABLES, type TableLayout } from './state.ts';
import { noteHour, UNUSUAL } from './unusual-hours.ts';

/** Event time after the last finding at which an incident is over, as alerts see it. */
const INCIDENT = 2 * HOUR;

const isFrozen = (state: State, time: number): boolean => {
  const at = state.f64[AT.flaggedAt] as number;
  return at > 0 && time - at <= INCIDENT;
};

/** Something of this principal was flagged: until the incident is over, it learns next to nothing. */
export const freeze = ({ state }: Principal, seen: Observation): void => {
  state.f64[AT.flaggedAt] = seen.time;
  seen.frozen = true;
};

/** An incident is over: its counts start from what was usual, or they would be told again. */
export const endIncident = ({ state }: Principal, time: number): void => {
  state.f64[AT.flaggedAt] = 0;
  resetLevels(state, time, at('denied'));
  resetBusy(state, time);
};

/** Longest pause at which a principal may awake, in multiples of the longest before and at least. */
const PAUSES = 4;
const LEAST_PAUSE = 12 * DAY;
const LEAST_DAYS = 3;
const STEADY = 0.7;

const notePause = ({ state }: Principal, seen: Observation): void => {
  const last = state.f64[AT.lastSeen] as number;
  if (last === 0) return;
  const pause = seen.time - last;
  const longest = state.f64[AT.longestPause] as number;
  if (pause <= longest) return;
  const days = daysOf(state) + 1;
  const isSteady = days > LEAST_DAYS && days >= (STEADY * (last - (state.f64[AT.firstSeen] as number))) / DAY;
  if (pause > LEAST_PAUSE && pause > PAUSES * Math.max(longest, DAY) && isSteady) seen.pause = { now: pause, longest };
  if (!seen.frozen) state.f64[AT.longestPause] = pause;
};

const RECORD_FADES = 0.99;

/** The last active day is over: its greatest values become records. */
const learnDay = ({ state, group }: Principal): void => {
  const day = state.f64[AT.day] as number;
  const { f32 } = state;
  for (let series = 0; series < SERIES_COUNT; series++) {
    const greatest = holdOver(state, series, day);
    f32[AT.record + series] = Math.max(RECORD_FADES * (f32[AT.record + series] as number), greatest);
  }
  notePast(state, day, (volume) => f32[AT.greatest + volume] as number);
  rollBusy(state);
  const night = (f32[AT.greatest + at('night')] as number) > UNUSUAL;
  if (night) state.u16[AT.lastNight] = day;
  if (group === undefined) return;
  group.state.f32[AT.memberDays] = (group.state.f32[AT.memberDays] as number) + 1;
  if (night) group.state.f32[AT.memberNights] = (group.state.f32[AT.memberNights] as number) + 1;
};

/** Another day of the principal, or of a group. */
const countActiveDay = (state: State, day: number): void => {
  const gap = Math.max(1, day - (state.f64[AT.day] as number));
  state.f32[AT.activeDays] = daysOf(state) + 1;
  for (const table of TABLES) countDay(state, table);
  for (const field of [AT.actionDays, AT.memberDays, AT.memberNights])
    state.f32[field] = (state.f32[field] as number) * decayOf(gap);
};

const beginGroupDay = ({ group }: Principal, day: number): void => {
  if (group === undefined || day <= (group.state.f64[AT.day] as number)) return;
  const { state } = group;
  if ((state.f64[AT.day] as number) > 0) countActiveDay(state, day);
  forgetLegacy(state, day);
  state.f64[AT.day] = day;
};

const clearToday = ({ f32, u16 }: State): void => {
  f32.fill(0, AT.greatest, AT.greatest + SERIES_COUNT);
  f32.fill(0, AT.flagged, AT.flagged + SERIES_COUNT);
  u16.fill(0, AT.firstSeenToday, AT.firstSeenToday + 3);
  u16[AT.nightExplained] = 0;
};

const rollDay = (principal: Principal, seen: Observation): void => {
  const { state, zone } = principal;
  const isFirst = (state.f64[AT.day] as number) === 0;
  if (!isFirst) {
    learnDay(principal);
    seen.drift = driftOf(principal);
    rollWeek(state, seen.day, zone);
    countActiveDay(state, seen.day);
  }
  beginGroupDay(principal, seen.day);
  forgetLegacy(state, seen.day);
  clearToday(state);
  Object.assign(principal.recent, nothingRecent());
  state.f64[AT.day] = seen.day;
  setAlarms(principal, seen.time);
};

const REQUESTS = SERIES_OF.requests;
const BYTES = SERIES_OF.bytes;
const ROWS = SERIES_OF.rows;
const DENIED = at('denied');
const ERRORS = at('errors');
const NIGHT = at('night');
const ANSWERS = at('answers');
const SEQUENCE = at('sequence');
const LIKENESS = at('likeness');

const count = (principal: Principal, seen: Observation, of: readonly [number, number], amount: number): void => {
  const first = of[0];
  const end = of[1];
  for (let series = first; series < end; series++)
    note(principal, seen, series, add(principal.state, series, seen.time, amount));
};

const addToHour = (state: State, field: number, amount: number): void => {
  state.f64[field] = (state.f64[field] as number) + amount;
};

const countVolume = (principal: Principal, use: CredentialUse, seen: Observation): void => {
  const { state } = principal;
  const isFault = isServerFault(use);
  if (use.uses === 1) {
    addToHour(state, AT.hourRequests, 1);
    if (!isFault) count(principal, seen, REQUESTS, 1);
  }
  if (use.bytes > 0) {
    addToHour(state, AT.hourBytes, use.bytes);
    if (!isFault) count(principal, seen, BYTES, use.bytes);
  }
  if (use.rows > 0) addToHour(state, AT.hourRows, use.rows);
  // Tokens of a model are what rows are of a table: no principal has both.
  const amount = use.rows + tokensOf(use);
  if (amount > 0 && !isFault) count(principal, seen, ROWS, amount);
  if (use.result === 'denied') addToHour(state, AT.hourDenied, 1);
  else if (use.result === 'error') addToHour(state, AT.hourErrors, 1);
};

/** An action that is denied again and again says less than another one each time. */
const DENIED_AGAIN = 0.6;
/** So does one that fails: a retry is no search, and fifty of them are one storm. */
const FAILED_AGAIN = 0.15;
/** Throttled, timed out, gone: not the caller's mistakes. */
const NO_MISTAKES = new Set([408, 429, 499]);
/** A server that is down fails all of the work and its retries: only this many times its busiest work is a loop. */
const FAULT_TIMES = 4;
const BUSIEST = SERIES_OF.requests[0] + 1;

/** What a fault of the server counts among errors: as many as that loop has come to their least finding. */
const worthOfFault = ({ f32 }: State): number => {
  const busiest = Math.max(f32[AT.record + BUSIEST] as number, f32[AT.greatest + BUSIEST] as number);
  return slackOf(ERRORS) / (FAULT_TIMES * (busiest + slackOf(BUSIEST)));
};
const slackOf = (series: number): number => (SERIES[series] as Series).slack;

const countFailures = (principal: Principal, use: CredentialUse, seen: Observation): void => {
  const { state } = principal;
  if (use.result === 'denied') {
    const isAgain = seen.actionIndex >= 0 && state.u16[AT.deniedLast] === seen.actionIndex + 1;
    state.u16[AT.deniedLast] = seen.actionIndex + 1;
    note(principal, seen, DENIED, add(state, DENIED, seen.time, isAgain ? DENIED_AGAIN : 1));
  } else if (isServerFault(use)) {
    note(principal, seen, ERRORS, add(state, ERRORS, seen.time, worthOfFault(state)));
  } else if (use.result === 'error' && !NO_MISTAKES.has(use.status ?? 0)) {
    const isAgain = state.u32[AT.failedLast] === seen.actionName.low;
    state.u32[AT.failedLast] = seen.actionName.low;
    note(principal, seen, ERRORS, add(state, ERRORS, seen.time, isAgain ? FAILED_AGAIN : 1));
  }
};

/** Adds the bits of a likelihood ratio to a series that never falls below 0: most uses speak for the principal, and change nothing there. */
const addEvidence = (principal: Principal, seen: Observation, series: number, ratio: number, most = Infinity): void => {
  const { state } = principal;
  if (ratio <= 1 && isEmpty(state, series)) return;
  note(principal, seen, series, add(state, series, seen.time, Math.min(most, Math.log2(ratio))));
};

/** Bits of evidence that somebody draws data: one large answer after another. */
const countAnswer = (principal: Principal, use: CredentialUse, seen: Observation): void => {
  const size = use.rows > 0 ? use.rows : use.bytes;
  if (size <= 0 || isServerFault(use)) return;
  const { state, recent } = principal;
  recent.sizes ??= sizesOf(state);
  const bin = binOf(size);
  const likelihood = likelihoodOfSize(state, recent.sizes, bin);
  if (likelihood !== undefined) addEvidence(principal, seen, ANSWERS, likelihood, MOST_OF_ANSWER);
  if (!seen.frozen) learnSize(state, recent.sizes, bin);
};

const countSequence = (principal: Principal, use: CredentialUse, seen: Observation): void => {
  if (seen.actionIndex < 0 || use.path === undefined) return;
  const id = idIn(use.path);
  if (id < 0) return;
  const { state } = principal;
  const asked = askFor(state, seen.actionIndex, id);
  if (asked === 'again') return;
  const follows = asked === 'follows';
  if (isSequenceKnown(state)) {
    seen.usuallyInOrder = usuallyInOrder(state);
    addEvidence(principal, seen, SEQUENCE, likelihoodOfCrawl(follows, seen.usuallyInOrder));
  }
  if (!seen.frozen) learnAsked(state, follows);
};

/** An action that goes on says less each time, and in the end nothing; one that is its own on many days is only looked at when others were not. */
const MOST_REPEATS = 30;
const OWN_DAYS = 8;
/** Days before which nothing is said of it. */
const LEAST_AGE = 10;

const countLikeness = (principal: Principal, seen: Observation): void => {
  const { state, group } = principal;
  if (group === undefined || group.members.length < 2 || ageInDays(state, seen.time) < LEAST_AGE) return;
  const repeats = busyLevel(state, seen.busy, 1, seen.time) - 1;
  if (repeats > MOST_REPEATS) return;
  if ((state.f32[AT.actions.days + seen.actionIndex] as number) > OWN_DAYS && levelAt(state, LIKENESS, seen.time) < 1)
    return;
  const bits = bitsOfLikeness(principal, seen.actionName, seen.actionIndex, seen.day) / (1 + repeats);
  if (bits !== 0) note(principal, seen, LIKENESS, add(state, LIKENESS, seen.time, bits));
};

/**
 * Takes one use into the principal's baseline and says what is unusual about it. Constant time.
 * `hourOver` is called before anything changes when the principal's last active hour has passed.
 */
export const observe = (
  principal: Principal,
  use: CredentialUse,
  time: number,
  seen: Observation,
  names: Names,
  hourOver?: (principal: Principal) => void,
): void => {
  const { state, group, zone } = principal;
  clearObservation(seen);
  seen.time = time;
  seen.day = Math.floor(time / DAY);
  seen.hour = Math.floor(time / HOUR);
  seen.first = (state.f64[AT.firstSeen] as number) === 0;
  if (seen.first) state.f64[AT.firstSeen] = time;
  if (group && (group.state.f64[AT.firstSeen] as number) === 0) group.state.f64[AT.firstSeen] = time;
  const hourPassed = seen.hour !== state.f64[AT.hour];
  if (hourPassed && !seen.first) hourOver?.(principal);
  seen.frozen = isFrozen(state, time);
  if (!seen.frozen && (state.f64[AT.flaggedAt] as number) > 0) endIncident(principal, time);
  if (hourPassed) rollHour(state, seen.hour, zone, !seen.frozen);
  if (seen.day !== state.f64[AT.day]) rollDay(principal, seen);
  else if (hourPassed) setAlarmsNotYet(principal, time);
  notePause(principal, seen);
  state.f64[AT.lastSeen] = time;
  if (group) group.state.f64[AT.lastSeen] = time;
  countVolume(principal, use, seen);
  noteShapes(state, seen.day);
  noteAction(principal, use, names, seen);
  noteSource(principal, use, names, seen);
  countAnswer(principal, use, seen);
  // What failed was not done: it counts among errors, and no deletion was one.
  if (use.uses === 1 && seen.actionIndex >= 0 && use.result !== 'error' && !isServerFault(use)) {
    seen.busy = countBusy(state, seen.actionIndex, time, seen.frozen);
    countLikeness(principal, seen);
  }
  countFailures(principal, use, seen);
  countSequence(principal, use, seen);
  const night = noteHour(principal, seen, seen.frozen);
  if (night !== undefined) note(principal, seen, NIGHT, night);
};

/**
 * Says what is new about a use that came too late to be counted, at its own time. Changes nothing: the principal's windows have gone on, and a
 * thing that was shown since then is known.
 */
export const lookBack = (principal: Principal, use: CredentialUse, seen: Observation, names: Names): void => {
  const { state, group } = principal;
  const isKnown = (table: TableLayout, name: Name): Known =>
    hasShown(state, table, name) || (group !== undefined && hasShown(group.state, table, name)) ? 'known' : 'new';
  clearObservation(seen);
  seen.time = use.time;
  seen.day = Math.floor(use.time / DAY);
  seen.hour = Math.floor(use.time / HOUR);
  if (use.result !== 'error') {
    const action = learnedAction(use);
    seen.actionName = names.action(action);
    if (use.result === 'denied' && isKnown(AT.actions, seen.actionName) === 'new')
      seen.actionName = names.denied(action);
    seen.action = isKnown(AT.actions, seen.actionName);
    seen.unseen = seen.action === 'new';
    if (seen.unseen) seen.noveltyBits = surpriseOfNew(principal, seen.time);
  }
  if (use.sourceIp !== undefined) seen.network = isKnown(AT.networks, names.network(use.sourceIp));
  if (use.client !== undefined) seen.client = isKnown(AT.clients, names.client(use.client));
  seen.foreign = seen.network === 'new';
  if (!seen.foreign || use.result === 'error') return;
  seen.source = seen.client === 'new' ? 'network-and-client' : 'network';
};
