import { describe, expect, test } from 'vitest';
import { Names } from '../../src/baselines/names.ts';
import { fnv1a } from '../../src/text-hash.ts';
import { HOUR, Watched } from './watched.ts';

const key = (byte: number): Names => new Names(Buffer.alloc(32, byte));

/** Another action of the same 32 bits as some action: by their number it takes a second to find two. */
const collision = (): readonly [string, string] => {
  const seen = new Map<number, string>();
  for (let number = 0; ; number++) {
    const action = `DROP TABLE public.x${number}`;
    const other = seen.get(fnv1a(action));
    if (other !== undefined) return [other, action];
    seen.set(fnv1a(action), action);
  }
};

describe('a name', () => {
  test('is the same for the same thing under the same key, and another one under another', () => {
    expect(key(1).action('GET /a')).toEqual(key(1).action('GET /a'));
    expect(key(1).action('GET /a')).not.toEqual(key(2).action('GET /a'));
    expect(key(1).id).toBe(key(1).id);
    expect(key(1).id).not.toBe(key(2).id);
  });

  test('is another one for an attempt that was denied, and for things of other kinds', () => {
    const names = key(1);
    const all = [
      names.action('10.4'),
      names.denied('10.4'),
      names.network('10.4'),
      names.region('10.4'),
      names.address('10.4'),
      names.area('10.4'),
    ];
    expect(new Set(all.map(({ low, high }) => `${low} ${high}`)).size).toBe(6);
  });

  test('of a network is that of all its addresses; of a client, that of all its versions', () => {
    const names = key(1);
    expect(names.network('10.4.1.7')).toBe(names.network('10.4.9.9'));
    expect(names.region('10.4.1.7')).toBe(names.region('10.9.1.8'));
    expect(names.region('10.4.1.7')).not.toEqual(names.region('11.4.1.7'));
    expect(names.address('10.4.1.7')).not.toEqual(names.address('10.4.1.8'));
    expect(names.client('agent/1.0')).toBe(names.client('agent/2.3 (linux)'));
  });
});

test('an action that was made to look like a known one by its 32 bits is new all the same', () => {
  const [known, forged] = collision();
  const watched = new Watched();
  const now = watched.weeks(3, { every: 30 });
  watched.use(now + 10 * HOUR, { action: known });
  const told = watched.alerts.length;
  expect(new Names(Buffer.alloc(32, 1)).action(forged).legacy).toBe(fnv1a(known));
  watched.use(now + 10 * HOUR, { action: forged });
  const findings = watched.alerts.flatMap((alert) => alert.findings.map(({ subject }) => subject));
  expect(told).toBe(1);
  expect(findings).toContain(forged);
});
