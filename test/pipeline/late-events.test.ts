import { describe, expect, test } from 'vitest';
import { NOTHING_ELSE } from '../../src/event.ts';
import { LateEvents } from '../../src/pipeline/late-events.ts';
import { PendingUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** When the stream had come to the hour 12, milliseconds; so is the wall clock. */
const NOON = 12 * HOUR;

/** One use; its source had come to `own` by itself. */
function useAt(time: number, own = time): PendingUse {
  const use = {
    ...NOTHING_ELSE,
    ...{ time, format: 'test', dataset: 'test.access', action: 'GET /', result: 'success' as const },
    ...{ proof: PROOF.keyMap, identities: [], sourceIp: undefined, client: undefined, bytes: 1 },
  };
  const event = PendingUse.of(use, Math.max(time, own - 2 * MINUTE), false, `event ${time}`);
  event.lateMs = NOON - time;
  return event;
}

/** Adds what a source gives that has more to come, all of it from then on. */
function read(late: LateEvents, source: string, readAt: number, ...times: number[]): void {
  late.add(
    source,
    times.map((time) => useAt(time)),
    readAt,
  );
  late.cameTo(source, { watermark: Math.max(...times) - 2 * MINUTE, settled: Number.NEGATIVE_INFINITY });
}
const hoursOf = (events: readonly PendingUse[]): number[] => events.map(({ use }) => use.time / HOUR);

describe('what comes hours after its turn', () => {
  test('waits 2 s, so that others that were away with its source can begin', () => {
    const late = new LateEvents();
    read(late, 'a', NOON, HOUR, 2 * HOUR);
    expect(late.take(NOON + 1.9 * SECOND)).toEqual([]);
    read(late, 'b', NOON + 1.9 * SECOND, 0.5 * HOUR, 3 * HOUR);
    expect(hoursOf(late.take(NOON + 4 * SECOND))).toEqual([0.5, 1]);
  });

  test('waits for a source that has not come as far, and leaves in order with what is between', () => {
    const late = new LateEvents();
    read(late, 'a', NOON, HOUR, 5 * HOUR, 9 * HOUR);
    read(late, 'b', NOON, 2 * HOUR, 3 * HOUR);
    expect(hoursOf(late.take(NOON + 3 * SECOND))).toEqual([1, 2]);
    read(late, 'b', NOON + 3 * SECOND, 6 * HOUR, 7 * HOUR);
    expect(hoursOf(late.take(NOON + 6 * SECOND))).toEqual([3, 5, 6]);
    late.cameTo('b', { watermark: 7 * HOUR - 2 * MINUTE, settled: NOON + 10 * SECOND });
    expect(hoursOf(late.take(NOON + 10 * SECOND))).toEqual([7]);
    expect(late.count).toBe(1);
  });

  test('waits for one that is slower at most a minute, and what follows it in time does so, too', () => {
    const late = new LateEvents();
    read(late, 'slow', NOON, HOUR);
    read(late, 'a', NOON, 8 * HOUR, 9 * HOUR);
    late.add('a', [useAt(NOON - SECOND)], NOON + 30 * SECOND);
    late.cameTo('a', { watermark: NOON, settled: NOON + 31 * SECOND });
    expect(late.take(NOON + 59 * SECOND)).toEqual([]);
    expect(hoursOf(late.take(NOON + MINUTE))).toEqual([8, 9]);
    expect(late.take(NOON + MINUTE)).toHaveLength(1);
    expect([...late.sources]).toEqual(['slow']);
  });
});

describe('what waits for nobody but its own source', () => {
  const settled = { watermark: NOON - 2 * MINUTE, settled: NOON + 300 };

  test('what comes seconds late, also while others are hours behind', () => {
    const late = new LateEvents();
    read(late, 'slow', NOON, HOUR);
    late.add('a', [useAt(NOON - 3 * SECOND)], NOON);
    late.cameTo('a', settled);
    expect(late.take(NOON + 300)).toHaveLength(1);
  });

  test('hours-old records among those of a source that is itself in time', () => {
    const late = new LateEvents();
    read(late, 'slow', NOON, HOUR);
    late.add('a', [useAt(3 * HOUR, NOON), useAt(NOON - SECOND)], NOON);
    late.cameTo('a', settled);
    expect(hoursOf(late.take(NOON + 300))).toEqual([3, (NOON - SECOND) / HOUR]);
  });
});

test('a restart changes nothing of what waits for what', () => {
  const late = new LateEvents();
  read(late, 'a', NOON, HOUR, 5 * HOUR);
  read(late, 'b', NOON, 2 * HOUR, 3 * HOUR);
  const other = new LateEvents();
  other.load(late.save());
  expect(hoursOf(other.take(NOON + 3 * SECOND))).toEqual(hoursOf(late.take(NOON + 3 * SECOND)));
  expect(other.save()).toEqual(late.save());
  expect(other.count).toBe(2);
});
