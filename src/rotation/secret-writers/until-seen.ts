import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../../errors.ts';

const WITHIN_MS = 3_000;
const PAUSE_MS = 100;

/**
 * Waits until readers get what was written: clouds tell of a change a little later. Looks at least once.
 * @throws CallError (retryable) where they don't yet
 */
export async function untilSeen(service: string, isSeen: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isSeen())) {
    if (performance.now() > deadline) throw new CallError(`${service} does not show yet what was written to it`, true);
    await sleep(PAUSE_MS);
  }
}
