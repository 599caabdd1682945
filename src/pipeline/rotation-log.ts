import type { Registry } from '../attribution/registry.ts';
import type { Log } from '../kafka/log.ts';
import { timesOf } from '../response/record.ts';
import type { RotationContext } from '../rotation/rotations.ts';
import type { RotationListener } from '../rotation/service.ts';

/** Tells of rotations in the service's log, and the registry of those that are done. */
export const rotationLog = (log: Log, registry: Registry): RotationListener & Pick<RotationContext, 'onStep'> => ({
  onStep: (step) => {
    const { credential, action, state, note, doneAt } = step;
    if (state === 'verified' && doneAt !== undefined) registry.rotated(credential, doneAt);
    const fields = { credential, action, state, note, times: timesOf(step) };
    if (state === 'verified') log.info(fields, 'rotation');
    else log.error(fields, 'rotation');
  },
  reminded: (due) => {
    for (const { credential, dueAt = 0, blocked } of due) {
      const fields = {
        credential: credential.id,
        owner: credential.owner,
        due_at: new Date(dueAt).toISOString(),
        blocked,
      };
      log.warn(fields, 'rotation is due');
    }
  },
  paused: (due, haltedBy) =>
    log.warn({ due: due.length, halted_by: haltedBy }, 'no rotation: automatic response is halted'),
  onError: (error) => log.error({ err: error }, 'rotation failed'),
});
