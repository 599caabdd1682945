import type { ResponseContext } from '../response/context.ts';
import { stepKey } from '../response/outbox.ts';
import type { RotationConfig } from './config.ts';
import { tellOfRotation } from './notify.ts';
import { planRotation, type RotationPlan } from './plan.ts';

const DAY = 86_400_000;
/** In one notification; what is beyond comes with the next look. */
const MOST_REMINDERS = 500;

interface DuePlan extends RotationPlan {
  readonly dueAt: number;
}

/** Every credential that is due by some time, the longest overdue first. */
export const dueBy = (time: number, response: ResponseContext): DuePlan[] =>
  [...response.plan.credentials.values()]
    .map((credential) => planRotation(credential, response))
    .filter((plan): plan is DuePlan => plan.dueAt !== undefined && plan.dueAt <= time)
    .toSorted((a, b) => a.dueAt - b.dueAt);

const isAutomatic = ({ blocked, handOnly }: RotationPlan): boolean => blocked === undefined && handOnly === undefined;

/** What to rotate now without being asked: a day before it is due, or a tenth of its period, so that it is never overdue. */
export const dueForRotation = (response: ResponseContext): DuePlan[] => {
  const now = response.now();
  const early = ({ credential }: DuePlan): number => Math.min(DAY, (credential.rotateEvery ?? 0) / 10);
  return dueBy(now + DAY, response).filter((plan) => isAutomatic(plan) && plan.dueAt - early(plan) <= now);
};

/** The same for each look at one credential and due time, so that a rotation is ordered once. */
export const causeOf = ({ credential, dueAt }: DuePlan): string =>
  `rotation-${stepKey(credential.id, String(dueAt), 'due')}`;

/** Reminds of what is due soon, once for each credential and due time: the webhook, where there is one, and whoever gets what this returns. */
export function remind({ mode, remind_before }: RotationConfig, response: ResponseContext): readonly DuePlan[] {
  const { state, now } = response;
  return state.transaction(() => {
    const due = dueBy(now() + remind_before, response)
      .filter((plan) => mode !== 'auto' || !isAutomatic(plan))
      .filter(({ credential, dueAt }) => state.setting(remindedOf(credential.id)) !== dueAt)
      .slice(0, MOST_REMINDERS);
    if (due.length === 0) return due;
    for (const { credential, dueAt } of due) state.setSetting(remindedOf(credential.id), dueAt);
    const id = stepKey('rotation', JSON.stringify(due.map((plan) => [plan.credential.id, plan.dueAt])), 'notify');
    tellOfRotation(
      `rotation-${id}`,
      `${due.length} due`,
      id,
      { what: 'due', credentials: due.map(dueDocument(now())) },
      response,
    );
    return due;
  });
}

const remindedOf = (credential: string): string => `rotation.reminded.${credential}`;

const dueDocument =
  (now: number) =>
  ({ credential: { id, agent, owner, kind }, dueAt, describe, blocked }: DuePlan) => ({
    credential: id,
    agent,
    owner,
    kind,
    due_at: new Date(dueAt).toISOString(),
    overdue: dueAt <= now,
    by_wayward: blocked === undefined ? describe : undefined,
  });
