import { CallError } from '../errors.ts';

const AT_ONCE = 16;

/** A step ends within 20 s, and its last call may take 8 s of them. */
export const BEGIN_WITHIN_MS = 11_000;

/**
 * Works through many things, some at once. Whoever calls again after the deadline goes on where this ended, as far as
 * the issuer tells what is left.
 * @param deadline nothing new is begun after it; milliseconds since the epoch
 * @throws CallError (retryable) when not everything was begun, and the first error of the work itself
 */
export async function forEachWithin<T>(
  deadline: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    while (Date.now() < deadline) {
      const item = waiting.pop();
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (waiting.length > 0) throw new CallError(`${waiting.length} of ${items.length} are still to be done`, true);
}
