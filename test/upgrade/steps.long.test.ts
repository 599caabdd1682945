import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { ROTATORS } from '../../src/rotation/registry.ts';
import { CASES, REVOKERS_WITH_CASES, ROTATORS_WITH_CASES } from './kept/cases.ts';
import { goOn } from './kept/go-on.ts';
import { openPlace } from './kept/place.ts';
import { KEPT_COMMITS, keptState } from './kept-state.ts';

test('every revoker and rotator has steps that are kept', () => {
  expect(REVOKERS_WITH_CASES.toSorted()).toEqual(REVOKERS.map(({ id }) => id).toSorted());
  expect(ROTATORS_WITH_CASES.toSorted()).toEqual(ROTATORS.map(({ id }) => id).toSorted());
});

// A later version may call its steps whatever it likes.
beforeEach(() => {
  for (const kind of [...REVOKERS, ...ROTATORS]) {
    const words = kind.describe.bind(kind);
    vi.spyOn(kind, 'describe').mockImplementation((spec) => `in other words: ${words(spec)}`);
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(KEPT_COMMITS)('steps that %s left open', (commit) => {
  test('each ends as it did there: made once, none lost, by the links that people had', async () => {
    const { folder, left, expected } = keptState(commit);
    const place = await openPlace(folder);
    const outcome = await goOn(place, left);
    place.store.close();
    expect(outcome.links).toEqual(expected.wentOn.links);
    expect(outcome.steps).toEqual(expected.wentOn.steps);
    expect(outcome.calls).toEqual(expected.wentOn.calls);
    expect(outcome).toEqual(expected.wentOn);
    // That nothing went wrong there, either.
    expect(new Set(Object.values(outcome.links))).toEqual(new Set(['approved']));
    const failed = CASES.filter(({ left }) => left === 'failed').length;
    const drills = 2;
    expect(Object.values(outcome.steps).filter((state) => state === 'failed')).toHaveLength(failed + drills);
  });

  test('what automatic response had planned is not done while a person has halted it', async () => {
    const { folder } = keptState(commit, 'halted.db');
    const place = await openPlace(folder);
    await place.worker().drain();
    const states = place.store.all("SELECT state FROM outbox WHERE action = 'revoke'").map(({ state }) => state);
    place.store.close();
    expect(states).toEqual(['expired']);
    expect(place.issuers.calls.size).toBe(0);
  });
});
