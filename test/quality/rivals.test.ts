import { describe, expect, test } from 'vitest';
import { cutForest } from '../../scripts/quality/rivals/cut-forest.ts';
import { ewmaCusum } from '../../scripts/quality/rivals/ewma-cusum.ts';
import { firstSeen } from '../../scripts/quality/rivals/first-seen.ts';
import { alertsFrom, type Moment, type Rival } from '../../scripts/quality/rivals/rival.ts';
import { rollingZ } from '../../scripts/quality/rivals/z-score.ts';
import type { CredentialUse } from '../../src/event.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { DAY, HOUR } from '../../src/simulate/schedule.ts';

/** Other methods must be as good as they are, or a comparison with them says nothing. */

const FROM = Date.UTC(2026, 9, 1);
const use = (changed: Partial<CredentialUse> = {}) =>
  ({
    action: 'GET /v1/orders/{id}',
    result: 'success',
    bytes: 800,
    sourceIp: '10.1.2.3',
    client: 'agent/1.0',
    ...changed,
  }) as CredentialUse;

/** Three weeks of 8 to 12 calls an hour, then what is given, an hour after the last. */
function told(rival: Rival, then: readonly Partial<CredentialUse>[]): Moment[] {
  const moments: Moment[] = [];
  const watcher = rival.watch((...moment) => moments.push(moment));
  const random = seeded('rivals');
  const see = (time: number, changed?: Partial<CredentialUse>) =>
    watcher.see({ principal: 'a-1/gateway', time, use: use(changed) });
  for (let hour = 0; hour < 21 * 24; hour += 1) {
    for (let left = integer(random, 8, 12); left > 0; left -= 1) see(FROM + hour * HOUR + left);
  }
  const end = FROM + 21 * DAY;
  for (const [at, changed] of then.entries()) see(end + at, changed);
  see(end + HOUR);
  return moments;
}

const greatest = (moments: readonly Moment[], from: number, to = Number.POSITIVE_INFINITY) =>
  Math.max(0, ...moments.filter(([, time]) => time > from && time <= to).map(([, , score]) => score));

describe.each([ewmaCusum, rollingZ, cutForest])('$id', (rival) => {
  const last = FROM + 21 * DAY;

  test('an hour of fifty times the calls stands out from all hours before', () => {
    const moments = told(
      rival,
      Array.from({ length: 500 }, () => ({})),
    );
    expect(greatest(moments, last)).toBeGreaterThan(1.5 * greatest(moments, 0, last));
  });

  test('an hour of large answers does, too; an hour as all others does not', () => {
    const greatestBefore = (moments: readonly Moment[]) => greatest(moments, 0, last);
    const large = told(
      rival,
      Array.from({ length: 10 }, () => ({ bytes: 3_000_000 })),
    );
    expect(greatest(large, last)).toBeGreaterThan(1.5 * greatestBefore(large));
    const usual = told(
      rival,
      Array.from({ length: 10 }, () => ({})),
    );
    expect(greatest(usual, last)).toBeLessThanOrEqual(1.1 * greatestBefore(usual));
  });

  test('says nothing in its first week', () => {
    expect(told(rival, []).filter(([, time]) => time < FROM + 7 * DAY)).toEqual([]);
  });
});

describe('first seen', () => {
  test('a new network counts two, a new action one, what is known nothing', () => {
    const scores = (changed: Partial<CredentialUse>) => told(firstSeen, [changed]).map(([, , score]) => score);
    expect(scores({ sourceIp: '185.220.1.1' })).toEqual([2]);
    expect(scores({ action: 'DELETE /v1/orders' })).toEqual([1]);
    expect(scores({ client: 'agent/2.0' })).toEqual([]);
    expect(scores({ sourceIp: '10.1.9.9' })).toEqual([]);
  });
});

test('alerts of a rival are counted as ours: two hours without anything end one', () => {
  const moments: Moment[] = [
    ['a-1/gateway', 0, 9],
    ['a-1/gateway', HOUR, 9],
    ['a-2/gateway', HOUR, 9],
    ['a-1/gateway', 3 * HOUR, 9],
    ['a-1/gateway', 6 * HOUR, 9],
    ['a-1/gateway', 12 * HOUR, 2],
  ];
  expect(alertsFrom(moments, 5).map(({ agent, openedAt }) => [agent, openedAt / HOUR])).toEqual([
    ['a-1', 0],
    ['a-2', 1],
    ['a-1', 6],
  ]);
});
