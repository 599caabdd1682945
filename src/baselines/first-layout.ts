import type { Field, Layout } from './layout.ts';

/** The layout of states that were saved without one, as they stand in stores and topics: never to be changed. */

const SERIES = [
  ...['requests/10000', 'requests/60000', 'requests/300000', 'requests/3600000', 'requests/86400000'],
  ...['requests/604800000', 'bytes/300000', 'bytes/3600000', 'bytes/86400000', 'bytes/604800000'],
  ...['rows/300000', 'rows/3600000', 'rows/86400000', 'rows/604800000'],
  ...['denied/300000', 'denied/3600000', 'denied/86400000'],
  ...['errors/300000', 'errors/3600000', 'errors/86400000'],
  ...['novel/3600000', 'shared/3600000', 'seasonal/3600000'],
];
/** Was never written. */
export const UNUSED = 'quiet';
const TABLES = { actions: 64, networks: 16, subnets: 16, clients: 16 };

const plain = (array: Field['array'], ...names: readonly string[]): Field[] =>
  names.map((name) => ({ name, array, each: 1 }));
const bySeries = (array: Field['array'], name: string, each = 1): Field => ({ name, array, each, of: 'series' });

const table = (name: string): Field[] => [
  { name: `${name}.hash`, array: 'u32', each: 1, of: name },
  { name: `${name}.days`, array: 'f32', each: 1, of: name },
  ...['last', 'held', 'kind'].map((field): Field => ({ name: `${name}.${field}`, array: 'u16', each: 1, of: name })),
  ...plain('u16', `${name}.size`),
  ...plain('f32', `${name}.newDays`, `${name}.allDays`),
  ...plain('u16', `${name}.lastNew`),
];

export const FIRST_LAYOUT: Layout = {
  series: SERIES,
  tables: TABLES,
  fields: [
    ...plain('f64', 'firstSeen', 'lastSeen', 'day', 'hour', 'cell'),
    ...plain('f64', 'hourRequests', 'hourBytes', 'hourRows', 'hourDenied', 'hourErrors'),
    ...plain('f64', 'expectedBefore', 'expectedNow', UNUSED, 'minute'),
    bySeries('f64', 'ring', 8),
    ...['sum', 'edge', 'dayMax', 'alarm'].map((name) => bySeries('f64', name)),
    ...plain('f32', 'activeDays'),
    bySeries('f32', 'top', 8),
    ...['flagged', 'holdLevel', 'explained'].map((name) => bySeries('f32', name)),
    { name: 'activePasses', array: 'f32', each: 168 },
    { name: 'requestsPerPass', array: 'f32', each: 168 },
    ...plain('u32', 'cells', 'minuteNetwork'),
    bySeries('u16', 'topDay', 8),
    ...['holdCount', 'holdLast', 'explainedOn', 'flaggedCell'].map((name) => bySeries('u16', name)),
    ...plain('u16', 'hourFlags', 'minuteShared'),
    { name: 'quietHeld', array: 'u16', each: 24 },
    { name: 'quietHeldLast', array: 'u16', each: 24 },
    { name: 'firstSeenToday', array: 'u16', each: 3 },
    ...Object.keys(TABLES).flatMap(table),
  ],
};

/** What saved states without a layout called theirs. */
export const FIRST_LAYOUT_HASH = '1f422b76f63401ab';
