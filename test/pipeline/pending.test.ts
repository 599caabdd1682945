import { expect, test } from 'vitest';
import { PendingUse } from '../../src/pipeline/ordered.ts';
import { PendingEvents } from '../../src/pipeline/pending.ts';
import { MINUTE, MONDAY } from '../baselines/watched.ts';
import { useOf } from './late-world.ts';

const LIMITS = { events: 1_000, bytes: Number.POSITIVE_INFINITY, batch: 100 };
const at = (minute: number): PendingUse =>
  PendingUse.of(useOf('a', MONDAY + minute * MINUTE), MONDAY + minute * MINUTE, false, `event-${minute}`);

/** One that waits for its turn, and one that came late and has waited long enough. */
function withSettled(): PendingEvents {
  const pending = new PendingEvents(LIMITS);
  pending.add([at(30)], 'in time', 0);
  pending.sortIn();
  expect(pending.ready(MONDAY + 20 * MINUTE)).toBe(0);
  pending.add([at(19)], 'late', 1);
  pending.cameTo('late', { watermark: MONDAY + 19 * MINUTE, settled: 1 });
  pending.settle(1);
  return pending;
}

test('what came late and has settled leaves at once, whether or not a process dies in between', () => {
  const whole = withSettled();
  const restarted = new PendingEvents(LIMITS);
  restarted.load(structuredClone(withSettled().save()));
  for (const pending of [whole, restarted]) {
    expect(pending.hasSettled).toBe(true);
    pending.sortIn();
    expect(pending.take(pending.ready(MONDAY + 20 * MINUTE)).map((event) => event.id())).toEqual(['event-19']);
  }
});

test('where nothing has settled, nothing leaves, whether or not a process dies in between', () => {
  const whole = new PendingEvents(LIMITS);
  whole.add([at(30)], 'in time', 0);
  whole.sortIn();
  whole.ready(MONDAY + 20 * MINUTE);
  const restarted = new PendingEvents(LIMITS);
  restarted.load(structuredClone(whole.save()));
  for (const { hasSettled } of [whole, restarted]) expect(hasSettled).toBe(false);
});
