import { describe, expect, test } from 'vitest';
import { ATTACKS, type AttackKind } from '../../src/simulate/attacks.ts';
import {
  historyLines,
  historyRegistry,
  type PrincipalHistory,
  principalHistory,
  withAttack,
} from '../../src/simulate/scenarios-for-quality.ts';
import { DAY, HOUR, MINUTE } from '../../src/simulate/schedule.ts';

const office = (seed: number) => principalHistory({ seed, days: 30, kind: 'office', format: 'nginx-json' });
const added = (history: PrincipalHistory, kind: AttackKind) => {
  const before = new Set(history.uses);
  return withAttack(history, kind, 1).uses.filter((use) => !before.has(use));
};

describe('a history to measure detection on', () => {
  test('the same options give the same bytes', () => {
    expect(historyLines(office(3))).toEqual(historyLines(office(3)));
    const attacked = () => historyLines(withAttack(office(3), 'volume-x50', 3));
    expect(attacked()).toEqual(attacked());
  });

  test('200 to 1,500 uses a working day, and 31 days', () => {
    for (let seed = 0; seed < 6; seed += 1) {
      const { uses, from, to } = office(seed);
      expect(uses.length / 23).toBeGreaterThan(130);
      expect(uses.length / 23).toBeLessThan(2_000);
      expect(to - from).toBe(31 * DAY);
    }
  });

  test('its registry names its one credential', () => {
    expect(historyRegistry(office(1))).toContain('credential_id: cred-order-agent');
    const pg = principalHistory({ seed: 1, days: 2, kind: 'cron', format: 'pgaudit-json' });
    expect(historyRegistry(pg)).toContain('db_user: order_agent');
  });
});

describe('attacks', () => {
  const history = office(5);

  test.each((Object.keys(ATTACKS) as AttackKind[]).filter((kind) => kind !== 'crawl'))(
    '%s leaves the rest of the history as it was, and lies in its last day',
    (kind) => {
      const attacked = withAttack(history, kind, 1);
      const known = new Set(history.uses);
      expect(attacked.uses.filter((use) => known.has(use)).length).toBe(history.uses.length);
      expect(attacked.uses.length).toBeGreaterThan(history.uses.length);
      expect(attacked.attack?.start).toBeGreaterThanOrEqual(history.to - DAY);
      expect(attacked.attack?.end).toBeLessThan(history.to);
    },
  );

  test('volume: fifty times the usual for five minutes, far above any benign five minutes', () => {
    const burst = added(history, 'volume-x50');
    const windows = new Map<number, number>();
    for (const { time } of history.uses) {
      const window = Math.floor(time / (5 * MINUTE));
      windows.set(window, (windows.get(window) ?? 0) + 1);
    }
    expect(burst.length).toBeGreaterThan(2 * Math.max(...windows.values()));
    expect((burst.at(-1)?.time ?? 0) - (burst[0]?.time ?? 0)).toBeLessThan(5 * MINUTE);
  });

  test('night: from 03:00 in Berlin, an hour', () => {
    const night = added(history, 'night-hour');
    expect(new Date(night[0]?.time ?? 0).toISOString()).toBe('2026-11-04T02:00:00.000Z');
    expect(night.at(-1)?.time).toBeLessThan(Date.UTC(2026, 10, 4, 2) + HOUR);
    expect(night.length).toBeGreaterThanOrEqual(12);
    expect(added(history, 'night-burst').length).toBe(8);
  });

  test('denials come after one success, errors never end, claims are rejected', () => {
    expect(added(history, 'denials').map(({ result }) => result)).toEqual(['success', ...Array(200).fill('denied')]);
    expect(added(history, 'errors').filter(({ result }) => result === 'error').length).toBe(5_000);
    expect(new Set(added(history, 'forged-claims').map(({ result }) => result))).toEqual(new Set(['rejected']));
  });

  test('the second client comes from elsewhere while the first goes on', () => {
    const { attack, uses } = withAttack(history, 'second-client', 1);
    const during = uses.filter(({ time }) => time >= (attack?.start ?? 0) && time <= (attack?.end ?? 0));
    const networks = new Set(during.map(({ ip }) => ip.split('.').slice(0, 2).join('.')));
    expect(networks).toEqual(new Set(['10.4', '198.51']));
  });

  test('what is dropped, copied or forbidden was never touched before', () => {
    const known = new Set(history.uses.map(({ action }) => (action.kind === 'http' ? action.path.split('/')[2] : '')));
    for (const kind of ['copy-table', 'drop-table', 'out-of-scope'] as const) {
      const [first] = added(history, kind);
      expect(first?.action.kind === 'http' && known.has(first.action.path.split('/')[2])).toBe(false);
    }
  });
});
