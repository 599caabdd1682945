import { createHash } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { haltOf, type ResponseContext } from './context.ts';
import type { OutboxStep } from './outbox.ts';
import { plannedOf } from './step-identity.ts';

/** What a person decides about at once: the steps of one alert that wait until the same time. */
export interface Approval {
  readonly alert: string;
  /** Wall clock, milliseconds since the epoch; nobody by then means no. */
  readonly expiresAt: number;
  /** Of what would be done, base64url: another credential or step gives another one. */
  readonly digest: string;
}

/** `superseded`: what would be done is not what it was; else what became of it. */
export type Standing = 'waiting' | 'approved' | 'done' | 'failed' | 'refused' | 'expired' | 'superseded';

/** Looking needs less than deciding. */
export type Looking = Pick<ResponseContext, 'state' | 'outbox' | 'plan' | 'now'>;

/** What waits for a person now, the longest wait first; of one alert where its id is given. */
export const waitingApprovals = (context: Looking, most: number, alert?: string): Approval[] =>
  context.outbox.waitingCauses(context.now(), most, alert).map(({ cause, expiresAt }) => ({
    alert: cause,
    expiresAt,
    digest: digestOf(stepsOf({ alert: cause, expiresAt }, context)),
  }));

/** Its steps as they are now; none where it is superseded. */
export function lookAt(approval: Approval, context: Looking): { standing: Standing; steps: readonly OutboxStep[] } {
  const steps = stepsOf(approval, context);
  if (digestOf(steps) !== approval.digest) return { standing: 'superseded', steps: [] };
  return { standing: standingOf(steps, context), steps };
}

/**
 * Does what a person decided about it, once. Part of the transaction that runs, if one does.
 * @throws UsageError where it changes nothing, with the reason
 */
export function decideApproval(
  approval: Approval,
  decision: 'approve' | 'refuse',
  by: string,
  context: ResponseContext,
): void {
  const { outbox, audit, state } = context;
  state.transaction(() => {
    const { standing, steps } = lookAt(approval, context);
    if (standing !== 'waiting') throw new UsageError(`what was to be decided about ${approval.alert} is ${standing}`);
    if (decision === 'approve' && haltOf(state) !== undefined)
      throw new UsageError('automatic response is halted, and with it approvals by link');
    const now = context.now();
    for (const { key } of steps) {
      if (decision === 'approve') outbox.approve(key, by, now);
      else outbox.refuse(key, by, now);
    }
    const type = decision === 'approve' ? 'approved' : 'refused';
    const credentials = steps.map(({ credential }) => credential);
    audit.append({ type, by, via: 'link', cause: approval.alert, origin: 'alert', credentials }, now);
  });
}

const stepsOf = ({ alert, expiresAt }: Omit<Approval, 'digest'>, { outbox }: Looking): OutboxStep[] =>
  outbox.ofCause(alert).filter((step) => step.action === 'revoke' && step.expiresAt === expiresAt);

/** Over the keys, too, so that the order of the steps does not matter. Links that an earlier version sent are about words. */
function digestOf(steps: readonly OutboxStep[]): string {
  const said = steps.map(({ key, credential, agent, step, spec, detail }) => {
    return [key, credential, agent, spec === undefined ? detail : step];
  });
  return createHash('sha256')
    .update(JSON.stringify(said.toSorted(byKey)))
    .digest('base64url');
}

const byKey = ([a = '']: string[], [b = '']: string[]): number => (a < b ? -1 : 1);

function standingOf(steps: readonly OutboxStep[], { plan, now }: Looking): Standing {
  const waits = ({ state, expiresAt = 0 }: OutboxStep): boolean => state === 'planned' && expiresAt > now();
  if (steps.some(waits)) {
    const isAsWritten = steps.every((step) => plannedOf(step, plan) !== undefined);
    return isAsWritten ? 'waiting' : 'superseded'; // the registry says something else by now
  }
  if (steps.every(({ state }) => state === 'expired' || state === 'planned'))
    return steps.some(({ decidedBy }) => decidedBy !== undefined) ? 'refused' : 'expired';
  if (steps.some(({ doneAt }) => doneAt === undefined)) return 'approved';
  return steps.every(({ state }) => state === 'verified' || state === 'called') ? 'done' : 'failed';
}
