import { isDeepStrictEqual } from 'node:util';
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

/** What differs of what both know, as `kind name field`. Things seen since have names of 64 bits, under a key: those are named anew. */
export function differences(before: Baselines, after: Baselines): string[] {
  return Object.entries(before).flatMap(([name, fields]) => {
    const now = after[name];
    if (now === undefined) return [`${name} is gone`];
    const known = Object.keys(fields).filter((field) => field in now && !isName(field));
    return known.filter((field) => !isDeepStrictEqual(fields[field], now[field])).map((field) => `${name} ${field}`);
  });
}

const isName = (field: string): boolean => /[.]hash(High)?$|^minuteNetwork(High)?$|^legacyUntil$/.test(field);
