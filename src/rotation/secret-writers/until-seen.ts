import { CallError } from '../../errors.ts';
import { untilSo } from '../../until-so.ts';

const WITHIN_MS = 3_000;
const PAUSE_MS = 100;

/**
 * Waits until readers get what was written.
 * @throws CallError (retryable) where they don't yet
 */
export async function untilSeen(service: string, isSeen: () => Promise<boolean>): Promise<void> {
  const late = new CallError(`${service} does not show yet what was written to it`, true);
  await untilSo(WITHIN_MS, async () => (await isSeen()) || undefined, late, PAUSE_MS);
}
