import { isDeepStrictEqual } from 'node:util';
import type { Alert } from '../../src/alerts/alert.ts';
import { LAYOUT } from '../../src/baselines/state.ts';
import { type Severity, worse } from '../../src/detectors/finding.ts';
import type { Store } from '../../src/sinks/store.ts';
import type { Outcome } from '../../test/chaos/expected.ts';
import { differences, withOtherRecords } from '../../test/upgrade/differences.ts';
import {
  fieldsFrom,
  type KnownAlert,
  knownAlert,
  type Learned,
  type Numbers,
  numbersIn,
} from '../../test/upgrade/kept/learned.ts';

export interface OutboxRow {
  readonly cause: string;
  readonly credential: string;
  readonly state: string;
}

/** Revocations in an outbox, but for those that wait for a person. */
export const decidedIn = (state: Pick<Store, 'all'>): OutboxRow[] =>
  state
    .all("SELECT cause, credential, state FROM outbox WHERE action = 'revoke' AND state <> 'planned'")
    .map(({ cause, credential, state }) => ({
      cause: String(cause),
      credential: String(credential),
      state: String(state),
    }));

export interface Figures {
  readonly alerts: number;
  readonly baselines: number;
  /** Baselines that the version before had. */
  readonly takenOver: number;
  readonly steps: number;
  readonly lost: number;
  /** Steps that were planned or called more than once. */
  readonly twice: number;
  readonly differences: readonly string[];
}

/** What became of steps: of lists of one step, each alert has one for each of its credentials. `wanted` are those that there should be. */
export function stepsMade(
  steps: readonly OutboxRow[],
  calls: readonly { readonly id: string }[],
  wanted: number,
): Pick<Figures, 'steps' | 'lost' | 'twice'> {
  const verified = steps.filter(({ state }) => state === 'verified').length;
  const again = (names: readonly string[]): number => names.length - new Set(names).size;
  return {
    steps: verified,
    lost: wanted - verified,
    twice: again(calls.map(({ id }) => id)) + again(steps.map(nameOf)),
  };
}

const nameOf = ({ cause, credential }: OutboxRow): string => `${cause} ${credential}`;

/** Steps that had been decided, and are not there any more. */
export const stepsGone = (before: readonly OutboxRow[], after: readonly OutboxRow[]): string[] =>
  before
    .map(nameOf)
    .filter((name) => !after.map(nameOf).includes(name))
    .map((name) => `step ${name} is gone`);

/**
 * What had been learned and is not there any more, number by number; what has been given up is named in test/upgrade. `unknown` are fields
 * that only the version before knows.
 */
export function notTakenOver(
  before: Learned['baselines'],
  after: Learned['baselines'],
  unknown: readonly string[] = [],
): string[] {
  const known = Object.entries(before).map(([name, fields]) => {
    return [name, Object.fromEntries(Object.entries(fields).filter(([field]) => !unknown.includes(field)))] as const;
  });
  const baselines = Object.fromEntries(known);
  return [...differences(baselines, after), ...withOtherRecords(baselines, after).map((name) => `${name} record`)];
}

/** Alerts that people had been told of, and that are gone or less severe now. */
export const forgotten = (before: readonly KnownAlert[], after: readonly KnownAlert[]): string[] =>
  before.flatMap(({ id, principal, severity }) => {
    const now = after.find((alert) => alert.id === id);
    if (now !== undefined && !worse(severityOf(severity), severityOf(now.severity))) return [];
    return [`alert ${id} of ${principal} was ${severity}, here ${now?.severity ?? 'none'}`];
  });

const severityOf = (word: string): Severity => word as Severity;

/** Where two came to something else by the same way: every alert, and every number that both know. */
export function unequal(expected: Learned, here: Learned): string[] {
  const names = new Set([...Object.keys(expected.baselines), ...Object.keys(here.baselines)]);
  return [
    ...alertsUnequal(expected.alerts, here.alerts),
    ...onlyIn(expected.alerts, here.alerts),
    ...[...names].flatMap((name) => numbersUnequal(name, expected.baselines[name], here.baselines[name])),
  ];
}

/** Alerts that are not there, or are others. */
export function alertsUnequal(expected: readonly KnownAlert[], here: readonly KnownAlert[]): string[] {
  const found = new Map(here.map((alert) => [alert.id, alert]));
  return expected
    .filter((alert) => !isDeepStrictEqual(found.get(alert.id), alert))
    .map((alert) => `alert ${alert.id} of ${alert.principal}: ${told(alert)}, here ${told(found.get(alert.id))}`);
}

const onlyIn = (expected: readonly KnownAlert[], here: readonly KnownAlert[]): string[] =>
  here
    .filter(({ id }) => !expected.some((alert) => alert.id === id))
    .map((alert) => `alert ${alert.id} of ${alert.principal}: only here, ${told(alert)}`);

const told = (alert: KnownAlert | undefined): string =>
  alert === undefined ? 'none' : `${alert.severity} (${alert.detectors.join(', ')})`;

function numbersUnequal(name: string, expected: Numbers | undefined, here: Numbers | undefined): string[] {
  if (expected === undefined || here === undefined) return [`${name} is known to one only`];
  return Object.keys(expected)
    .filter((field) => here[field] !== undefined && !isDeepStrictEqual(expected[field], here[field]))
    .map((field) => `${name} ${field}`);
}

export const learnedFrom = ({ alerts, baselines }: Outcome): Learned => ({
  alerts: [...alerts.values()].filter(isOfDetection).map(knownAlert),
  baselines: numbersOf(baselines),
});

/** Alerts of the crowd are told by the run itself. */
export const isOfDetection = ({ id }: Pick<Alert, 'id'>): boolean => !id.startsWith('alert-');

/** Of states in today's layout, by `principal name` or `group name`. */
export function numbersOf(states: ReadonlyMap<string, Uint8Array>): Record<string, Numbers> {
  const named = [...states].map(([name, state]) => {
    return [name.startsWith('group ') ? name : `principal ${name}`, numbersIn(state, fieldsFrom(LAYOUT))] as const;
  });
  return Object.fromEntries(named);
}
