import type { DrillListener } from '../drills/schedule.ts';
import type { Log } from '../kafka/log.ts';

/** Tells of scheduled drills in the service's log. */
export const drillLog = (log: Log): DrillListener => ({
  held: ({ kind, passed, note, took, objective, steps, cause }) => {
    const fields = { drill: kind, passed, note, took_ms: took, objective_ms: objective, steps_ms: steps, cause };
    if (passed) log.info(fields, 'drill passed');
    else log.error(fields, 'drill failed');
  },
  paused: ({ with: kind }, haltedBy) =>
    log.warn({ drill: kind, halted_by: haltedBy }, 'no drill: automatic response is halted'),
  onError: (error) => log.error({ err: error }, 'a drill could not be recorded'),
});
