import type { Credential } from '../attribution/credential.ts';
import type { Deed } from '../attribution/deed.ts';
import { CallError } from '../errors.ts';
import { NotYet, rotating } from '../response/action.ts';
import type { ResponseContext } from '../response/context.ts';
import { KIND, rotationSentence } from '../response/earlier.ts';
import { isStuck } from '../response/failing.ts';
import { type OutboxStep, stepKey } from '../response/outbox.ts';
import { recordEnd } from '../response/record.ts';
import { newStepId, storedSpec } from '../response/step-identity.ts';
import { StoredNotes } from '../response/stored-notes.ts';
import { isSameSpec } from '../same-spec.ts';
import { tellOfFailure } from './notify.ts';
import { planRotation, type RotationPlan, rotatorOf } from './plan.ts';
import type { Rotator } from './rotator.ts';

/** Where rotations are made. */
export interface RotationContext {
  readonly response: ResponseContext;
  /** Makes what was decided or noted safe before anything is done outside; rejects where another process is to act. */
  readonly beforeCall?: () => Promise<void>;
  /** Told of each step whenever it got further or failed. */
  readonly onStep: (step: OutboxStep) => void;
}

/** Pauses before a rotation is tried again: doubled from the first to the longest, milliseconds, half of it random. Never given up: half of one is no end. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5 * 60_000;
/** After so many attempts, if they fail, the webhook is told. */
const TELL_AFTER = 10;

/**
 * Orders a rotation, written to the outbox before anything is done; one of this credential that is under way already is left to go on.
 * Returns the key of the one or the other. The same `cause` twice is one order.
 */
export function orderRotation(
  plan: RotationPlan,
  cause: string,
  by: string,
  { outbox, state, now }: ResponseContext,
): string {
  const { id, agent, peerGroup, rotate } = plan.credential;
  const spec = rotate && storedSpec(rotate);
  return state.transaction(() => {
    const before = underWay(id, state);
    if (before !== undefined) return before;
    const key = stepKey(cause, id, 'rotate');
    const step = { step: newStepId(id, spec), spec, origin: 'rotation', kind: 'rotate' } as const;
    const what = { key, cause, action: 'rotate', ...step, credential: id, agent, peerGroup } as const;
    const when = { position: 0, eventAt: undefined, expiresAt: undefined };
    outbox.add({ ...what, ...when, detail: rotating(plan.describe), decidedBy: by }, now());
    return key;
  });
}

/** Key of the rotation of this credential that has not ended. */
export function underWay(credential: string, state: ResponseContext['state']): string | undefined {
  const row = state.first(
    "SELECT key FROM outbox WHERE credential = ? AND action = 'rotate' AND done_at IS NULL",
    credential,
  );
  return row === undefined ? undefined : String(row.key);
}

/** Whether a rotation has got through, or to where it only has to wait. */
export const isWell = ({ state, waits }: OutboxStep): boolean => state === 'verified' || (state === 'calling' && waits);

/** When each credential was rotated last, by schedule, by hand or in response, as far as this store knows. */
export const rotationsIn = (state: ResponseContext['state']): Deed[] =>
  state
    .all(
      `SELECT credential, max(done_at) AS at FROM outbox
       WHERE action IN ('rotate', 'revoke') AND ${KIND} = 'rotate' AND state = 'verified' GROUP BY credential`,
    )
    .map(({ credential, at }) => ({ credential: String(credential), did: 'rotated', at: Number(at) }));

/** Makes the rotations that are due to be made or tried again now, one after another. Those of this key only, where there is one. */
export async function makeRotations(context: RotationContext, key?: string): Promise<void> {
  const { outbox, audit, now } = context.response;
  for (const step of outbox.due('rotate', now())) {
    if (key !== undefined && step.key !== key) continue;
    if (!outbox.claim(step.key, now())) continue;
    await make(step, context);
    audit.publishHead();
    const after = outbox.step(step.key);
    if (after !== undefined) context.onStep(after);
  }
}

async function make(step: OutboxStep, context: RotationContext): Promise<void> {
  const { response, beforeCall } = context;
  const notes = new StoredNotes(step.key, response, beforeCall);
  try {
    const rotation = prepare(step, notes, response);
    response.outbox.calling(step.key, response.now());
    await beforeCall?.();
    end('verified', await rotation.rotate(notes));
  } catch (error) {
    if (error instanceof NotYet) {
      response.outbox.wait(step.key, response.now() + error.after, error.message);
      return;
    }
    if (!(error instanceof CallError)) throw error;
    if (error.retryable) postpone(step.key, error.message, response);
    else {
      response.state.transaction(() => {
        end('failed', error.message);
        tellOfFailure(step.key, response);
      });
    }
  }
  function end(state: 'verified' | 'failed', note: string): void {
    recordEnd(response, step.key, state, note);
  }
}

/** @throws CallError, not retryable, where it can't be made as it was decided */
function prepare(step: OutboxStep, notes: StoredNotes, response: ResponseContext) {
  const credential = response.plan.credentials.get(step.credential);
  const rotator = credential && rotatorOf(credential);
  if (credential === undefined || rotator === undefined)
    throw new CallError('the registry has no rotate: entry of this credential any more', false);
  const { blocked } = planRotation(credential, response);
  // What has begun is ended, whatever was decided about the credential since: half a rotation helps nobody.
  if (blocked !== undefined && notes.isEmpty) throw new CallError(blocked, false);
  if (!isRotation(step, credential, rotator))
    throw new CallError('its rotate: entry was changed after the decision; decide again', false);
  return rotator.prepare(response.plan.settings, credential.rotate);
}

/** Whether a row is about the rotation that the registry has by now. */
function isRotation({ spec, detail }: OutboxStep, { rotate }: Credential, rotator: Rotator): boolean {
  if (rotate === undefined) return false;
  if (spec === undefined) return rotationSentence(rotator.describedBefore(rotate) ?? '') === detail;
  return spec.with === rotate.with && isSameSpec(spec, storedSpec(rotate), rotator);
}

function postpone(key: string, note: string, response: ResponseContext): void {
  const { outbox, state, now } = response;
  const step = outbox.step(key);
  const attempts = step?.attempts ?? 1;
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1));
  state.transaction(() => {
    outbox.postpone(key, now() + Math.ceil(pause / 2 + (Math.random() * pause) / 2), note);
    if (step !== undefined && isStuck(step, TELL_AFTER)) tellOfFailure(key, response);
  });
}
