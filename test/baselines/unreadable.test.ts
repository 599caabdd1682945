import { describe, expect, test } from 'vitest';
import { type ManyUnreadable, UnreadableBySource } from '../../src/baselines/unreadable.ts';
import { DAY, HOUR, MINUTE, MONDAY } from './watched.ts';

const LOG = 'source/nginx.access';

/** A log that is told of hour by hour; what was told of it is in `told`. */
class Log {
  counter = new UnreadableBySource();
  readonly told: ManyUnreadable[] = [];
  time = MONDAY;

  tell(read: number, count = 0, reason = 'invalid-json', name = LOG): void {
    const told = this.counter.note(name, { read, unreadable: count === 0 ? undefined : { reason, count } }, this.time);
    if (told !== undefined) this.told.push(told);
  }

  /** In each hour of so many days `read` records, of which so many can't be read. */
  days(count: number, read: number, unreadable = (_hour: number): number => 0): this {
    for (let hour = 0; hour < count * 24; hour++) {
      for (let one = 0; one < unreadable(hour); one++) this.tell(0, 1);
      this.tell(read);
      this.time += HOUR;
    }
    return this;
  }
}

describe('a log that could always be read', () => {
  test('shows the first few that could not, in an hour or over a day, once', () => {
    const log = new Log().days(21, 1_000);
    log.tell(10, 1);
    log.tell(10, 1);
    expect(log.told).toEqual([]);
    for (let more = 0; more < 100; more++) log.tell(10, 1);
    expect(log.told).toEqual([
      { name: LOG, reason: 'invalid-json', count: 3, window: HOUR, greatest: 0, young: false },
    ]);
    const slow = new Log().days(21, 1_000);
    for (let hour = 0; hour < 20; hour += 4, slow.time += 4 * HOUR) slow.tell(1_000, 1);
    expect(slow.told).toMatchObject([{ count: 3, window: DAY }]);
  });

  test('says nothing of one a day', () => {
    expect(new Log().days(90, 1_000, (hour) => Number(hour % 24 === 13)).told).toEqual([]);
  });

  test('is loud again for another reason, and for far more of the same', () => {
    const log = new Log().days(21, 1_000);
    log.tell(0, 3);
    log.tell(0, 3, 'too-long');
    expect(log.told.map(({ reason }) => reason)).toEqual(['invalid-json', 'too-long']);
    log.days(3, 1_000);
    log.tell(0, 11);
    expect(log.told).toHaveLength(2);
    log.tell(0, 400);
    expect(log.told[2]).toMatchObject({ count: 411, greatest: 3 });
  });
});

describe('a log that always had some', () => {
  test.each([
    ['a hundredth', 1_000, 10],
    ['nearly all', 10, 400],
    ['a few', 20_000, 2],
  ])('says nothing of %s, by night and day, on workdays, nor when it grows', (_, read, share) => {
    const log = new Log();
    for (let hour = 0; hour < 60 * 24; hour++, log.time += HOUR) {
      const traffic = (hour % 24 < 7 ? 1 : 6) * (hour > 40 * 24 ? 8 : 1);
      for (let part = 0; part < traffic; part++) {
        log.tell(read);
        for (let one = 0; one < share; one++) log.tell(0, 1);
      }
    }
    expect(log.told).toEqual([]);
  });

  test('shows when they become far more of what is read', () => {
    const log = new Log().days(21, 1_000, () => 10);
    for (let one = 0; one < 500; one++) log.tell(1, 1);
    expect(log.told).toMatchObject([{ reason: 'invalid-json', greatest: 10, window: HOUR }]);
    expect(log.told[0]?.count).toBeLessThan(60);
  });

  test('learns no more of a flood than it took to be told', () => {
    const log = new Log().days(21, 1_000, () => 10);
    log.tell(0, 100_000);
    log.days(2, 1_000, () => 10);
    log.tell(0, 1_000);
    expect(log.told).toHaveLength(2);
  });
});

describe('what is bounded', () => {
  test('a young log is modest, and says nothing within its first hour', () => {
    const log = new Log();
    log.tell(1, 10_000);
    expect(log.told).toEqual([]);
    log.days(1, 100);
    log.tell(1, 19);
    const young = new Log().days(1, 100);
    young.tell(1, 19);
    expect(young.told).toEqual([]);
    young.tell(1, 1);
    expect(young.told).toMatchObject([{ count: 20, young: true }]);
  });

  test('the number of sources: one that is heard of every day is not pushed out', () => {
    const log = new Log().days(21, 1_000);
    for (let source = 0; source < 10_000; source++) {
      log.time += MINUTE;
      log.tell(1, 1, 'invalid-json', `source/${source}`);
      if (source % 1_440 === 0) log.tell(1);
    }
    expect(log.counter.save()).toHaveLength(2_000);
    log.tell(0, 3);
    expect(log.told).toMatchObject([{ name: LOG, young: false }]);
  });

  test('a restart changes nothing', () => {
    const log = new Log().days(21, 1_000, () => 2);
    log.tell(0, 5);
    const saved = JSON.parse(JSON.stringify(log.counter.save()));
    log.counter = new UnreadableBySource();
    log.counter.load(saved);
    expect(log.counter.save()).toEqual(saved);
    log.tell(0, 5);
    expect(log.told).toMatchObject([{ count: 10 }]);
  });
});
