import { haltOf } from '../response/context.ts';
import { onSchedule } from '../schedule.ts';
import type { Drill } from './config.ts';
import { type DrillContext, type DrillReport, holdDrill } from './drill.ts';

/** Who is told of scheduled drills. */
export interface DrillListener {
  readonly held: (report: DrillReport) => void;
  /** One was due while a person had halted automatic response. */
  readonly paused: (drill: Drill, haltedBy: string) => void;
  /** What should not happen: a store that can't be written. */
  readonly onError: (error: unknown) => void;
}

/** By whom a scheduled drill is ordered, in the record. */
const BY = 'schedule';

/** Holds drills by their schedules, one at a time. Returns what ends that, and waits for one that is under way. */
export function scheduleDrills(
  drills: readonly Drill[],
  context: Omit<DrillContext, 'signal'>,
  listener: DrillListener,
): () => Promise<void> {
  let line = Promise.resolve();
  const stop = new AbortController();
  const hold = async (drill: Drill): Promise<void> => {
    if (stop.signal.aborted) return;
    const halt = haltOf(context.response.state);
    if (halt !== undefined) return listener.paused(drill, halt.by);
    try {
      listener.held(await holdDrill(drill, BY, { ...context, signal: stop.signal }));
    } catch (error) {
      listener.onError(error);
    }
  };
  const ends = drills.flatMap((drill) => {
    const { schedule } = drill;
    if (schedule === undefined) return [];
    return [
      onSchedule(schedule, () => {
        line = line.then(() => hold(drill));
        return line;
      }),
    ];
  });
  return async () => {
    stop.abort();
    await Promise.all(ends.map((end) => end()));
  };
}
