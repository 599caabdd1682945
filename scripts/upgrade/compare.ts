import type { Alert } from '../../src/alerts/alert.ts';
import type { Outcome } from '../../test/chaos/expected.ts';
import { differences } from '../../test/upgrade/differences.ts';
import { numbersIn } from '../../test/upgrade/kept/learned.ts';

/** What an upgrade came to, beside what one process without an upgrade makes of the same. */
interface Upgraded {
  readonly expected: Outcome;
  readonly alerts: ReadonlyMap<string, Alert>;
  readonly baselines: ReadonlyMap<string, Buffer>;
  /** State of each credential's step. */
  readonly steps: ReadonlyMap<string, string>;
  readonly calls: readonly { readonly credential: string; readonly id: string }[];
  /** Steps that there should be. */
  readonly wanted: number;
}

export interface Figures {
  readonly alerts: number;
  readonly baselines: number;
  readonly steps: number;
  readonly lost: number;
  /** Credentials whose issuer was told by more than one step. */
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
  const numbers = (states: ReadonlyMap<string, Buffer>) => ({
    alerts: [],
    baselines: Object.fromEntries([...states].map(([name, state]) => [name, numbersIn(state)])),
  });
  found.push(...differences(numbers(expected.baselines), numbers(baselines)));
  const verified = [...steps].filter(([, state]) => state === 'verified').length;
  const keys = Map.groupBy(calls, ({ credential }) => credential);
  const twice = [...keys.values()].filter((made) => new Set(made.map(({ id }) => id)).size > 1).length;
  return {
    alerts: expected.alerts.size,
    baselines: expected.baselines.size,
    steps: verified,
    lost: wanted - verified,
    twice,
    differences: found,
  };
}
