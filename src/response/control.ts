import { randomUUID } from 'node:crypto';
import { CallError, UsageError } from '../errors.ts';
import { haltOf, type ResponseContext, setHalt } from './context.ts';
import { whyNever } from './guards.ts';
import { closeBreaker, type OpenBreaker, openBreaker } from './limits.ts';
import { type OutboxStep, stepKey } from './outbox.ts';
import { type PlanStep, prepareStep } from './plan.ts';
import { recordEnd } from './record.ts';
import { identityOf, isStep } from './step-identity.ts';

/** What a person's order came to: its id, and what needed nothing because it is still dead from before. */
export interface Order {
  readonly cause: string;
  readonly refused: readonly { readonly step: PlanStep; readonly because: string }[];
  readonly alreadyDead: readonly PlanStep[];
}

/**
 * Orders the steps of a plan by hand: no mode, limit or halt stands in the way, protection does. A credential that is on
 * record as dead, and still is when its issuer is asked, is left alone, so that a repeat adds nothing.
 */
export async function orderSteps(steps: readonly PlanStep[], by: string, context: ResponseContext): Promise<Order> {
  const assessed = await assessOrder(steps, context);
  return { ...assessed, cause: placeOrder(assessed.wanted, by, context) };
}

/** What such an order would come to. */
export async function assessOrder(
  steps: readonly PlanStep[],
  context: ResponseContext,
): Promise<Omit<Order, 'cause'> & { readonly wanted: readonly PlanStep[] }> {
  const refused: { step: PlanStep; because: string }[] = [];
  const alreadyDead: PlanStep[] = [];
  const wanted: PlanStep[] = [];
  for (const step of steps) {
    const because = whyNever(step, context.config);
    if (because !== undefined) refused.push({ step, because });
    else if (await isStillDead(step, context)) alreadyDead.push(step);
    else wanted.push(step);
  }
  return { refused, alreadyDead, wanted };
}

/** Orders what an assessment found to be wanted; returns the order's id. */
export function placeOrder(
  wanted: readonly PlanStep[],
  by: string,
  context: ResponseContext,
  { cause, origin }: Pick<OutboxStep, 'cause' | 'origin'> = { cause: `order-${randomUUID()}`, origin: 'order' },
): string {
  context.state.transaction(() => {
    for (const [position, step] of wanted.entries()) {
      const { id, agent, peerGroup } = step.credential;
      const key = stepKey(cause, id, 'revoke', position);
      const what = {
        key,
        cause,
        origin,
        action: 'revoke',
        ...identityOf(step, context),
        credential: id,
        agent,
        peerGroup,
        detail: step.describe,
        position,
      } as const;
      context.outbox.add({ ...what, eventAt: undefined, expiresAt: undefined, decidedBy: by }, context.now());
    }
  });
  return cause;
}

async function isStillDead(step: PlanStep, { outbox, plan, circuits }: ResponseContext): Promise<boolean> {
  const { id, agent } = step.credential;
  const last = outbox.proofsOf(id).find((proof) => isStep(proof, step, plan));
  if (last === undefined) return false;
  try {
    const revocation = circuits.guard(step.issuer, await prepareStep(step, plan));
    const verified = await revocation.verify({ key: last.key, credential: id, agent });
    return verified?.dead === true;
  } catch (error) {
    if (error instanceof CallError) return false; // unknown: the order goes its usual way and reports it
    throw error;
  }
}

/** Lets what waits for a person because of this alert be done. @throws UsageError where nothing waits (any more) */
export function approve(cause: string, by: string, context: ResponseContext): OutboxStep[] {
  return context.state.transaction(() => {
    const now = context.now();
    const steps = context.outbox.ofCause(cause).filter(({ action }) => action === 'revoke');
    const waiting = steps.filter(({ state, expiresAt }) => state === 'planned' && (expiresAt ?? now + 1) > now);
    if (waiting.length === 0) throw new UsageError(whyNothingWaits(cause, steps));
    for (const { key } of waiting) context.outbox.approve(key, by, now);
    context.audit.append(
      { type: 'approved', by, cause, origin: 'alert', credentials: waiting.map(({ credential }) => credential) },
      now,
    );
    return waiting;
  });
}

function whyNothingWaits(cause: string, steps: readonly OutboxStep[]): string {
  const states = [...new Set(steps.map(({ state }) => (state === 'planned' ? 'expired' : state)))];
  const known = states.length === 0 ? 'nothing was planned for it' : `its steps are ${states.join(', ')}`;
  return `nothing waits for approval because of ${cause} (${known}); to revoke by hand: wayward revoke --credential ID --execute`;
}

/** Ends what waits for approval because of an alert that a person closed. */
export function dismiss(cause: string, because: string, context: ResponseContext): void {
  for (const { key, state } of context.outbox.ofCause(cause)) {
    if (state === 'planned') recordEnd(context, key, 'expired', because);
  }
}

/** Stops all automatic response, in every process, before its next call. */
export function halt(by: string, context: ResponseContext): void {
  context.state.transaction(() => {
    const now = context.now();
    if (haltOf(context.state) !== undefined) return;
    setHalt(context.state, { by, at: now });
    context.audit.append({ type: 'halted', by }, now);
  });
}

/** Lifts the halt and closes the breaker; limits count anew. Returns the breaker that was open. */
export function resume(by: string, context: ResponseContext): OpenBreaker | undefined {
  return context.state.transaction(() => {
    const now = context.now();
    const breaker = openBreaker(context.state);
    if (haltOf(context.state) === undefined && breaker === undefined) return undefined;
    setHalt(context.state, undefined);
    closeBreaker(context.state, now);
    context.audit.append({ type: 'resumed', by }, now);
    return breaker;
  });
}
