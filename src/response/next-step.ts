import type { Alert } from '../alerts/alert.ts';
import { isInVain } from './ask-again.ts';
import type { ResponseContext } from './context.ts';
import { offendedAt } from './guards.ts';
import { type OutboxStep, type StepState, stepKey } from './outbox.ts';
import type { Ladder, PlanStep } from './plan.ts';
import { identityOf, isStep } from './step-identity.ts';

/** What an alert wants done about one credential next. */
export interface WantedStep {
  readonly step: PlanStep;
  /** Of the outbox. */
  readonly key: string;
  /** Event time of the misuse that it answers, milliseconds. */
  readonly eventAt: number;
  /** What went on in spite of what was done; undefined where nothing was. */
  readonly wentOn: string | undefined;
  /** Why a person must be asked, whatever the mode. */
  readonly ask: string | undefined;
  /** Event time of this credential's last evidence, milliseconds. */
  readonly usedAt: number;
  /** The same step, as it ended without anything being done and without anybody saying no. */
  readonly inVain: OutboxStep | undefined;
  /** A person is asked about it once more: how often with this time, and why. */
  readonly again?: { readonly asked: number; readonly because: string };
}

/**
 * Which of a credential's steps comes next because of an alert; undefined where that one is under way or made. It is the
 * first one; the one after the last that was made, once there is evidence of later misuse; after a restore the first one again.
 */
export function nextStep(alert: Alert, ladder: Ladder, context: ResponseContext): WantedStep | undefined {
  const { outbox, config } = context;
  const { id } = ladder[0].credential;
  const restores = outbox.restores(id);
  const restoredAt = restores[0]?.doneAt ?? 0;
  const made = outbox.revocations(id).filter(({ doneAt = 0 }) => doneAt > restoredAt);
  const usedAt = alert.lastEvidence?.[id] ?? alert.end;
  const goesOnAfter = (time: number): boolean => usedAt > time + config.escalate_after;

  const isMade = (row: OutboxStep, step: PlanStep): boolean => isStep(row, step, context.plan);
  const { place, before } = climb(ladder, made, isMade, ({ doneAt = 0 }) => goesOnAfter(doneAt));
  const step = ladder[place] ?? ladder[0];
  const planned = outbox
    .revocationsOf(id)
    .find(
      (row) => row.cause === alert.id && isMade(row, step) && (row.doneAt ?? Number.POSITIVE_INFINITY) > restoredAt,
    );
  if (planned !== undefined && !MAY_BEGIN_ANEW.has(planned.state)) return undefined;
  const key = planned?.key ?? newKey(alert, step, [place, restores.length], context);

  const gaveBack = before === undefined && restores[0] !== undefined && goesOnAfter(restoredAt);
  const wentOn =
    before === undefined ? (gaveBack ? 'it was used again after its restore' : undefined) : wentOnAfter(before);
  return {
    step,
    key,
    eventAt: wentOn === undefined ? offendedAt(alert) : usedAt,
    wentOn,
    ask: before === undefined ? whyCoolingDown(made, restores, context) : whyNotAfter(before),
    usedAt,
    inVain: planned !== undefined && isInVain(planned) ? planned : undefined,
  };
}

const MAY_BEGIN_ANEW: ReadonlySet<StepState> = new Set(['planned', 'failed', 'expired']);

/** By its place; by its id where another step of the list was at that place when it was planned. */
function newKey(alert: Alert, step: PlanStep, place: readonly number[], context: ResponseContext): string {
  const { id } = step.credential;
  const byPlace = stepKey(alert.id, id, 'revoke', ...place);
  if (context.outbox.step(byPlace) === undefined) return byPlace;
  return stepKey(alert.id, id, `revoke ${identityOf(step, context).step}`, ...place);
}

/** Goes up the ladder past each step that was made and in spite of which misuse goes on. */
function climb(
  ladder: Ladder,
  made: readonly OutboxStep[],
  isMade: (row: OutboxStep, step: PlanStep) => boolean,
  goesOn: (step: OutboxStep) => boolean,
): { readonly place: number; readonly before?: OutboxStep } {
  let before: OutboxStep | undefined;
  for (const [place, step] of ladder.entries()) {
    const last = made.find((row) => row.doneAt !== undefined && ENDS.has(row.state) && isMade(row, step));
    if (last === undefined || !goesOn(last) || place === ladder.length - 1)
      return before === undefined ? { place } : { place, before };
    before = last;
  }
  return { place: 0 };
}

const ENDS: ReadonlySet<StepState> = new Set(['verified', 'called', 'failed']);

const wentOnAfter = ({ state, detail }: OutboxStep): string => `misuse went on after this was ${state}: ${detail}`;

/** The step before was to be the reversible one: where it could not be made, it did not come first. */
const whyNotAfter = ({ state, note }: OutboxStep): string | undefined =>
  state === 'failed' ? `the step before it failed: ${note}` : undefined;

function whyCoolingDown(
  made: readonly OutboxStep[],
  restores: readonly OutboxStep[],
  { config, now }: ResponseContext,
): string | undefined {
  const since = now() - config.cool_down;
  const minutes = ({ doneAt = 0 }: OutboxStep) => `${Math.round((now() - doneAt) / 60_000)} minutes ago`;
  const restored = restores.find(({ doneAt = 0 }) => doneAt > since);
  if (restored !== undefined) return `it was restored ${minutes(restored)} by ${restored.decidedBy}, within cool_down`;
  const revoked = made.find(({ state, doneAt = 0 }) => ENDS.has(state) && state !== 'failed' && doneAt > since);
  return revoked && `it was revoked ${minutes(revoked)} already, within cool_down`;
}
