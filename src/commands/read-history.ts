import type { OrderedUse } from '../pipeline/ordered.ts';
import type { CommandIo } from './io.ts';
import type { Logs } from './logs.ts';
import { Progress } from './progress.ts';

/** What takes the events of a history, in their order. */
interface Taker {
  process(batch: readonly OrderedUse[]): void;
  /** There is no more to come. */
  end(): void;
}

/** Reads logs once, for each taker in turn: events before `until` (milliseconds since the epoch), if it is given. */
export async function readHistory(
  logs: Logs,
  takers: readonly Taker[],
  until: number | undefined,
  io: CommandIo,
): Promise<void> {
  const progress = new Progress(io.stderr, () => logs.merge.counts.records);
  for await (const batch of logs.merge.batches()) {
    const wanted = until === undefined ? batch : batch.filter(({ use }) => use.time < until);
    for (const taker of takers) taker.process(wanted);
    progress.tick();
  }
  if (!io.signal.aborted) for (const taker of takers) taker.end();
  progress.end();
}
