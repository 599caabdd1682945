import type { Effect } from './world.ts';

/** Something that looks odd and is nobody's fault. One entry is one way to be surprised. */
export interface Surprise {
  readonly id: string;
  readonly about: string;
  /** Archetypes whose groups it can happen to; as many groups are chosen as it says. */
  readonly archetypes: readonly string[];
  readonly groups: number;
  /** Days that it lasts; the rest of the world where it stays. */
  readonly days: number | 'rest';
  /** Where in the month it must begin; else it is anywhere. */
  readonly begins?: 'month-end' | 'weekday';
  readonly effect: Effect;
}

const OFFICE = ['office', 'office-new-york', 'office-kolkata', 'office-adelaide', 'newborns'];
const BUSY = ['always-on', 'retriever', 'functions', 'pods', 'broker'];

export const SURPRISES: readonly Surprise[] = [
  {
    id: 'deploy',
    about: 'a new version gives a whole group a task that nobody had',
    archetypes: [...OFFICE, ...BUSY, 'spiky'],
    groups: 2,
    days: 'rest',
    begins: 'weekday',
    effect: { learns: true },
  },
  {
    id: 'outage',
    about: 'a service is down for hours: nearly every call fails and is tried again',
    archetypes: [...BUSY, ...OFFICE],
    groups: 2,
    days: 1,
    begins: 'weekday',
    effect: { failing: { from: 10, to: 13 } },
  },
  {
    id: 'campaign',
    about: 'three times the work for two days',
    archetypes: [...OFFICE, 'always-on'],
    groups: 1,
    days: 2,
    begins: 'weekday',
    effect: { volume: 3 },
  },
  {
    id: 'nat-change',
    about: 'a group leaves through another address from now on',
    archetypes: [...OFFICE, 'always-on', 'retriever'],
    groups: 1,
    days: 'rest',
    effect: { moved: true },
  },
  {
    id: 'client-upgrade',
    about: 'the next major version of the client',
    archetypes: [...OFFICE, ...BUSY, 'poller'],
    groups: 2,
    days: 'rest',
    begins: 'weekday',
    effect: { upgraded: true },
  },
  {
    id: 'migration',
    about: 'the interface moves to its next version: the same tasks under other paths',
    archetypes: ['office', 'office-kolkata', 'always-on', 'pods', 'functions'],
    groups: 1,
    days: 'rest',
    begins: 'weekday',
    effect: { renamed: true },
  },
  {
    id: 'load-test',
    about: 'one member of a group gets ten times its work for a day',
    archetypes: ['always-on', 'pods', 'retriever'],
    groups: 1,
    days: 1,
    begins: 'weekday',
    effect: { volume: 10, members: 0.1 },
  },
  {
    id: 'month-end',
    about: 'twice the work and larger answers in the last days of the month',
    archetypes: ['analytics', 'office-new-york', 'retriever'],
    groups: 2,
    days: 3,
    begins: 'month-end',
    effect: { volume: 2, size: 2 },
  },
  {
    id: 'on-call',
    about: 'some are called up at night',
    archetypes: ['office', 'office-new-york', 'on-call'],
    groups: 1,
    days: 4,
    effect: { called: { share: 0.5, tasks: 6 } },
  },
  {
    id: 'backfill',
    about: 'old days are computed anew: eight times the rows for a day',
    archetypes: ['nightly', 'analytics'],
    groups: 1,
    days: 1,
    begins: 'weekday',
    effect: { volume: 2, size: 8 },
  },
  {
    id: 'key-rotation',
    about: 'credentials are replaced, one after the other',
    archetypes: ['always-on', 'poller', 'office', 'retriever'],
    groups: 2,
    days: 'rest',
    begins: 'weekday',
    effect: { rotated: true },
  },
  {
    id: 'holiday',
    about: 'nobody is in the office on a weekday',
    archetypes: OFFICE,
    groups: 5,
    days: 1,
    begins: 'weekday',
    effect: { closed: true },
  },
];

/** Clocks change in worlds whose days have a change; it belongs to no group. */
export const DST = {
  id: 'dst',
  about: 'clocks change, where those days have it (else they stay as on the first day)',
} as const;
