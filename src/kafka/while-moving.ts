import type { TopicReader } from './topic-reader.ts';
import { wait } from './wait.ts';

const LOOK_EVERY = 10;

/**
 * Waits until `isSo`, or the signal, as long as the reader of the partition comes further at least every so many
 * milliseconds. Whether it came to be so.
 */
export async function whileMoving(
  reader: TopicReader,
  isSo: () => boolean,
  quiet: number,
  signal: AbortSignal,
  partition = 0,
): Promise<boolean> {
  let position = reader.position(partition);
  for (let moved = Date.now(); !isSo(); ) {
    if (signal.aborted || Date.now() - moved > quiet) return false;
    await wait(LOOK_EVERY, signal);
    if (reader.position(partition) === position) continue;
    position = reader.position(partition);
    moved = Date.now();
  }
  return true;
}
