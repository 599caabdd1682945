import type { Drill } from '../drills/config.ts';
import { type DrillReport, holdDrill } from '../drills/drill.ts';
import { createDrillWorker, createWorker } from '../pipeline/response.ts';
import type { ResponseContext } from '../response/context.ts';
import type { CommandIo } from './io.ts';

/** Holds drills in this process, one after the other, until the last or Ctrl-C. */
export async function holdDrills(
  drills: readonly Drill[],
  by: string,
  response: ResponseContext,
  io: CommandIo,
): Promise<DrillReport[]> {
  const reports: DrillReport[] = [];
  for (const each of drills) {
    if (io.signal.aborted) break;
    const report = await holdDrill(each, by, { response, worker: createDrillWorker(), signal: io.signal });
    reports.push(report);
    await tellWebhook(report, response);
  }
  return reports;
}

/** The one that did not pass, now: nobody else may be there to do it. */
async function tellWebhook({ cause, passed }: DrillReport, response: ResponseContext): Promise<void> {
  if (passed) return;
  const errors: unknown[] = [];
  await createWorker({ context: response, cause, onError: (error) => errors.push(error) }).drain();
  if (errors.length > 0) throw errors[0];
}
