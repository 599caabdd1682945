import { randomUUID } from 'node:crypto';
import type { ResponseContext } from './context.ts';
import { type Outbox, type OutboxStep, stepKey } from './outbox.ts';
import { type Ladder, laddersFor, type PlanStep } from './plan.ts';
import { identityOf, isStep } from './step-identity.ts';

/** What a restore would do about one step of a credential: undo it, nothing (all is well already), or refuse. */
export interface Restorable {
  readonly step: PlanStep;
  readonly outcome: 'restore' | 'nothing' | 'refused';
  /** One sentence. */
  readonly because: string;
}

/** A restore as people read of it. */
const undoing = (describe: string): string => `undo: ${describe}`;

/** Why Wayward can't undo a step at all. */
export const notUndoable = ({ undo }: PlanStep): string => `this step cannot be undone by Wayward; by hand: ${undo}`;

/**
 * Which revocations of these credentials can be undone, in the order in which to do it: the last first. Only Wayward's own,
 * which are on record: what somebody else locked is none of its business.
 */
export const restorablesOf = (ids: Iterable<string>, context: ResponseContext): Restorable[] =>
  laddersFor(ids, context.plan)
    .toReversed()
    .flatMap((ladder) => ofLadder(ladder, context));

/** One answer for the credential, or one for each of its steps that was made. */
function ofLadder(ladder: Ladder, { outbox, plan }: ResponseContext): Restorable[] {
  const [first] = ladder;
  const { id } = first.credential;
  const because = (step: PlanStep, outcome: Restorable['outcome'], sentence: string) => ({
    step,
    outcome,
    because: sentence,
  });
  const all = outbox.revocations(id);
  const newest = all[0];
  if (newest === undefined) return [because(first, 'nothing', 'Wayward has no record of having revoked it')];
  if (newest.doneAt === undefined) {
    const sentence = `its revocation is still under way (${newest.state}); restore it once that has ended`;
    return [because(first, 'refused', sentence)];
  }
  const standing = standingRevocations(id, outbox);
  if (standing.length === 0) {
    const at = new Date(outbox.restores(id)[0]?.doneAt ?? 0).toISOString();
    return [because(first, 'nothing', `restored already, at ${at}; whoever revoked it since was not Wayward`)];
  }
  return standing.map((revoked) => {
    const step = ladder.find((one) => isStep(revoked, one, plan));
    if (first.blocked !== undefined && step === undefined) return because(first, 'refused', first.blocked);
    if (step === undefined)
      return because(first, 'refused', `its revoke: entry was changed since; what was done then: ${revoked.detail}`);
    if (step.blocked !== undefined) return because(step, 'refused', step.blocked);
    if (!step.reversible) return because(step, 'refused', notUndoable(step));
    return because(
      step,
      'restore',
      `revoked at ${new Date(Number(revoked.doneAt)).toISOString()} by ${revoked.decidedBy}`,
    );
  });
}

/** Revocations of this credential, the newest of each kind, that nothing has undone since. */
export function standingRevocations(credential: string, outbox: Outbox): OutboxStep[] {
  const restores = outbox.restores(credential);
  return newestOfEach(outbox.revocations(credential)).filter(
    ({ step, doneAt = 0 }) => !restores.some((made) => made.step === step && Number(made.doneAt) >= doneAt),
  );
}

const newestOfEach = (revocations: readonly OutboxStep[]): OutboxStep[] =>
  [...new Map(revocations.toReversed().map((made) => [made.step, made])).values()].toReversed();

/**
 * Orders that revocations be undone, by a person: nothing else ever is. Returns the order's id; what is refused, or needs
 * nothing, is left out.
 */
export function orderRestore(restorables: readonly Restorable[], by: string, context: ResponseContext): string {
  const cause = `restore-${randomUUID()}`;
  const wanted = restorables.filter(({ outcome }) => outcome === 'restore');
  context.state.transaction(() => {
    for (const [position, { step }] of wanted.entries()) {
      const { id, agent, peerGroup } = step.credential;
      context.outbox.add(
        {
          key: stepKey(cause, id, 'restore', position),
          cause,
          origin: 'order',
          action: 'restore',
          ...identityOf(step, context),
          credential: id,
          agent,
          peerGroup,
          detail: undoing(step.describe),
          position,
          eventAt: undefined,
          expiresAt: undefined,
          decidedBy: by,
        },
        context.now(),
      );
    }
  });
  return cause;
}

/** Why a restore must not be made any more: its credential was revoked again after it was ordered. */
export function whyOvertaken({ credential, decidedAt }: OutboxStep, { outbox }: ResponseContext): string | undefined {
  const revoked = outbox.revocations(credential)[0];
  const isNewer =
    revoked !== undefined && (revoked.doneAt === undefined || Number(revoked.decidedAt) > Number(decidedAt));
  return isNewer ? 'it was revoked again after this was ordered' : undefined;
}
