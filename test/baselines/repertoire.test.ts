import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Name } from '../../src/baselines/names.ts';
import {
  acceptHeld,
  admit,
  countDay,
  countNew,
  find,
  flagThing,
  type Hold,
  type Known,
  knows,
  seeAt,
} from '../../src/baselines/repertoire.ts';
import { AT, get, openState, type State } from '../../src/baselines/state.ts';

const DAY_ONE = 20_000;
const TABLE = AT.actions;
const STEADY = 7;

const named = (low: number): Name => ({ low, high: 1, legacy: 0 });

/** Sees a thing on a day, and takes it in (or holds it out) if it is new. */
const show = (state: State, number: number, day: number, how: Hold = 'learn'): Known => {
  const index = find(state, TABLE, named(number));
  if (index >= 0) return seeAt(state, TABLE, index, day, STEADY);
  admit(state, TABLE, named(number), day, how);
  return 'new';
};

const flag = (state: State, number: number): void => flagThing(state, TABLE, find(state, TABLE, named(number)));

describe('the table', () => {
  test('finds what it holds, whatever was looked up before, and keeps what is used when it is full', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 400 }), (things) => {
        const state = openState();
        for (let day = 0; day < 10; day++) show(state, 7, DAY_ONE + day);
        for (const thing of things) {
          const before = knows(state, TABLE, named(thing));
          expect(show(state, thing, DAY_ONE + 10) === 'known').toBe(before);
          expect(knows(state, TABLE, named(thing))).toBe(true);
        }
        expect(knows(state, TABLE, named(7))).toBe(true);
        expect(state.u16[TABLE.size]).toBeLessThanOrEqual(TABLE.capacity);
      }),
    );
  });

  test('says which entry makes room', () => {
    const state = openState();
    for (let thing = 1; thing <= TABLE.capacity; thing++) show(state, thing, DAY_ONE + Math.min(thing, 2));
    const evicted: number[] = [];
    admit(state, TABLE, named(9_999), DAY_ONE + 3, 'learn', (index) => evicted.push(index));
    expect(evicted).toEqual([0]);
    expect(find(state, TABLE, named(1))).toBe(-1);
  });
});

describe('something new that is held', () => {
  test('comes back once a day, and is part of the repertoire from its seventh day on', () => {
    const state = openState();
    const seen = Array.from({ length: 9 }, (_, day) => show(state, 9, DAY_ONE + day, 'hold'));
    expect(seen).toEqual(['new', ...Array(6).fill('again'), 'known', 'known']);
    expect(show(state, 8, DAY_ONE, 'hold')).toBe('new');
    expect(show(state, 8, DAY_ONE, 'hold')).toBe('held');
  });

  test('is the same finding once it was flagged, until it was away for more than three days', () => {
    const state = openState();
    show(state, 9, DAY_ONE, 'hold');
    flag(state, 9);
    expect(show(state, 9, DAY_ONE + 1)).toBe('held');
    expect(show(state, 9, DAY_ONE + 4)).toBe('held');
    expect(show(state, 9, DAY_ONE + 8)).toBe('again');
  });

  test('never becomes normal by itself if it is held for good; a person can say so', () => {
    const state = openState();
    for (let day = 0; day < 60; day++) show(state, 9, DAY_ONE + day, 'hold-for-good');
    expect(knows(state, TABLE, named(9))).toBe(false);
    flag(state, 9);
    for (let day = 60; day < 90; day++) show(state, 9, DAY_ONE + day);
    expect(knows(state, TABLE, named(9))).toBe(false);
    acceptHeld(state, TABLE, DAY_ONE + 89, DAY_ONE + 89);
    expect(knows(state, TABLE, named(9))).toBe(true);
  });
});

test('days with something new are counted once each, and fade with active days', () => {
  const state = openState();
  countDay(state, TABLE);
  countNew(state, TABLE, DAY_ONE);
  countNew(state, TABLE, DAY_ONE);
  expect([get(state.f32, TABLE.newDays), get(state.f32, TABLE.allDays)]).toEqual([1, 1]);
  for (let day = 0; day < 45; day++) countDay(state, TABLE);
  expect(get(state.f32, TABLE.newDays)).toBeCloseTo(0.5, 3);
});
