import { schedule, validate } from 'node-cron';
import { z } from 'zod';

/** Five fields, or six with seconds first: https://nodecron.com/cron-syntax.html. Times are UTC. */
export const scheduleSchema = z
  .string()
  .refine((written) => validate(written), 'is no cron schedule; write such as "0 4 * * *" (every day at 04:00 UTC)')
  .meta({ example: '0 4 * * *' });

/**
 * Works by a schedule, never twice at once: a time that comes while it still works is passed over. Errors are for `work` to tell.
 * Returns what ends it: nothing begins any more, and what is under way is waited for.
 */
export function onSchedule(written: string, work: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve();
  const begin = (): Promise<void> => {
    running = work();
    return running;
  };
  const task = schedule(written, begin, { timezone: 'UTC', noOverlap: true, logger: SILENT });
  return async () => {
    await task.destroy();
    await running.catch(() => undefined); // told by `work`
  };
}

/** What it would tell is a time that was passed over. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} };
