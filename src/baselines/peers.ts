import { levelAt } from './level.ts';
import type { Principal } from './principal.ts';
import { DAY, SERIES, type Series } from './series.ts';
import { AT, get, type State } from './state.ts';

/** Principals that should behave alike, in order of their names, and what they have learned together. */
export interface Group {
  readonly state: State;
  readonly members: Principal[];
  /** To be called where a use of one member changes the state of another. */
  readonly touch: (member: Principal) => void;
}

/** Of a large group, so many are asked: those that come next by name. */
const MOST_ASKED = 48;
/** Days of its own from which a peer's record counts. */
const LEAST_DAYS = 3;
/** Fewest peers whose present level says something. */
const LEAST_PEERS = 3;

/** The other members of its group. */
export const peersOf = (principal: Principal): readonly Principal[] => {
  const members = principal.group?.members;
  if (members === undefined || members.length < 2) return [];
  if (members.length <= MOST_ASKED) return members.filter((member) => member !== principal);
  const place = members.findIndex(({ name }) => name > principal.name);
  const first = place < 0 ? 0 : place;
  const asked = Array.from({ length: MOST_ASKED }, (_, step) => members[(first + step) % members.length] as Principal);
  return asked.filter((member) => member !== principal);
};

const hasDays = ({ state }: Principal): boolean => get(state.f32, AT.activeDays) >= LEAST_DAYS;

/** The greatest record of a series among its peers. */
export const peersRecord = (principal: Principal, series: number): number =>
  peersOf(principal).reduce((greatest, { state }) => Math.max(greatest, get(state.f32, AT.record + series)), 0);

/** What a peer's day so far, or the one before where it has not begun, must come to against its records, so that it counts as one that stands at them. */
const DAY_NEAR = 0.75;

const todaysGreatest = ({ state }: Principal, series: number, day: number): number =>
  day - get(state.f64, AT.day) > 1
    ? 0
    : Math.max(get(state.f32, AT.greatest + series), get(state.f32, AT.flagged + series));

/** Upper quartile of how near to their records a series stands with its peers now, or stood today; 0 where too few can say. */
export const peersLevel = (principal: Principal, series: number, time: number): number => {
  const { slack } = SERIES[series] as Series;
  return upperQuartile(
    peersOf(principal)
      .filter(hasDays)
      .map((peer) => {
        const now = levelAt(peer.state, series, time);
        const today = DAY_NEAR * todaysGreatest(peer, series, Math.floor(time / DAY));
        return Math.max(now, today) / (get(peer.state.f32, AT.record + series) + slack);
      }),
  );
};

export const upperQuartile = (values: readonly number[]): number =>
  values.length < LEAST_PEERS ? 0 : (values.toSorted((a, b) => b - a)[Math.floor(values.length / 4)] ?? 0);

/** How many of a group must do the same so that it is the group's doing. */
export const isShared = (others: number, members: number): boolean => others >= Math.max(2, 0.25 * members);
