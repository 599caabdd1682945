import type { ResponseContext } from '../response/context.ts';
import { recordEnd } from '../response/record.ts';

/**
 * Ends the steps of drills that ended in the middle: nobody else makes them, since the canary's secret and how to revoke it
 * went with the process. `before`: of orders, milliseconds since the epoch.
 */
export function endLeftSteps(before: number, response: ResponseContext): void {
  for (const { key } of response.outbox.leftOfDrills(before))
    recordEnd(response, key, 'failed', 'the process that held this drill has ended');
}

/** The same for one drill of which it is known. */
export function endStepsOf(cause: string, note: string, response: ResponseContext): void {
  for (const { key, action, doneAt } of response.outbox.ofCause(cause))
    if (action === 'revoke' && doneAt === undefined) recordEnd(response, key, 'failed', note);
}
