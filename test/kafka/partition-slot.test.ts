import { expect, test, vi } from 'vitest';
import type { Fetched } from '../../src/kafka/fetched.ts';
import { PartitionSlot, type PartitionWorker } from '../../src/kafka/partition-slot.ts';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const NOTHING: Fetched = { messages: [], next: 0 };

/** A partition of which everything before offset 50 has been read. */
async function slotAt50(waits = false) {
  const lost: (readonly [from: number, to: number])[] = [];
  const caughtUp: (number | undefined)[] = [];
  const reads: number[] = [];
  const worker: PartitionWorker = {
    start: async () => 50,
    process: async () => undefined,
    lost: (from, to) => lost.push([from, to]),
    tick: async (caughtUpAt) => void caughtUp.push(caughtUpAt),
    waits,
    close: async () => undefined,
  };
  const reader = { pause: () => undefined, readFrom: (offset: number) => void reads.push(offset) };
  const slot = new PartitionSlot('logs', 0, () => worker, reader, quiet);
  await vi.waitUntil(() => slot.running);
  return { slot, lost, caughtUp, reads };
}

test('records that are deleted unread until nothing is left are lost, once, and hold nobody back: the partition has been read to its end', async () => {
  const { slot, lost, caughtUp, reads } = await slotAt50();
  slot.sawRange({ begin: 90, end: 90 }, 1_000);
  slot.sawRange({ begin: 90, end: 90 }, 2_000);
  await slot.tick();
  expect(lost).toEqual([[50, 90]]);
  expect([slot.position, slot.lag]).toEqual([90, 0]);
  expect(reads).toEqual([50, 90]);
  slot.sawRange({ begin: 90, end: 90 }, 3_000);
  await slot.tick();
  expect(caughtUp).toEqual([undefined, 3_000]);
});

test('where some are left, the next message tells nothing more of what is gone', async () => {
  const { slot, lost, reads } = await slotAt50();
  slot.sawRange({ begin: 90, end: 100 }, 1_000);
  await slot.take(90, () => ({ ...NOTHING, next: 100 }), 100, 2_000);
  expect(lost).toEqual([[50, 90]]);
  expect(slot.position).toBe(100);
  expect(reads).toEqual([50, 90]);
});

test('a message that was fetched before the broker said so has not been lost', async () => {
  const { slot, lost } = await slotAt50();
  const taken = slot.take(50, () => ({ ...NOTHING, next: 90 }), 90, 1_000);
  slot.sawRange({ begin: 90, end: 90 }, 1_000);
  await taken;
  await slot.tick();
  expect(lost).toEqual([]);
});

test('one that waits for slower ones goes on waiting', async () => {
  const { slot, lost, reads } = await slotAt50(true);
  await slot.tick();
  slot.sawRange({ begin: 90, end: 90 }, 1_000);
  await slot.tick();
  expect(lost).toEqual([[50, 90]]);
  expect(reads).toEqual([50]);
});
