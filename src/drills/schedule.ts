import { haltOf } from '../response/context.ts';
import { onSchedule } from '../schedule.ts';
import type { Drill } from './config.ts';
import { type DrillContext, type DrillReport, holdDrill } from './drill.ts';
import { endLostDrills, holdOrdered } from './orders.ts';

/** Who is told of drills. */
export interface DrillListener {
  readonly held: (report: DrillReport) => void;
  /** One was due while a person had halted automatic response. */
  readonly paused: (drill: Drill, haltedBy: string) => void;
  /** What should not happen: a store that can't be written. */
  readonly onError: (error: unknown) => void;
}

/** By whom a scheduled drill is ordered, in the record. */
const BY = 'schedule';

/** Drills that are held while a process runs. */
export interface RunningDrills {
  /** Holds what people have ordered by now. Does not wait for it. */
  wake(): void;
  /** Begins no more, and waits for one that is under way. */
  end(): Promise<void>;
}

/** Holds drills by their schedules, and those that people order, one at a time. Ends what an earlier process was in the middle of. */
export function startDrills(
  drills: readonly Drill[],
  options: Omit<DrillContext, 'signal'>,
  listener: DrillListener,
): RunningDrills {
  let line = Promise.resolve();
  const stop = new AbortController();
  const context = { ...options, signal: stop.signal };
  const next = (work: () => Promise<void>): Promise<void> => {
    line = line.then(() => (stop.signal.aborted ? undefined : work())).catch(listener.onError);
    return line;
  };
  const scheduled = async (drill: Drill): Promise<void> => {
    const halt = haltOf(context.response.state);
    if (halt !== undefined) return listener.paused(drill, halt.by);
    listener.held(await holdDrill(drill, BY, context));
  };
  const ends = drills.flatMap((drill) => {
    const { schedule } = drill;
    return schedule === undefined ? [] : [onSchedule(schedule, () => next(() => scheduled(drill)))];
  });
  const wake = () => void next(() => holdOrdered(drills, context, listener.held));
  for (const report of endLostDrills(context.response)) listener.held(report);
  wake();
  return {
    wake,
    async end() {
      stop.abort();
      await Promise.all(ends.map((end) => end()));
      await line;
    },
  };
}
