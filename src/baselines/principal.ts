import type { CredentialUse } from '../event.ts';
import { learnedAction } from '../learned-action.ts';
import { bounded, learnGreatest, setAlarms, tailOf } from './extremes.ts';
import { dayOver, explainedBy, isHolding, quietDay } from './holds.ts';
import { enterCell, quietHour, rollHour, seasonalRatio } from './hours.ts';
import { forgetLegacy } from './legacy-names.ts';
import { type Name, type Names, NO_NAME } from './names.ts';
import type { Observation } from './observation.ts';
import { countDay, hasShown, type Known, knows, see } from './repertoire.ts';
import { DAY, HOUR, SERIES_COUNT, SERIES_OF } from './series.ts';
import { noteShapes } from './shapes.ts';
import { AT, get, type State, type TableLayout } from './state.ts';
import { add, clearDay } from './windows.ts';

/** Days of its own, or of its peers, before a baseline is trusted with more than a low finding. */
const YOUNG_DAYS = 3;
/** Days of its own before a principal stops leaning on its peers' hours and volumes. */
const OWN_DAYS = 14;
/** Surprise from which a series is worth a closer look, bits: detectors cannot ask for less. */
const LOOK_BITS = 6;
const MINUTE = 60_000;

/** One principal's baseline: its state, and its peers' where it has any. */
export interface Principal {
  readonly name: string;
  readonly state: State;
  readonly peers: State | undefined;
  /** IANA zone in which its hours are counted. */
  readonly zone: string;
  /** What was known when it was last looked up today: most uses repeat it. Only saves work; no part of the state. */
  readonly recent: Recent;
  /** Since it was saved last. */
  changed: boolean;
  /** Event time (milliseconds) of the last use whose identity was only declared; infinitely early without one. */
  declaredAt: number;
}

interface Recent {
  action: string | undefined;
  ip: string | undefined;
  /** Of the network of `ip`. */
  network: Name;
  client: string | undefined;
}

export const nothingRecent = (): Recent => ({ action: undefined, ip: undefined, network: NO_NAME, client: undefined });

const daysOf = (state: State | undefined): number => (state ? get(state.f32, AT.activeDays) : 0);

/** The peers whose hours and volumes still count as the principal's own. */
export const lentBy = (principal: Principal): State | undefined =>
  daysOf(principal.state) < OWN_DAYS ? principal.peers : undefined;

/** True until the principal has three active days, or its peers have been known for three days. */
export const isYoung = ({ state, peers }: Principal, time: number): boolean => {
  if (daysOf(state) >= YOUNG_DAYS) return false;
  return !peers || daysOf(peers) < YOUNG_DAYS || ageInDays(peers, time) < YOUNG_DAYS;
};

/** Age of the baseline in days. */
export const ageInDays = (state: State, time: number): number =>
  Math.max(0, Math.floor((time - get(state.f64, AT.firstSeen)) / DAY));

/** Told today, or over the alarm with a reason to say nothing: part of what was told, today or on the days before. */
const isFlagged = (state: State, series: number, day: number, greatest: number): boolean => {
  if (get(state.f32, AT.flagged + series) > 0) return true;
  if (greatest <= get(state.f64, AT.alarm + series)) return false;
  return isHolding(state, series, day) || greatest <= explainedBy(state, series, day);
};

/** Ends the principal's day: its greatest values are learned, unless they were flagged. */
const learnDay = (principal: Principal): void => {
  const { state, peers } = principal;
  const day = get(state.f64, AT.day);
  for (let series = 0; series < SERIES_COUNT; series++) {
    const greatest = get(state.f64, AT.dayMax + series);
    const flagged = isFlagged(state, series, day, greatest);
    if (flagged && !dayOver(state, series, day, greatest)) continue;
    if (!flagged) quietDay(state, series, day);
    const value = flagged ? greatest : bounded(tailOf(state, peers, series), series, greatest);
    learnGreatest(state, series, day, value);
    if (peers) learnGreatest(peers, series, day, value);
  }
};

const countActiveDay = (state: State, day: number): void => {
  const gap = Math.max(1, day - get(state.f64, AT.day));
  state.f32[AT.activeDays] = daysOf(state) + 1;
  countDay(state, AT.actions, gap);
  countDay(state, AT.networks, gap);
  countDay(state, AT.subnets, gap);
  countDay(state, AT.clients, gap);
};

const rollDay = (principal: Principal, day: number): void => {
  const { state, peers } = principal;
  if (get(state.f64, AT.day) > 0) {
    learnDay(principal);
    countActiveDay(state, day);
    if (peers) countActiveDay(peers, day);
  }
  forgetLegacy(state, day);
  if (peers) forgetLegacy(peers, day);
  clearDay(state);
  Object.assign(principal.recent, nothingRecent());
  state.f64[AT.day] = day;
  if (peers) peers.f64[AT.day] = day;
  setAlarms(state, lentBy(principal), LOOK_BITS);
};

/** Adds to all windows of a metric, keeps the day's greatest and tells which went over their alarm. */
const count = (state: State, metric: keyof typeof SERIES_OF, time: number, amount: number, raised: number[]): void => {
  const [first, end] = SERIES_OF[metric];
  const { f64 } = state;
  for (let series = first; series < end; series++) {
    const sum = add(state, series, time, amount);
    if (sum > (f64[AT.dayMax + series] as number)) {
      f64[AT.dayMax + series] = sum;
      if (sum > (f64[AT.alarm + series] as number)) raised.push(series);
    }
  }
};

const countSeasonal = (state: State, requestsInHour: number, raised: number[]): void => {
  const series = SERIES_OF.seasonal[0];
  const ratio = seasonalRatio(state, requestsInHour);
  if (ratio <= get(state.f64, AT.dayMax + series)) return;
  state.f64[AT.dayMax + series] = ratio;
  if (ratio > get(state.f64, AT.alarm + series)) raised.push(series);
};

const isMinuteNetwork = ({ u32 }: State, { low, high, legacy }: Name): boolean => {
  const known = get(u32, AT.minuteNetworkHigh);
  return known === high ? u32[AT.minuteNetwork] === low : known === 0 && u32[AT.minuteNetwork] === legacy;
};

/** Counts minutes in which a second network used the credential; blind to the order inside a minute. */
const countShared = (state: State, time: number, network: Name, raised: number[]): void => {
  const minute = Math.floor(time / MINUTE);
  if (minute !== get(state.f64, AT.minute)) {
    state.f64[AT.minute] = minute;
    state.u32[AT.minuteNetwork] = network.low;
    state.u32[AT.minuteNetworkHigh] = network.high;
    state.u16[AT.minuteShared] = 0;
  } else if (!isMinuteNetwork(state, network) && state.u16[AT.minuteShared] === 0) {
    state.u16[AT.minuteShared] = 1;
    count(state, 'shared', time, 1, raised);
  }
};

const REQUESTS_IN_HOUR = SERIES_OF.requests[0] + 3;

const addToHour = (state: State, at: number, amount: number): void => {
  state.f64[at] = get(state.f64, at) + amount;
};

const countVolume = (state: State, use: CredentialUse, time: number, raised: number[]): void => {
  if (use.uses === 1) {
    count(state, 'requests', time, 1, raised);
    addToHour(state, AT.hourRequests, 1);
    countSeasonal(state, get(state.f64, AT.sum + REQUESTS_IN_HOUR), raised);
  }
  if (use.bytes > 0) {
    count(state, 'bytes', time, use.bytes, raised);
    addToHour(state, AT.hourBytes, use.bytes);
  }
  if (use.rows > 0) {
    count(state, 'rows', time, use.rows, raised);
    addToHour(state, AT.hourRows, use.rows);
  }
  if (use.result === 'denied') {
    count(state, 'denied', time, 1, raised);
    addToHour(state, AT.hourDenied, 1);
  } else if (use.result === 'error') {
    count(state, 'errors', time, 1, raised);
    addToHour(state, AT.hourErrors, 1);
  }
};

const lookUpAction = (
  { state, peers, recent }: Principal,
  use: CredentialUse,
  seen: Observation,
  names: Names,
): void => {
  const { result } = use;
  // What failed (a typo, 404) is no action: it neither is new nor teaches that new ones, or such ones, are usual.
  const action = learnedAction(use);
  if (result === 'error' || (action === recent.action && result === 'success')) {
    seen.action = 'known';
    return;
  }
  seen.actionName = names.action(action);
  // A denied attempt at what it never did is remembered apart from what was really done.
  if (result === 'denied' && !knows(state, AT.actions, seen.actionName)) seen.actionName = names.denied(action);
  seen.action = see(state, AT.actions, seen.actionName, seen.day, peers);
  if (seen.action === 'new') count(state, 'novel', seen.time, 1, seen.raised);
  else if (seen.action === 'known' && result === 'success') recent.action = action;
};

const lookUpNetwork = ({ state, peers, recent }: Principal, ip: string, seen: Observation, names: Names): void => {
  if (ip === recent.ip) {
    seen.networkName = recent.network;
  } else {
    seen.networkName = names.network(ip);
    seen.network = see(state, AT.networks, seen.networkName, seen.day, peers);
    seen.subnetName = names.subnet(ip);
    seen.subnet = see(state, AT.subnets, seen.subnetName, seen.day, peers);
    if (seen.network === 'known' && seen.subnet === 'known') {
      recent.ip = ip;
      recent.network = seen.networkName;
    }
  }
  countShared(state, seen.time, seen.networkName, seen.raised);
};

const lookUpClient = ({ state, peers, recent }: Principal, client: string, seen: Observation, names: Names): void => {
  if (client === recent.client) return;
  seen.clientName = names.client(client);
  seen.client = see(state, AT.clients, seen.clientName, seen.day, peers);
  if (seen.client === 'known') recent.client = client;
};

/**
 * Takes one use into the principal's windows and says what is unusual about it. Constant time.
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
  const { state, peers, zone } = principal;
  seen.time = time;
  seen.day = Math.floor(time / DAY);
  seen.hour = Math.floor(time / HOUR);
  seen.raised.length = 0;
  seen.network = seen.subnet = seen.client = 'known';
  seen.quiet = undefined;
  seen.first = get(state.f64, AT.firstSeen) === 0;
  if (seen.first) state.f64[AT.firstSeen] = time;
  if (peers && get(peers.f64, AT.firstSeen) === 0) peers.f64[AT.firstSeen] = time;
  const hourPassed = seen.hour !== state.f64[AT.hour];
  if (hourPassed && !seen.first) hourOver?.(principal);
  if (seen.day !== state.f64[AT.day]) rollDay(principal, seen.day);
  if (hourPassed) rollHour(state, seen.hour, zone);
  if (peers && seen.hour > get(peers.f64, AT.hour)) rollHour(peers, seen.hour, zone);
  state.f64[AT.lastSeen] = time;
  countVolume(state, use, time, seen.raised);
  noteShapes(state, seen.day);
  lookUpAction(principal, use, seen, names);
  if (use.sourceIp !== undefined) lookUpNetwork(principal, use.sourceIp, seen, names);
  if (use.client !== undefined) lookUpClient(principal, use.client, seen, names);
  if (enterCell(state, time)) {
    const quiet = quietHour(state, lentBy(principal), zone, seen.hour);
    if (quiet.bits >= LOOK_BITS) seen.quiet = quiet;
  }
};

/**
 * Says what is new about a use that came too late to be counted, at its own time. Changes nothing: the principal's windows have gone on, and a
 * thing that was shown since then is known.
 */
export const lookBack = ({ state }: Principal, use: CredentialUse, seen: Observation, names: Names): void => {
  const isKnown = (table: TableLayout, name: Name): Known => (hasShown(state, table, name) ? 'known' : 'new');
  seen.time = use.time;
  seen.day = Math.floor(use.time / DAY);
  seen.hour = Math.floor(use.time / HOUR);
  seen.raised.length = 0;
  seen.action = seen.network = seen.subnet = seen.client = 'known';
  seen.quiet = undefined;
  if (use.result !== 'error') {
    const action = learnedAction(use);
    seen.actionName = names.action(action);
    if (use.result === 'denied' && !knows(state, AT.actions, seen.actionName)) seen.actionName = names.denied(action);
    seen.action = isKnown(AT.actions, seen.actionName);
  }
  if (use.sourceIp !== undefined) {
    seen.networkName = names.network(use.sourceIp);
    seen.network = isKnown(AT.networks, seen.networkName);
    seen.subnetName = names.subnet(use.sourceIp);
    seen.subnet = isKnown(AT.subnets, seen.subnetName);
  }
  if (use.client === undefined) return;
  seen.clientName = names.client(use.client);
  seen.client = isKnown(AT.clients, seen.clientName);
};
