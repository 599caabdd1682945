import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Name } from '../../src/baselines/names.ts';
import { acceptHeld, admit, countDay, type Hold, knows, see, surpriseOfNew } from '../../src/baselines/repertoire.ts';
import { AT, openState, type State } from '../../src/baselines/state.ts';

const DAY_ONE = 20_000;
const TABLE = AT.actions;

const named = (low: number): Name => ({ low, high: 1, legacy: 0 });

/** Sees a thing on a day, and learns it (or holds it out) if it is new. */
const show = (state: State, number: number, day: number, how: Hold = 'learn') => {
  const thing = named(number);
  const known = see(state, TABLE, thing, day);
  if (known === 'new') admit(state, TABLE, thing, day, 0, how);
  return known;
};

/** `days` days of the same five things; on each of `oneOffs` days something that never comes again. */
const lived = (days: number, oneOffs: number): State => {
  const state = openState();
  for (let day = 0; day < days; day++) {
    countDay(state, TABLE, 1);
    for (let thing = 1; thing <= 5; thing++) show(state, thing, DAY_ONE + day);
    if (day >= days - oneOffs) show(state, 1_000 + day, DAY_ONE + day);
  }
  return state;
};

describe('something new', () => {
  test('is the less surprising the more the principal shows that is never seen again', () => {
    const bits = [0, 1, 3, 6, 12].map((oneOffs) => surpriseOfNew(lived(30, oneOffs), TABLE, undefined));
    expect(bits).toEqual(bits.toSorted((a, b) => b - a));
    expect(bits[0]).toBeGreaterThan(6);
    expect(bits.at(-1)).toBeLessThan(2);
  });

  test('is the more surprising the longer nothing new was shown', () => {
    const bits = [3, 7, 15, 30, 60].map((days) => surpriseOfNew(lived(days, 0), TABLE, undefined));
    expect(bits).toEqual(bits.toSorted((a, b) => a - b));
  });

  test('is no surprise while less than two days are known', () => {
    expect(surpriseOfNew(openState(), TABLE, undefined)).toBe(0);
    expect(surpriseOfNew(lived(1, 0), TABLE, undefined)).toBe(0);
  });

  test('borrows the days of the peers', () => {
    const young = lived(3, 0);
    expect(surpriseOfNew(young, TABLE, lived(30, 0))).toBeGreaterThan(surpriseOfNew(young, TABLE, undefined) + 2);
  });
});

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
});

describe('what was flagged', () => {
  test('is held out, and becomes normal after seven days on which it came back', () => {
    const state = openState();
    const seen = Array.from({ length: 8 }, (_, day) => show(state, 9, DAY_ONE + day, 'hold-grave'));
    expect(seen).toEqual(['new', ...Array(6).fill('held'), 'known']);
  });

  test('never becomes normal by itself if it was critical; a person can say so', () => {
    const state = openState();
    for (let day = 0; day < 60; day++) show(state, 9, DAY_ONE + day, 'hold-for-good');
    expect(knows(state, TABLE, named(9))).toBe(false);
    acceptHeld(state, TABLE, DAY_ONE + 59, DAY_ONE + 59);
    expect(knows(state, TABLE, named(9))).toBe(true);
  });

  test('is news again after three days without it; something small only after 45', () => {
    const grave = openState();
    show(grave, 9, DAY_ONE, 'hold-grave');
    expect(see(grave, TABLE, named(9), DAY_ONE + 3)).toBe('held');
    expect(see(grave, TABLE, named(9), DAY_ONE + 7)).toBe('returned');
    const small = openState();
    show(small, 9, DAY_ONE, 'hold-small');
    expect(see(small, TABLE, named(9), DAY_ONE + 40)).toBe('held');
    expect(see(small, TABLE, named(9), DAY_ONE + 90)).toBe('returned');
  });
});
