import { beforeAll, describe, expect, test } from 'vitest';
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

/** Bursty agents, thirty days of history each: attacks that must be one alert, oddities that must not wake anybody. */

const detectors = shippedDetectors();

const worth = (alerts: readonly Alert[]): Alert[] => alerts.filter(({ severity }) => severity !== 'low');
/** What a failure shows: who was told what. */
const told = (alerts: readonly Alert[]): string[] =>
  alerts.map(
    ({ severity, bits, openedAt, findings }) =>
      `${new Date(openedAt).toISOString()} ${severity} ${bits}: ${findings.map(({ reason }) => reason).join(' | ')}`,
  );

interface Subject {
  readonly seed: number;
  readonly history: PrincipalHistory;
  readonly learned: Learned;
}

const AGENTS: readonly (readonly [PrincipalKind, HistoryFormat, seeds: number, readonly AttackKind[]])[] = [
  ['office', 'nginx-json', 20, ['volume-x50', 'night-hour', 'denials', 'second-client', 'errors']],
  ['office', 'pgaudit-json', 20, ['volume-x50', 'night-hour', 'drop-table', 'denials', 'second-client', 'errors']],
  ['always-on', 'nginx-json', 10, ['volume-x50', 'denials', 'second-client', 'errors']],
  ['cron', 'pgaudit-json', 10, ['drop-table', 'denials', 'second-client', 'errors']],
];

describe.each(AGENTS)('an agent at work: %s, %s, %i seeds', (kind, format, seeds, attacks) => {
  let subjects: Subject[];
  beforeAll(() => {
    subjects = Array.from({ length: seeds }, (_, index) => {
      const seed = index + 1;
      const history = principalHistory({ seed, days: 30, kind, format });
      return { seed, history, learned: learn(history, detectors) };
    });
  });

  /** The seeds whose alerts are not as they should be, with those alerts. */
  const failures = (
    played: (subject: Subject) => PrincipalHistory,
    isRight: (alerts: readonly Alert[], attack: PrincipalHistory['attack']) => boolean,
  ): Record<string, string[]> => {
    const failed: Record<string, string[]> = {};
    for (const subject of subjects) {
      const history = played(subject);
      const alerts = lastDay(subject.learned, history, detectors);
      if (!isRight(worth(alerts), history.attack)) failed[`seed ${subject.seed}`] = told(alerts);
    }
    return failed;
  };

  test('31 ordinary days wake nobody', () => {
    expect(
      failures(
        ({ history }) => history,
        (alerts) => alerts.length === 0,
      ),
    ).toEqual({});
  });

  test.each(attacks)('%s is exactly one alert of medium or higher, opened while it goes on', (attack) => {
    expect(
      failures(
        ({ history, seed }) => withAttack(history, attack, seed),
        ([alert, ...more], { start, end } = { kind: attack, start: 0, end: 0 }) =>
          alert !== undefined &&
          more.length === 0 &&
          alert.agent === 'order-agent-1' &&
          alert.openedAt >= start &&
          alert.openedAt <= end,
      ),
    ).toEqual({});
  });

  test('claims of a stranger who fails to log in are no alert against the agent', () => {
    for (const { seed, history, learned } of subjects) {
      // The network that they come from may be one's business; the agent that they name is not.
      const ofAgents = (alerts: readonly Alert[]) =>
        alerts.filter(({ agent }) => agent !== undefined).map(({ id }) => id);
      const without = ofAgents(lastDay(learned, history, detectors));
      const alerts = lastDay(learned, withAttack(history, 'forged-claims', seed), detectors);
      expect(ofAgents(alerts)).toEqual(without);
    }
  });

  test('going on from what was saved gives what one run over the whole file gives', async () => {
    const { seed, history, learned } = subjects[6] as Subject;
    for (const attack of attacks) {
      const attacked = withAttack(history, attack, seed);
      expect(lastDay(learned, attacked, detectors).map(alertDocument), attack).toEqual(
        (await scanned(attacked, detectors)).map(alertDocument),
      );
    }
  });

  if (kind !== 'office') return;
  test('one short burst at night is at most low', () => {
    expect(
      failures(
        ({ history, seed }) => withAttack(history, 'night-burst', seed),
        (alerts) => alerts.length === 0,
      ),
    ).toEqual({});
  });
});
