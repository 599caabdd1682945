import type { Alert } from '../../src/alerts/alert.ts';
import { LAYOUT } from '../../src/baselines/state.ts';
import type { Store } from '../../src/sinks/store.ts';
import type { Outcome } from '../../test/chaos/expected.ts';
import { differences } from '../../test/upgrade/differences.ts';
import { fieldsFrom, type Numbers, numbersIn } from '../../test/upgrade/kept/learned.ts';

/** What an upgrade came to, beside what one process without an upgrade makes of the same. */
interface Upgraded {
  readonly expected: Outcome;
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly baselines: Readonly<Record<string, Numbers>>;
  /** Of lists of one step: each alert has one for each of its credentials. */
  readonly steps: readonly OutboxRow[];
  readonly calls: readonly { readonly credential: string; readonly id: string }[];
  /** Steps that there should be. */
  readonly wanted: number;
}

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
  readonly steps: number;
  readonly lost: number;
  /** Steps that were planned or called more than once. */
  readonly twice: number;
  readonly differences: readonly string[];
}

export function compare({ expected, alerts, baselines, steps, calls, wanted }: Upgraded): Figures {
  const found: string[] = [];
  for (const [id, { severity, principal }] of expected.alerts) {
    const other = alerts.get(id);
    if (other?.severity !== severity)
      found.push(`alert ${id} of ${principal}: ${severity}, here ${other?.severity ?? 'none'}`);
  }
  for (const [id, { principal }] of alerts)
    if (!expected.alerts.has(id) && !id.startsWith('alert-')) found.push(`alert ${id} of ${principal}: only here`);
  found.push(...differences(numbersOf(expected.baselines), baselines));
  const verified = steps.filter(({ state }) => state === 'verified').length;
  const again = (names: readonly string[]): number => names.length - new Set(names).size;
  const twice =
    again(calls.map(({ id }) => id)) + again(steps.map(({ cause, credential }) => `${cause} ${credential}`));
  return {
    alerts: expected.alerts.size,
    baselines: expected.baselines.size,
    steps: verified,
    lost: wanted - verified,
    twice,
    differences: found,
  };
}

/** Of states in today's layout, by `principal name` or `group name`. */
export function numbersOf(states: ReadonlyMap<string, Buffer>): Record<string, Numbers> {
  const named = [...states].map(([name, state]) => {
    return [name.startsWith('group ') ? name : `principal ${name}`, numbersIn(state, fieldsFrom(LAYOUT))] as const;
  });
  return Object.fromEntries(named);
}
