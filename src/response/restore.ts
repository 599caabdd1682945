import { randomUUID } from 'node:crypto';
import type { ResponseContext } from './context.ts';
import { type OutboxStep, stepKey } from './outbox.ts';
import type { PlanStep } from './plan.ts';

/** What a restore would do about one credential: undo the revocation, nothing (all is well already), or refuse. */
export interface Restorable {
  readonly step: PlanStep;
  readonly outcome: 'restore' | 'nothing' | 'refused';
  /** One sentence. */
  readonly because: string;
}

/** A restore as the outbox and the record name it. */
export const undoing = (describe: string): string => `undo: ${describe}`;

/** Why Wayward can't undo a step at all. */
export const notUndoable = ({ undo }: PlanStep): string => `this step cannot be undone by Wayward; by hand: ${undo}`;

/**
 * Whether a credential's revocation can be undone. Only Wayward's own, which is on record: what somebody else locked is
 * none of its business.
 */
export function restorable(step: PlanStep, { outbox }: ResponseContext): Restorable {
  const because = (outcome: Restorable['outcome'], sentence: string) => ({ step, outcome, because: sentence });
  const { id } = step.credential;
  const revoked = outbox.lastRevocation(id);
  if (revoked === undefined) return because('nothing', 'Wayward has no record of having revoked it');
  if (revoked.doneAt === undefined)
    return because('refused', `its revocation is still under way (${revoked.state}); restore it once that has ended`);
  const restored = outbox.lastRestore(id);
  if (restored !== undefined && Number(restored.doneAt) >= revoked.doneAt) {
    const at = new Date(Number(restored.doneAt)).toISOString();
    return because('nothing', `restored already, at ${at}; whoever revoked it since was not Wayward`);
  }
  if (step.blocked !== undefined) return because('refused', step.blocked);
  if (revoked.detail !== step.describe)
    return because('refused', `its revoke: entry was changed since; what was done then: ${revoked.detail}`);
  if (!step.reversible) return because('refused', notUndoable(step));
  return because('restore', `revoked at ${new Date(revoked.doneAt).toISOString()} by ${revoked.decidedBy}`);
}

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
          key: stepKey(cause, id, 'restore'),
          cause,
          action: 'restore',
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
  const revoked = outbox.lastRevocation(credential);
  const isNewer =
    revoked !== undefined && (revoked.doneAt === undefined || Number(revoked.decidedAt) > Number(decidedAt));
  return isNewer ? 'it was revoked again after this was ordered' : undefined;
}
