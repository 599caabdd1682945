import { isDeepStrictEqual } from 'node:util';
import { carriedOn, GONE, isOfWindows, recordsOf } from './given-up.ts';
import type { KnownAlert, Numbers } from './kept/learned.ts';

type Baselines = Readonly<Record<string, Numbers>>;

/**
 * Later versions may say more of sources; which incidents there are stays. Those of unregistered identities were one for a kind of identity,
 * and are one for each by now: they count without the names that follow from that.
 */
export const incidents = ({ alerts }: { readonly alerts: readonly KnownAlert[] }): KnownAlert[] =>
  alerts
    .filter(({ principal }) => !principal.startsWith('source/'))
    .map((alert) => (alert.principal.startsWith(UNREGISTERED) ? { ...alert, id: '', principal: UNREGISTERED } : alert))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

const UNREGISTERED = 'unregistered/';
const keyOf = ({ id, principal }: KnownAlert): string => `${principal} ${id}`;

/**
 * What differs of what both know, as `kind name field`; what has gone must be given up by name. Things seen since have names of 64 bits,
 * under a key: those are named anew.
 */
export function differences(before: Baselines, after: Baselines): string[] {
  return Object.entries(before).flatMap(([name, fields]) => {
    const now = after[name];
    if (now === undefined) return [`${name} is gone`];
    const differ = Object.keys(fields).filter((field) => !isName(field) && !isAsBefore(fields, now, field));
    return differ.map((field) => `${name} ${field}`);
  });
}

/** Principals and groups of which a record is not the greatest of the days that were kept. */
export const withOtherRecords = (before: Baselines, after: Baselines): string[] =>
  Object.keys(before).filter((name) => {
    const [then = {}, now = {}] = [before[name], after[name]];
    return isOfWindows(then) && !isOfWindows(now) && !has(now['record'], recordsOf(then));
  });

/** A day fades a record by a hundredth. */
const FADED = 0.98;

/** Whether the greatest days of one principal, those of an alert that was closed as benign among them, are in its records a day later. */
export function hasLearned(before: Baselines, after: Baselines, name: string): boolean {
  const [then = {}, now = {}] = [before[name], after[name]];
  if (!isOfWindows(then)) return isDeepStrictEqual(then['record'], now['record']);
  return [...recordsOf(then)].every(([place, record]) => Number(now['record']?.[place]) >= FADED * record);
}

function isAsBefore(before: Numbers, after: Numbers, field: string): boolean {
  const [then, now] = [before[field] ?? [], after[field]];
  if (!isOfWindows(before) || isOfWindows(after)) return isDeepStrictEqual(then, now);
  if (now === undefined) return field in GONE;
  if (OF_SERIES.has(field)) return has(now, carriedOn(before, field));
  // Tables have more room by now.
  return isDeepStrictEqual(then, now.slice(0, then.length)) && now.slice(then.length).every((number) => number === 0);
}

const OF_SERIES = new Set(['alarm', 'flagged', 'holdLevel', 'holdCount', 'holdLast', 'missedDays']);

const has = (numbers: readonly (number | string)[] | undefined, expected: ReadonlyMap<number, number> = new Map()) =>
  [...expected].every(([place, number]) => numbers?.[place] === number);

/** The same without the fields, as `kind field`, of which these say why the day after is learned otherwise by now. */
export const besides = (differences: readonly string[], otherwise: Readonly<Record<string, string>>): string[] =>
  differences.filter((difference) => {
    const [kind = '', ...rest] = difference.split(' ');
    return !(`${kind} ${rest.at(-1)}` in otherwise);
  });

const isName = (field: string): boolean => /[.]hash(High)?$|^minuteNetwork(High)?$|^legacyUntil$/.test(field);
