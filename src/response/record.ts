import { lookAgainLater } from './ask-again.ts';
import type { ResponseContext } from './context.ts';
import { tellOfEnd } from './failing.ts';
import { reopenIssued } from './issued.ts';
import { AUTOMATIC, type OutboxStep } from './outbox.ts';
import { plannedOf } from './step-identity.ts';
import { namesOf } from './step-names.ts';
import { forgetNotes } from './stored-notes.ts';

/** When each part of the way was reached, RFC 3339; what did not happen is absent. */
export interface StepTimes {
  readonly event?: string;
  readonly alert: string;
  readonly decided?: string;
  readonly called?: string;
  readonly done?: string;
  /** From the offending event (else from the alert or command) to the end, milliseconds. */
  readonly total_ms?: number;
}

export function timesOf({ eventAt, alertAt, decidedAt, calledAt, doneAt }: OutboxStep): StepTimes {
  const iso = (time: number): string => new Date(time).toISOString();
  return {
    ...(eventAt === undefined ? {} : { event: iso(eventAt) }),
    alert: iso(alertAt),
    ...(decidedAt === undefined ? {} : { decided: iso(decidedAt) }),
    ...(calledAt === undefined ? {} : { called: iso(calledAt) }),
    ...(doneAt === undefined ? {} : { done: iso(doneAt), total_ms: doneAt - (eventAt ?? alertAt) }),
  };
}

/**
 * Ends a step, and puts its end into the audit trail, both or neither; a person is told of what did not come through, and what was issued from
 * it and ended before is looked at again.
 */
export function recordEnd(
  context: ResponseContext,
  key: string,
  end: 'verified' | 'called' | 'failed' | 'expired',
  note: string,
): void {
  const { state, outbox, audit, plan, now } = context;
  state.transaction(() => {
    const time = now();
    outbox.finish(key, end, note, time);
    forgetNotes(key, context);
    const step = outbox.step(key);
    if (step === undefined) return;
    lookAgainLater(step, context);
    const { decidedBy, cause, credential, agent, detail, attempts } = step;
    const revoker = (step.spec ?? plannedOf(step, plan)?.spec)?.with;
    const what =
      step.action === 'notify'
        ? { action: 'notify the webhook' }
        : { credential, agent, action: detail, ...(revoker === undefined ? {} : { with: revoker }) };
    const how = { note, attempts, times: timesOf(step) };
    audit.append({ type: end, by: decidedBy ?? AUTOMATIC, cause, ...namesOf(step), ...what, ...how }, time);
    tellOfEnd(step, context);
    if (step.action === 'revoke' && (end === 'verified' || end === 'called')) reopenIssued(step, context);
  });
}
