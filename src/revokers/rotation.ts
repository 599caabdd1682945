import { z } from 'zod';
import type { RotateSpec } from '../attribution/credential.ts';
import { namedSpec } from '../config/named-spec.ts';
import { CallError } from '../errors.ts';
import { type Notes, rotating } from '../response/action.ts';
import { ROTATORS } from '../rotation/registry.ts';
import type { Rotation, Rotator } from '../rotation/rotator.ts';
import { isSameSpec } from '../same-spec.ts';
import { defineRevoker } from './revoker.ts';

/** What is begun in here ends within its rotator's own pauses; with the read-back, within the claim of the outbox. */
const LONGEST_MS = 35_000;

/** Of this file, beside the rotator's own. */
const DONE = 'response: rotated';

/**
 * Changes a password or secret at once, through the rotator of the credential's `rotate:`, so that the rightful holder goes on with the new
 * value from the secret manager while a stolen copy dies. First it is changed and proven, then sessions that were opened with the old one are
 * ended. How far it is stands in the step's notes; the proof is the rotator's, asked anew once all of it is done.
 */
export const rotation = defineRevoker({
  id: 'rotation',
  title: 'Password or secret, changed at once by the rotator of its `rotate:`',
  reversible: false,
  undo: 'none: the new value is where the agent reads it',
  cannotStop:
    'whoever can read the secret manager, the agent itself, and sessions that its rotator cannot end; an agent that reads its secret only at its start fails until it starts anew',
  locksOut: false,
  rotates: true,
  needs:
    'what its rotator needs, and to end sessions membership of pg_signal_backend in PostgreSQL, CONNECTION ADMIN and PROCESS in MariaDB',
  testedAgainst:
    'what its rotators are tested against: PostgreSQL 15 and MariaDB 10.11 with Vault 1.19, Vault 1.19, moto 5.2',
  settingsSchema: z.record(z.string(), z.unknown()),
  specSchema: z.strictObject({
    with: z.literal('rotation'),
    /** The credential's own where absent. */
    rotate: namedSpec(ROTATORS, 'rotator').optional(),
  }),
  completed: (spec, { rotate }) => (spec.rotate === undefined && rotate !== undefined ? { ...spec, rotate } : spec),
  whyUnfit({ rotate }, credential) {
    if (rotate === undefined) return 'with: rotation needs a rotator: add rotate: to the same entry';
    return rotatorOf(rotate as RotateSpec).whyUnfit?.(credential);
  },
  accounts: ({ rotate }) => rotatorOf(rotate).accounts(rotate),
  describe: ({ rotate }) => rotating(`${rotatorOf(rotate).describe(rotate)}; and end what the old one has opened`),
  describedBefore(spec) {
    const { rotate } = spec as { readonly rotate?: RotateSpec };
    const words = rotate && rotatorOf(rotate).describedBefore(rotate);
    return words && `rotate: ${words}; and end what the old one has opened`;
  },
  isSame({ rotate: stored }, { rotate: written }) {
    const [before, now] = [stored, written] as (RotateSpec | undefined)[];
    return before !== undefined && now !== undefined && isSameSpec(before, now, rotatorOf(now));
  },
  prepare(settings, { rotate }) {
    const made = rotatorOf(rotate).prepare(settings, rotate);
    return {
      longest: LONGEST_MS,
      async revoke({ notes }) {
        if (notes === undefined) throw new CallError('a rotation is a step of the outbox only', false);
        await changeAndEnd(made, notes);
        await notes.keep(DONE, 'yes');
      },
      async verify({ notes }) {
        if (notes?.get(DONE) === undefined) return { dead: false, proof: 'its rotation has not come to its end' };
        return { dead: true, proof: await changeAndEnd(made, notes) };
      },
    };
  },
});

function rotatorOf(rotate: RotateSpec | undefined): Rotator {
  const rotator = ROTATORS.find(({ id }) => id === rotate?.with);
  if (rotator === undefined) throw new CallError('there is no such rotator', false);
  return rotator;
}

/** Makes it, or proves anew what is made. */
async function changeAndEnd(made: Rotation, notes: Notes): Promise<string> {
  const proof = await made.rotate(notes, true);
  if (made.endSessions === undefined) return proof;
  try {
    return `${proof}; ${await made.endSessions(notes)}`;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new CallError(`${proof}; but what was open goes on: ${error.message}`, error.retryable);
  }
}
