import type { Numbers } from './kept/learned.ts';

/** What versions that counted in sliding windows knew, and what has become of it since values fade and records are of own days. */

const RECORDS = 'records start from the greatest days';
const TODAY = 'what is counted today starts anew';
const BITS = 'unusual hours are bits that fade';
const NETWORKS = 'networks and regions are known instead of subnets';

/** Fields that are no more, and why nobody misses them. */
export const GONE: Readonly<Record<string, string>> = {
  ...{ top: RECORDS, topDay: RECORDS },
  ...{ ring: TODAY, sum: TODAY, edge: TODAY, dayMax: TODAY, explained: TODAY, explainedOn: TODAY, flaggedCell: TODAY },
  ...{ cell: BITS, cells: BITS, expectedBefore: BITS, expectedNow: BITS, hourFlags: BITS },
  ...{ quiet: 'was never written', quietHeld: BITS, quietHeldLast: BITS },
  ...{ minute: NETWORKS, minuteNetwork: NETWORKS, minuteNetworkHigh: NETWORKS, minuteShared: NETWORKS },
  ...Object.fromEntries(
    ['hash', 'hashHigh', 'days', 'last', 'held', 'kind', 'size', 'newDays', 'allDays', 'lastNew'].map((field) => [
      `subnets.${field}`,
      NETWORKS,
    ]),
  ),
  ...{ 'actions.kind': 'is asked of the name', 'networks.kind': NETWORKS, 'clients.kind': NETWORKS },
};

/** Numbers of each series, of which there are others now: `alarm` and `flagged` are of today, `missedDays` of the series themselves. */
const OF_TODAY = new Set(['alarm', 'flagged', 'missedDays']);

/** Places of series now and before, and how many of now a count of before is worth, in that order: another time constant, another sum. */
const SUCCESSORS = [
  [0, 1, 1],
  [1, 2, 2],
  [2, 3, 1],
  [3, 4, 0.5],
  [4, 6, 2],
  [5, 8, 0.5],
  [6, 10, 2],
  [7, 12, 0.5],
  [8, 15, 1],
  [9, 18, 0.5],
] as const;
const KEPT_DAYS = 8;

/** Whether these numbers were counted in sliding windows. */
export const isOfWindows = ({ top }: Numbers): boolean => top !== undefined;

const numberAt = (numbers: readonly (number | string)[] | undefined, at: number): number => Number(numbers?.[at] ?? 0);

/** What should have come of a field that is kept for each series, by the places of now; undefined where it starts anew. */
export function carriedOn(before: Numbers, field: string): ReadonlyMap<number, number> | undefined {
  if (OF_TODAY.has(field)) return undefined;
  return new Map(
    SUCCESSORS.map(([now, then, worth]) => [now, numberAt(before[field], then) * (field === 'holdLevel' ? worth : 1)]),
  );
}

/** The records that should have come of the greatest days. */
export const recordsOf = ({ top }: Numbers): ReadonlyMap<number, number> =>
  new Map(
    SUCCESSORS.map(([now, then, worth]) => {
      const days = Array.from({ length: KEPT_DAYS }, (_, day) => numberAt(top, then * KEPT_DAYS + day));
      return [now, Math.fround(Math.max(...days) * worth)];
    }),
  );

const DAY_AFTER = 'a day is learned once it is over, and fades day by day';
const OF_GROUP = 'a group has days of its own, not those of its members one after the other';
const FOREIGN = 'a foreign network is held apart from those that are known';
const FIRST_DAYS = 'what is shown first is no news';

/** Of a day that both have read, what is learned otherwise now than in windows, as `kind field`. */
const THAN_IN_WINDOWS: Readonly<Record<string, string>> = {
  ...{ 'principal activePasses': DAY_AFTER, 'group activePasses': DAY_AFTER },
  ...{ 'principal requestsPerPass': DAY_AFTER, 'group requestsPerPass': DAY_AFTER },
  ...{ 'principal actions.days': DAY_AFTER, 'principal networks.days': DAY_AFTER, 'principal clients.days': DAY_AFTER },
  ...Object.fromEntries(
    [
      ...['lastSeen', 'hour', 'activeDays', 'actions.days', 'actions.last', 'actions.size', 'actions.held'],
      ...['actions.newDays', 'actions.lastNew', 'networks.days', 'networks.last', 'clients.days', 'clients.last'],
      ...['actions.allDays', 'networks.allDays', 'clients.allDays'],
    ].map((field) => [`group ${field}`, OF_GROUP]),
  ),
  ...Object.fromEntries(
    ['networks.held', 'networks.size', 'networks.last', 'clients.held', 'clients.size', 'clients.last'].map((field) => [
      `principal ${field}`,
      FOREIGN,
    ]),
  ),
  ...{ 'principal actions.lastNew': FIRST_DAYS, 'principal networks.lastNew': FIRST_DAYS },
  ...{ 'principal clients.lastNew': FIRST_DAYS },
};

const FAILED = 'what fails is not counted as done, and retries count less';
const THREE_WEEKS = 'with less than 21 days, bursts must be larger';

/** The same of versions that had values that fade already, by commit. */
const THAN_THEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '4074b99': {
    ...Object.fromEntries(
      ['level', 'levelAt', 'greatest', 'busyLevel', 'busyGreatest'].map((field) => [`principal ${field}`, FAILED]),
    ),
    'principal alarm': THREE_WEEKS,
  },
};

/** What the day after teaches otherwise now than it taught that version, and why. */
export const learnedOtherwise = (commit: string, baselines: Readonly<Record<string, Numbers>>) =>
  Object.values(baselines).some(isOfWindows) ? THAN_IN_WINDOWS : (THAN_THEN[commit] ?? {});
