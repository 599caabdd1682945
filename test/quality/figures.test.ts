import { describe, expect, test } from 'vitest';
import { calibrationOf, pooled } from '../../scripts/quality/calibration.ts';
import { type Detected, type Seen, shippedDetectors } from '../../scripts/quality/detect.ts';
import { poissonInterval, quantile, wilson } from '../../scripts/quality/intervals.ts';
import { calibrationPlot } from '../../scripts/quality/plot.ts';
import { counts, score } from '../../scripts/quality/score.ts';
import { EVALUATION_SEEDS, TRAINING_SEEDS } from '../../scripts/quality/seeds.ts';
import { calibrationTable } from '../../scripts/quality/tables.ts';

const rounded = (interval: readonly number[], digits = 3) => interval.map((bound) => Number(bound.toFixed(digits)));

describe('intervals', () => {
  // Values from printed tables: Garwood (1936) for counts, Wilson (1927) for shares.
  test.each([
    [0, [0, 3.689]],
    [1, [0.025, 5.572]],
    [5, [1.623, 11.668]],
    [10, [4.795, 18.39]],
    [100, [81.364, 121.627]],
  ])('of %d events', (count, interval) => expect(rounded(poissonInterval(count))).toEqual(interval));

  test('of a count that is too large for the plain series of its distribution', () => {
    const [low, high] = poissonInterval(4_000);
    expect(low).toBeGreaterThan(3_870);
    expect(high).toBeLessThan(4_130);
  });

  test.each([
    [0, 10, [0, 0.278]],
    [5, 10, [0.237, 0.763]],
    [10, 10, [0.722, 1]],
    [0, 0, [0, 1]],
  ])('of %d in %d', (found, of, interval) => expect(rounded(wilson(found, of))).toEqual(interval));

  test('medians and ninetieth percentiles; none of nothing', () => {
    expect(quantile([5, 1, 3], 0.5)).toBe(3);
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(10);
    expect(quantile([], 0.5)).toBeUndefined();
  });
});

test('no seed is both for training and for evaluation', () => {
  expect(TRAINING_SEEDS.filter((seed) => EVALUATION_SEEDS.includes(seed))).toEqual([]);
});

describe('the score', () => {
  const AT = Date.UTC(2026, 9, 20, 10);
  const label = {
    class: 'export',
    strength: 'loud',
    agent: 'a-1',
    credential: 'cred-a-1',
    start: iso(0),
    end: iso(60_000),
    uses: 3,
  };
  const labels = { labels: [label], benign: [], principals: 2, days: 30, attack_from: iso(-1e9) };
  const alert = (changed: Partial<Seen> & { readonly after?: number }): Seen => {
    const openedAt = AT + (changed.after ?? 5_000);
    return {
      principal: 'a-1/gateway',
      agent: 'a-1',
      severity: 'medium',
      openedAt,
      rises: [{ severity: 'medium', at: openedAt }],
      detectors: ['new-action'],
      reason: '',
      ...changed,
    };
  };
  const scored = (...alerts: Seen[]) => score(alerts, labels, ['a-1', 'a-2']);

  function iso(after: number): string {
    return new Date(AT + after).toISOString();
  }

  test('an alert of the attacked agent in time is a hit', () => {
    const { outcomes, falseAlerts, principalDays } = scored(alert({}));
    expect(outcomes).toMatchObject([{ attack: 'export', opened: 5, found: 5, alerts: 1, by: ['new-action'] }]);
    expect(falseAlerts).toEqual([]);
    expect(principalDays).toBe(60);
  });

  test('what opens low and rises is found when it rises', () => {
    const openedAt = AT + 2_000;
    const rises = [
      { severity: 'low', at: openedAt },
      { severity: 'high', at: AT + 90_000 },
    ] as const;
    expect(scored(alert({ openedAt, rises, severity: 'high' })).outcomes).toMatchObject([{ opened: 2, found: 90 }]);
  });

  test.each([
    ['of another agent', { agent: 'a-2', principal: 'a-2/gateway' }],
    ['long before', { after: -120_000 }],
    ['more than two hours after', { after: 60_000 + 7_201_000 }],
  ])('an alert %s is false', (_when, changed) => {
    const { outcomes, falseAlerts } = scored(alert(changed));
    expect(outcomes[0]).not.toHaveProperty('found');
    expect(falseAlerts.filter(counts)).toHaveLength(1);
  });

  test('a low alert in time opens, but does not find; a low one elsewhere is no false alert that counts', () => {
    const low = { severity: 'low', rises: [{ severity: 'low', at: AT }] } as const;
    const { outcomes, falseAlerts } = scored(alert(low), alert({ ...low, agent: 'a-2' }));
    expect(outcomes).toMatchObject([{ opened: 5, alerts: 0 }]);
    expect(outcomes[0]).not.toHaveProperty('found');
    expect(falseAlerts.map(counts)).toEqual([false]);
  });

  test('alerts about sources belong to no agent: counted apart', () => {
    const { falseAlerts, ofSources } = scored(alert({ principal: 'source/203.0', agent: undefined }));
    expect({ falseAlerts, ofSources }).toEqual({ falseAlerts: [], ofSources: 1 });
  });
});

describe('the calibration', () => {
  const detectors = shippedDetectors();
  const day = 86_400_000;
  const detected = (bits: Detected['bits']): Detected => ({
    ...{ alerts: [], bits, events: 0, milliseconds: 0, inCheck: {}, stateBytes: 0 },
  });
  const of = (bits: Detected['bits'], born = 0) =>
    calibrationOf(detected(bits), detectors, new Map([['a-1', born]]), 100 * day, 56);

  test('counts principal-days from the fourteenth on, and those that reached each number of bits', () => {
    const { days, detectors: found } = of([
      ['data-burst', 'a-1/pg', 113, 30],
      ['data-burst', 'a-1/pg', 114, 10.2],
      ['data-burst', 'a-1/pg', 120, 8],
    ]);
    expect(days).toBe(42);
    expect(found['data-burst']?.map(({ bits, reached }) => [bits, reached]).slice(0, 2)).toEqual([
      [8, 2],
      [10, 1],
    ]);
    expect(of([], 40).days).toBe(2);
    expect(of([], 50).days).toBe(0);
  });

  test('leaves out detectors without a baseline, and pools worlds', () => {
    const one = of([['data-burst', 'a-1/pg', 120, 9]]);
    expect(Object.keys(one.detectors)).not.toContain('expired-credential');
    const both = pooled([one, one]);
    expect(both.days).toBe(84);
    expect(both.detectors['data-burst']?.[0]).toMatchObject({ bits: 8, reached: 2 });
  });

  test('the table judges where enough is expected, and says where not', () => {
    const found = (reached: number) => ({ days: 10_240, detectors: { d: [{ bits: 10, inUse: true, reached }] } });
    expect(calibrationTable(found(9))).toContain('within');
    expect(calibrationTable(found(0))).toContain('too quiet');
    expect(calibrationTable(found(60))).toContain('too loud');
    expect(calibrationTable({ ...found(3), days: 1_000 })).toContain('too few expected');
  });

  test('the plot stays inside its frame, whatever is observed', () => {
    const svg = calibrationPlot({
      days: 1_000,
      detectors: {
        d: [
          { bits: 8, inUse: false, reached: 0 },
          { bits: 12, inUse: true, reached: 900 },
        ],
      },
    });
    const places = [...svg.matchAll(/c?x[12]?="([\d.-]+)"/g)].map(([, place]) => Number(place));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(760);
  });
});
