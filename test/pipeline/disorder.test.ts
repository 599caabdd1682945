import { expect, test } from 'vitest';
import { Disorder, type DisorderCounts } from '../../src/pipeline/disorder.ts';

const MINUTE = 60_000;
const counts = (changes: Partial<DisorderCounts> = {}): DisorderCounts => ({
  ...{ late: 0, late_peer: 0, behind: 0, overflow: 0, lost: 0 },
  ...changes,
});

function disorderOf() {
  const said: unknown[] = [];
  const say = (fields: object): unknown => said.push(fields);
  return { said, disorder: new Disorder({ info: say, warn: say, error: say }) };
}

test('what came late is said at once, then at most once a minute with how many since', () => {
  const { said, disorder } = disorderOf();
  disorder.look(counts({ behind: 3 }), 0, { partition: 1 });
  disorder.look(counts({ behind: 5 }), MINUTE / 2);
  disorder.look(counts({ behind: 5, overflow: 1 }), MINUTE / 2 + 1);
  disorder.look(counts({ behind: 9, overflow: 1 }), MINUTE + 1);
  disorder.look(counts({ behind: 9, overflow: 1 }), 9 * MINUTE);
  expect(said).toEqual([
    { partition: 1, reason: 'behind', records: 3 },
    { reason: 'overflow', records: 1 },
    { reason: 'behind', records: 6 },
  ]);
});

test('health shows it for a quarter of an hour, the worst first', () => {
  const { disorder } = disorderOf();
  expect(disorder.conditionAt(0)).toEqual({ state: 'ok' });
  disorder.look(counts({ behind: 1, lost: 1 }), 0);
  disorder.look(counts({ behind: 2, lost: 1 }), 10 * MINUTE);
  expect(disorder.conditionAt(14 * MINUTE)).toMatchObject({
    state: 'degraded',
    reason: expect.stringContaining('gone before they were read'),
  });
  expect(disorder.conditionAt(16 * MINUTE)).toMatchObject({
    state: 'degraded',
    reason: expect.stringContaining('after their turn'),
  });
  expect(disorder.conditionAt(26 * MINUTE)).toEqual({ state: 'ok' });
});

test('what was counted before a restart is not said again', () => {
  const { said, disorder } = disorderOf();
  disorder.begin(counts({ late: 7 }));
  disorder.look(counts({ late: 7 }), 0);
  expect(said).toEqual([]);
  expect(disorder.conditionAt(0)).toEqual({ state: 'ok' });
});
