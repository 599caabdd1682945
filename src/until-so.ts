import { setTimeout as sleep } from 'node:timers/promises';
import type { CallError } from './errors.ts';

const PAUSE_MS = 500;

/**
 * Looks again and again until something is so: clouds tell their services of a change some time later. Looks at least once.
 * @param within milliseconds, as `pause`
 * @throws CallError: `late`, where it is not so by then
 */
export async function untilSo<T>(
  within: number,
  look: () => Promise<T | undefined>,
  late: CallError,
  pause = PAUSE_MS,
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw late;
    await sleep(pause);
  }
}
