import { createHash } from 'node:crypto';
import type { RevokeSpec } from '../attribution/credential.ts';
import { Secret } from '../config/secrets.ts';
import { canonical, isSameSpec } from '../same-spec.ts';
import type { Revoker } from './action.ts';
import { plannedSentence } from './earlier.ts';
import type { Outbox, OutboxStep } from './outbox.ts';
import { finalPlanFor, type PlanContext, type PlanStep } from './plan.ts';

/** What of a row of the outbox says which step of the registry it makes or undoes. */
type Made = Pick<OutboxStep, 'action' | 'credential' | 'detail' | 'spec'>;

/** The step of today's registry that a row makes or undoes, whatever it is called by now; undefined where the registry has it no more. */
export const plannedOf = (made: Made, plan: PlanContext): PlanStep | undefined =>
  finalPlanFor([made.credential], plan).find((step) => isStep(made, step, plan));

/** Whether a row is about this step of the registry. Structures are compared; words only where an earlier version kept nothing else. */
export function isStep(made: Made, { credential, spec }: PlanStep, { revokers }: PlanContext): boolean {
  const revoker = revokers.get(spec?.with ?? '');
  if (spec === undefined || revoker === undefined || made.credential !== credential.id) return false;
  if (made.spec === undefined) return revoker.describedBefore?.(spec) === plannedSentence(made.action, made.detail);
  if (made.spec.with !== spec.with) return false;
  const stored = revoker.completed?.(made.spec, credential) ?? made.spec;
  const written = storedSpec(spec, revoker);
  return revoker.isSame?.(stored, written) ?? isSameSpec(stored, written, revoker);
}

/** What a new row of the outbox says of its step. */
export function identityOf(
  step: PlanStep,
  { outbox, plan }: { readonly outbox: Outbox; readonly plan: PlanContext },
): Required<Pick<OutboxStep, 'step' | 'kind'>> & Pick<OutboxStep, 'spec'> {
  const { credential, spec, kind } = step;
  const stored = spec && storedSpec(spec, plan.revokers.get(spec.with));
  const before = outbox.revocationsOf(credential.id).find((made) => isStep(made, step, plan));
  return { step: before?.step ?? newStepId(credential.id, stored), spec: stored, kind };
}

/** For one that was never planned before. */
export const newStepId = (credential: string, spec: RevokeSpec | undefined): string =>
  createHash('sha256')
    .update(`step\0${credential}\0${canonical(spec)}`)
    .digest('hex')
    .slice(0, 32);

/** A spec as the outbox keeps it: of secrets where they lie, of fields in which people put keys a digest. */
export function storedSpec({ with: name, ...rest }: RevokeSpec, revoker?: Pick<Revoker, 'keyFields'>): RevokeSpec {
  const fields = Object.entries(rest).map(([field, value]) => [
    field,
    revoker?.keyFields?.includes(field) && value !== undefined ? digestOf(value) : withoutSecrets(value),
  ]);
  return { with: name, ...Object.fromEntries(fields) };
}

const digestOf = (value: unknown): string => `sha256:${createHash('sha256').update(canonical(value)).digest('hex')}`;

function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return value.reference;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutSecrets(entry)]));
}
