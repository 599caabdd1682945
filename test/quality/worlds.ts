import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import type { AttackKind } from '../../src/simulate/attacks.ts';
import {
  type HistoryFormat,
  type PrincipalHistory,
  type PrincipalKind,
  principalHistory,
  withAttack,
} from '../../src/simulate/scenarios-for-quality.ts';
import { type Learned, lastDay, learn, scanned, shippedDetectors } from './measure.ts';

/** Bursty agents of one kind, in one format, and the attacks on them that must be one alert. */
export interface World {
  readonly kind: PrincipalKind;
  readonly format: HistoryFormat;
  readonly attacks: readonly AttackKind[];
}

export const WORLDS: readonly World[] = [
  { kind: 'office', format: 'nginx-json', attacks: ['volume-x50', 'night-hour', 'denials', 'second-client', 'errors'] },
  {
    ...{ kind: 'office', format: 'pgaudit-json' },
    attacks: ['volume-x50', 'night-hour', 'drop-table', 'denials', 'second-client', 'errors'],
  },
  { kind: 'always-on', format: 'nginx-json', attacks: ['volume-x50', 'denials', 'second-client', 'errors'] },
  { kind: 'cron', format: 'pgaudit-json', attacks: ['drop-table', 'denials', 'second-client', 'errors'] },
];

/** One agent with thirty days of history. */
export interface Subject {
  readonly seed: number;
  readonly history: PrincipalHistory;
  readonly learned: Learned;
}

const detectors = shippedDetectors();

export function newSubject({ kind, format }: World, seed: number): Subject {
  const history = principalHistory({ seed, days: 30, kind, format });
  return { seed, history, learned: learn(history, detectors) };
}

const worth = (alerts: readonly Alert[]): Alert[] => alerts.filter(({ severity }) => severity !== 'low');
/** What a failure shows: who was told what. */
const told = (alerts: readonly Alert[]): string[] =>
  alerts.map(
    ({ severity, bits, openedAt, findings }) =>
      `${new Date(openedAt).toISOString()} ${severity} ${bits}: ${findings.map(({ reason }) => reason).join(' | ')}`,
  );

/** What was told of a day that is not as it should be; undefined where all is well. */
type Wrong = readonly string[] | undefined;

/** 31 ordinary days wake nobody. */
export function wakesNobody({ learned, history }: Subject): Wrong {
  const alerts = lastDay(learned, history, detectors);
  return worth(alerts).length === 0 ? undefined : told(alerts);
}

/** Exactly one alert of medium or higher, opened while the attack goes on. */
export function isOneAlert({ learned, history, seed }: Subject, attack: AttackKind): Wrong {
  const attacked = withAttack(history, attack, seed);
  const alerts = lastDay(learned, attacked, detectors);
  const [alert, ...more] = worth(alerts);
  const { start, end } = attacked.attack ?? { start: 0, end: 0 };
  const isRight =
    alert !== undefined &&
    more.length === 0 &&
    alert.agent === 'order-agent-1' &&
    alert.openedAt >= start &&
    alert.openedAt <= end;
  return isRight ? undefined : told(alerts);
}

/** One short burst at night is at most low. */
export function isAtMostLow({ learned, history, seed }: Subject): Wrong {
  const alerts = lastDay(learned, withAttack(history, 'night-burst', seed), detectors);
  return worth(alerts).length === 0 ? undefined : told(alerts);
}

/** Claims of a stranger who fails to log in are no alert against the agent; the network that they come from may be one's business. */
export function claimsAreNoAlert({ learned, history, seed }: Subject): Wrong {
  const ofAgents = (alerts: readonly Alert[]) => alerts.filter(({ agent }) => agent !== undefined);
  const ids = (alerts: readonly Alert[]) => JSON.stringify(ofAgents(alerts).map(({ id }) => id));
  const alerts = lastDay(learned, withAttack(history, 'forged-claims', seed), detectors);
  return ids(alerts) === ids(lastDay(learned, history, detectors)) ? undefined : told(ofAgents(alerts));
}

/** The alerts of going on from what was saved, and of one run over the whole file. */
export async function bothWays({ learned, history, seed }: Subject, attack: AttackKind) {
  const attacked = withAttack(history, attack, seed);
  return {
    resumed: lastDay(learned, attacked, detectors).map(alertDocument),
    scanned: (await scanned(attacked, detectors)).map(alertDocument),
  };
}
