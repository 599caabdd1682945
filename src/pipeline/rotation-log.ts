import type { Log } from '../kafka/log.ts';
import { timesOf } from '../response/record.ts';
import type { RotationContext } from '../rotation/rotations.ts';
import type { RotationListener } from '../rotation/service.ts';

/** Tells of rotations in the service's log. */
export const rotationLog = (log: Log): RotationListener & Pick<RotationContext, 'onStep'> => ({
  onStep: (step) => {
    const { credential, action, state, note } = step;
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
