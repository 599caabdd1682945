import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bareCredential } from '../attribution/credential.ts';
import { CallError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import { assessOrder, placeOrder } from '../response/control.ts';
import { planFor } from '../response/plan.ts';
import type { Worker } from '../response/worker.ts';
import { bornAt, canaryName } from './canary-name.ts';
import type { Drill } from './config.ts';
import type { Canary, CanaryIssuer } from './drill-kind.ts';
import { endLeftSteps } from './left-steps.ts';
import { recordDrill } from './record.ts';
import { DRILL_KINDS } from './registry.ts';
import { type StepName, Stopwatch } from './stopwatch.ts';

/** Where a drill is held. */
export interface DrillContext {
  readonly response: ResponseContext;
  /** What makes the steps of one cause, as in any other response. */
  readonly worker: (context: ResponseContext, cause: string, onError: (error: unknown) => void) => Worker;
  /** Awaited before a drill that a person ordered begins: makes its order safe, rejects where another process is to hold it. */
  readonly beforeCall?: (() => Promise<void>) | undefined;
  /** Aborted where the process is to end: a drill under way then ends early, and its canary is removed. */
  readonly signal: AbortSignal;
}

export interface DrillReport {
  /** Id of the drill, and cause of all that it did. */
  readonly cause: string;
  readonly kind: string;
  /** The canary's id, as plan and record name it. */
  readonly canary: string;
  readonly passed: boolean;
  /** How the server refused it; else what went wrong, and where. */
  readonly note: string;
  /** From the order to the refusal of the next use, milliseconds; undefined where it did not come to that. */
  readonly took: number | undefined;
  readonly objective: number;
  /** Milliseconds that each step took, as far as it came. */
  readonly steps: Readonly<Partial<Record<StepName, number>>>;
}

/** Longer than any drill lasts, with all its retries: a canary that is older was left by a drill that ended in the middle. */
export const LEFT_AFTER = 30 * 60_000;
const POLL_MS = 50;

/**
 * Revokes a credential made for it, over the path that every response takes: plan, guards, outbox, revoker, read-back, record.
 * Then uses it once more: only the server's refusal counts. Whatever happens is in the report and in the audit trail; only what
 * is no failure of a drill is thrown, such as a store that can't be written.
 */
export async function holdDrill(
  drill: Drill,
  by: string,
  context: DrillContext,
  { cause, canary }: Pick<DrillReport, 'cause' | 'canary'> = newNames(context),
): Promise<DrillReport> {
  const { response } = context;
  const watch = new Stopwatch();
  const outcome = await attempt(() => exercise(drill, { canary, cause, by }, context, watch));
  const { take: took } = watch;
  const isLate = took !== undefined && took > drill.objective;
  const late = isLate ? `; it took ${seconds(took)}, its objective is ${seconds(drill.objective)}` : '';
  const report: DrillReport = {
    cause,
    kind: drill.with,
    canary,
    passed: outcome.ok && !isLate,
    note: `${outcome.ok ? '' : `${watch.last}: `}${outcome.note}${late}`,
    took: outcome.ok ? took : undefined,
    objective: drill.objective,
    steps: watch.steps,
  };
  recordDrill(report, by, response, { notifies: !report.passed && !context.signal.aborted });
  return report;
}

const newNames = ({ response }: DrillContext) => ({
  cause: `drill-${randomUUID()}`,
  canary: canaryName(response.now()),
});

const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;

interface Held {
  readonly canary: string;
  readonly cause: string;
  readonly by: string;
}

/** From what was left to what is left: nothing. Returns how the server refused. */
async function exercise(drill: Drill, held: Held, context: DrillContext, watch: Stopwatch): Promise<string> {
  const { response } = context;
  const issuer = issuerOf(drill, response);
  const now = response.now();
  await watch.time('clean', async () => {
    endLeftSteps(now - LEFT_AFTER, response);
    await issuer.removeLeft((name) => (bornAt(name) ?? now) < now - LEFT_AFTER);
  });
  const canary = await watch.time('create', () => issuer.create(held.canary, now + LEFT_AFTER));
  try {
    await watch.time('use', () => canary.use());
    await watch.time('revoke', () => revoke(canary, held, context));
    return await watch.time('refuse', () => canary.refused(drill.objective - (watch.steps.revoke ?? 0)));
  } finally {
    await removeQuietly(canary, watch);
  }
}

/** What can't be removed now expires, and is removed by a later drill; that must not hide how this one went. */
const removeQuietly = async (canary: Canary, watch: Stopwatch): Promise<void> => {
  await attempt(() => watch.time('remove', async () => void (await canary.remove())).then(() => ''));
};

function issuerOf(drill: Drill, { plan }: ResponseContext): CanaryIssuer {
  const kind = DRILL_KINDS.find(({ id }) => id === drill.with);
  const account = plan.revokers.get(drill.with)?.settingsOf ?? drill.with;
  const settings = plan.settings[account];
  if (kind === undefined) throw new CallError(`there is no kind of drill "${drill.with}"`, false);
  if (settings === undefined)
    throw new CallError(`needs settings: add revokers.${account} to the configuration`, false);
  return kind.issuer(settings, drill);
}

/** Orders it and waits until it has ended. The order's name is not `automatic`: neither mode nor limits nor a halt look at it. */
async function revoke({ kind, revoke }: Canary, { canary, cause, by }: Held, context: DrillContext): Promise<void> {
  const credential = bareCredential({ id: canary, agent: AGENT, kind, slot: revoke.with, revoke });
  const plan = { ...context.response.plan, credentials: new Map([[canary, credential]]) };
  const response = { ...context.response, plan };
  const { wanted, refused } = await assessOrder(planFor([canary], plan), response);
  for (const { because } of refused) throw new CallError(because, false);
  placeOrder(wanted, by, response, { cause, origin: 'drill' });
  const errors: unknown[] = [];
  const worker = context.worker(response, cause, (error) => errors.push(error));
  const steps = () => response.outbox.ofCause(cause).filter(({ action }) => action === 'revoke');
  for (;;) {
    await worker.drain();
    if (errors.length > 0) throw errors[0];
    if (steps().every(({ doneAt }) => doneAt !== undefined)) break;
    if (context.signal.aborted) throw new CallError('Wayward was stopped', false);
    await sleep(POLL_MS);
  }
  const undone = steps().find(({ state }) => state !== 'verified' && state !== 'called');
  if (undone !== undefined) throw new CallError(`${undone.state}: ${undone.note ?? 'no reason is on record'}`, false);
}

/** Nobody's: no agent of the registry is it or has it. */
const AGENT = 'wayward-canary';

async function attempt(work: () => Promise<string>): Promise<{ readonly ok: boolean; readonly note: string }> {
  try {
    return { ok: true, note: await work() };
  } catch (error) {
    if (error instanceof CallError) return { ok: false, note: error.message };
    throw error;
  }
}
