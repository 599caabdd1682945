import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';

const PAUSE_MS = 500;

/**
 * Looks again and again until something is so: clouds tell their services of a change some time later. Looks at least once.
 * @param within milliseconds
 * @throws CallError with `otherwise` where it is not so by then
 */
export async function untilSo<T>(within: number, look: () => Promise<T | undefined>, otherwise: string): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new CallError(otherwise, false);
    await sleep(PAUSE_MS);
  }
}
