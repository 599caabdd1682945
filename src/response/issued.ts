import type { ResponseContext } from './context.ts';
import type { OutboxStep } from './outbox.ts';
import { isIssuedFrom } from './plan.ts';
import { namesOf } from './step-names.ts';

/**
 * A credential has just been revoked. What was issued from it and ended earlier under the same alert or order, because this
 * one's issuer was down, may have been issued anew meanwhile: it is looked at again, and revoked again where it lives.
 */
export function reopenIssued({ cause, credential }: OutboxStep, { outbox, audit, plan, now }: ResponseContext): void {
  for (const step of outbox.ofCause(cause)) {
    if (step.action !== 'revoke' || step.doneAt === undefined) continue;
    if (step.state !== 'verified' && step.state !== 'called') continue;
    if (!isIssuedFrom(step.credential, credential, plan.credentials)) continue;
    if (isIssuedFrom(credential, step.credential, plan.credentials)) continue; // a circle: neither comes first
    outbox.reopen(step.key, now());
    audit.append(
      {
        type: 'reopened',
        by: step.decidedBy ?? '',
        cause,
        ...namesOf(step),
        credential: step.credential,
        agent: step.agent,
        action: step.detail,
        note: `${credential}, from which it was issued, was revoked after it`,
      },
      now(),
    );
  }
}
