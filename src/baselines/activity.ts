import type { Credential } from '../attribution/credential.ts';
import type { CredentialUse, Proof } from '../event.ts';
import { learnedAction } from '../learned-action.ts';
import { expectedRequests } from './hours.ts';
import type { Observation } from './observation.ts';
import { clientFamily, networkOf } from './origin.ts';
import { type Principal, wholeDays } from './principal.ts';
import { DAY, HOUR, SERIES, SERIES_OF, type Series } from './series.ts';
import { AT, get, type State } from './state.ts';
import type { CredentialState } from './usage.ts';
import { hourOfWeek } from './zone.ts';

/** What is worth showing beside alerts. The same events give the same activity, whatever the batches and restarts. */
export type Activity = HourActivity | FirstSeen | CredentialState;

interface Who {
  /** Name of the principal. */
  readonly principal: string;
  /** One of its credentials; undefined where nobody registered it. */
  readonly credential: Credential | undefined;
}

/** One clock hour in which a principal was active; told at its next use in a later hour. */
export interface HourActivity extends Who {
  readonly kind: 'hour';
  /** Start of the hour, milliseconds since the epoch. */
  readonly start: number;
  /** In the principal's zone: 0 = Monday 00:00 … 167. */
  readonly hourOfWeek: number;
  readonly requests: number;
  readonly bytes: number;
  readonly rows: number;
  readonly denied: number;
  readonly errors: number;
  /** Requests that this hour of the week usually has; undefined where too little is known. */
  readonly expected: number | undefined;
  /** As far below `expected` as the hour of the week may be above it. */
  readonly expectedLow: number | undefined;
  /** Requests from which the hour would be a finding of the detectors that come with Wayward. */
  readonly expectedHigh: number | undefined;
  readonly baselineAgeDays: number;
}

export const FIRST_SEEN = ['action', 'network', 'client'] as const;

/** Something that a principal has shown for the first time. */
export interface FirstSeen extends Who {
  readonly kind: 'first-seen';
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly what: (typeof FIRST_SEEN)[number];
  readonly value: string;
  /** The use that showed it: its id, what it did, whether it succeeded, and where it came from. */
  readonly event: string;
  readonly action: string;
  readonly succeeded: boolean;
  readonly proof: Proof;
  readonly sourceIp: string | undefined;
  readonly client: string | undefined;
}

/** Active days of its own from which a principal has usual hours. */
const LEAST_DAYS = 2;

/** Requests in a minute, in ten minutes and in an hour. */
const [FIRST] = SERIES_OF.requests;
const SHORT = [FIRST, FIRST + 1, FIRST + 2];
const IN_AN_HOUR = FIRST + 2;

/** Requests evenly spread over an hour that bring a series to `level`. */
const evenly = (series: number, level: number): number => {
  const { fades } = SERIES[series] as Series;
  return (level * HOUR) / fades / (1 - Math.exp(-HOUR / fades));
};

interface Band {
  readonly expected: number | undefined;
  readonly expectedLow: number | undefined;
  readonly expectedHigh: number | undefined;
}

/** What the hour of the week usually has, and the requests within an hour that would be a finding. */
const bandOf = ({ state, zone }: Principal): Band => {
  const isKnown = get(state.f32, AT.activeDays) >= LEAST_DAYS;
  const expected = expectedRequests(state, zone, get(state.f64, AT.hour));
  const high = Math.min(...SHORT.map((series) => evenly(series, get(state.f32, AT.alarm + series))));
  const most = evenly(IN_AN_HOUR, get(state.f32, AT.record + IN_AN_HOUR));
  return {
    expected: isKnown ? expected : undefined,
    expectedLow: isKnown ? Math.max(0, expected - Math.max(0, most - expected)) : undefined,
    expectedHigh: Number.isFinite(high) ? high : undefined,
  };
};

/** The principal's last active hour, as long as nothing later was observed. */
export const hourActivity = (principal: Principal, credential: Credential | undefined): HourActivity => {
  const { name, state, zone } = principal;
  const hour = get(state.f64, AT.hour);
  return {
    kind: 'hour',
    principal: name,
    credential,
    start: hour * HOUR,
    hourOfWeek: hourOfWeek(hour, zone),
    requests: get(state.f64, AT.hourRequests),
    bytes: get(state.f64, AT.hourBytes),
    rows: get(state.f64, AT.hourRows),
    denied: get(state.f64, AT.hourDenied),
    errors: get(state.f64, AT.hourErrors),
    ...bandOf(principal),
    baselineAgeDays: wholeDays(state, hour * HOUR),
  };
};

/** A principal's first day is all news. */
const isSettled = (state: State, time: number): boolean => time - get(state.f64, AT.firstSeen) >= DAY;

/** Of each sort and UTC day, this many first-seen things of a principal are told. */
const MOST_A_DAY = 5;

/** Whether a first-seen thing of this sort may be told, and counts it; a flood of them would hide the rest. */
const takePlace = (state: State, what: FirstSeen['what']): boolean => {
  const at = AT.firstSeenToday + FIRST_SEEN.indexOf(what);
  if (get(state.u16, at) >= MOST_A_DAY) return false;
  state.u16[at] = get(state.u16, at) + 1;
  return true;
};

/** What a use showed for the first time, from the principal's second day on; `suppressed` is called for each beyond the day's places. */
export const firstSeenIn = (
  { state }: Principal,
  use: CredentialUse,
  seen: Observation,
  suppressed: () => void,
): Pick<FirstSeen, 'what' | 'value'>[] => {
  if (!isSettled(state, seen.time)) return [];
  const all: Pick<FirstSeen, 'what' | 'value'>[] = [];
  const take = (what: FirstSeen['what'], value: string): void => {
    if (takePlace(state, what)) all.push({ what, value });
    else suppressed();
  };
  if (seen.unseen) take('action', learnedAction(use));
  if (seen.network === 'new' && use.sourceIp !== undefined) take('network', networkOf(use.sourceIp));
  if (seen.client === 'new' && use.client !== undefined) take('client', clientFamily(use.client));
  return all;
};
