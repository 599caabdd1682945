import { CallError } from '../errors.ts';
import type { CloudEvent } from '../webhook.ts';
import { type CallContext, NotYet, type Revocation, type Verification } from './action.ts';
import { isPage } from './breaker-page.ts';
import { haltOf, type ResponseContext } from './context.ts';
import { isStuck, tellOfStuck } from './failing.ts';
import { whyNever } from './guards.ts';
import { sumOfHistory } from './history.ts';
import { noticeOf } from './notice.ts';
import { AUTOMATIC, type OutboxStep } from './outbox.ts';
import { issuersOf, type PlanStep, prepareStep } from './plan.ts';
import { recordEnd } from './record.ts';
import { askAgainWhereDue } from './responder.ts';
import { notUndoable, standingRevocations, whyOvertaken } from './restore.ts';
import { plannedOf } from './step-identity.ts';
import { StoredNotes } from './stored-notes.ts';

export interface RetryPolicy {
  /** Calls before a step is given up as failed. */
  readonly attempts: number;
  /** First pause and longest pause, milliseconds; doubled each time, of which half is random. */
  readonly first: number;
  readonly longest: number;
}

/** Goes on for about four minutes. */
const RETRY: RetryPolicy = { attempts: 10, first: 500, longest: 60_000 };

export interface WorkerOptions {
  readonly context: ResponseContext;
  /** Sends to `response.webhook`; rejects with a CallError. Needed where one is configured. */
  readonly deliver?: (event: CloudEvent) => Promise<unknown>;
  readonly retry?: RetryPolicy;
  /** Awaited right before each call that changes something: makes what was decided safe first, rejects where another process is to act. */
  readonly beforeCall?: () => Promise<void>;
  /** Only the steps of this alert or order; all where absent. */
  readonly cause?: string;
  /** Told of each step whenever it got further or failed: progress for a person. */
  readonly onStep?: (step: OutboxStep) => void;
  /** Told, once, what was found in records from before the first start. */
  readonly onHistory?: (text: string) => void;
  /** Told of what should not happen: a store that can't be written. */
  readonly onError: (error: unknown) => void;
}

/** Plans that call one issuer at the same time, the steps of one following each other; so many notifications, too. Nobody waits for another issuer. */
const CONCURRENCY = 8;
/** How soon an approval or a command of another process is seen. */
const POLL_MS = 250;
const MINUTE = 60_000;

/** Steps of one alert or order that are being made. */
interface Plan {
  /** Whom it calls now. */
  calls: string;
  made: Promise<void>;
}

/** Makes the steps of the outbox: calls, reads back, retries, records. Several processes may run one; each step is made by one of them. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #retry: RetryPolicy;
  readonly #inFlight = new Map<string, Plan>();
  /** The last step that waits for a person and was looked at. */
  #lookedAt: Pick<OutboxStep, 'dueAt' | 'key'> = { dueAt: 0, key: '' };
  readonly #looks = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  /** When notifications were sent within the last minute. */
  #posts: number[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#retry = options.retry ?? RETRY;
  }

  /** Works on in the background until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** Begins what is due, now; does not wait for it. Call it after `respondTo`. */
  wake(): void {
    try {
      this.#launch();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Begins nothing more and waits for what is under way. What is left goes on at the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all([...this.#underWay(), ...this.#looks]);
  }

  /** Makes everything that is due now, and what becomes due meanwhile. */
  async drain(): Promise<void> {
    for (;;) {
      this.wake();
      if (this.#inFlight.size === 0) return;
      await Promise.race(this.#underWay());
    }
  }

  #launch(): void {
    const { context } = this.#options;
    expireApprovals(context);
    askAgainWhereDue(context);
    this.#sumHistory();
    if (this.#timer !== undefined) this.#lookAtWaiting();
    for (const action of ['revoke', 'restore', 'notify'] as const) {
      const due = context.outbox.due(action, context.now(), this.#options.cause);
      const plans = Map.groupBy(action === 'notify' ? this.#withinPace(due) : due, ({ cause }) => cause);
      for (const [cause, steps] of plans) this.#begin(action, cause, steps);
    }
    context.audit.publishHead();
  }

  /** Not where it works for one order only: whoever did that would keep it to himself. */
  #sumHistory(): void {
    const { context, cause, onHistory } = this.#options;
    const text = cause === undefined ? sumOfHistory(context) : undefined;
    if (text !== undefined) onHistory?.(text);
  }

  /** Of notifications, those that the receiver may get by now. A page is always one of them. */
  #withinPace(due: readonly OutboxStep[]): readonly OutboxStep[] {
    const { config, now } = this.#options.context;
    const least = now() - MINUTE;
    this.#posts = this.#posts.filter((at) => at > least);
    const free = Math.max(0, (config.webhook?.per_minute ?? 0) - this.#posts.length);
    const waiting = due.filter((step) => !this.#inFlight.has(planOf(step)));
    return [...waiting.filter(isPage), ...waiting.filter((step) => !isPage(step)).slice(0, free)];
  }

  #underWay(): Promise<void>[] {
    return [...this.#inFlight.values()].map(({ made }) => made);
  }

  #begin(action: OutboxStep['action'], cause: string, steps: readonly OutboxStep[]): void {
    const name = planOf({ action, cause });
    const at = this.#calls(steps[0]);
    const busy = [...this.#inFlight.values()].filter((other) => other.calls === at).length;
    if (busy >= CONCURRENCY || this.#inFlight.has(name)) return;
    const plan: Plan = { calls: at, made: Promise.resolve() };
    this.#inFlight.set(name, plan);
    plan.made = this.#makeAll(steps, plan)
      .catch(this.#options.onError)
      .finally(() => this.#inFlight.delete(name));
  }

  async #makeAll(steps: readonly OutboxStep[], plan: Plan): Promise<void> {
    for (const step of steps) {
      plan.calls = this.#calls(step);
      if (this.#options.context.outbox.claim(step.key, this.#options.context.now())) await this.#make(step);
      this.#report(step.key);
    }
    this.#options.context.audit.publishHead();
  }

  /** Whom a step calls. */
  #calls(step: OutboxStep | undefined): string {
    if (step === undefined || step.action === 'notify') return 'notify';
    return plannedOf(step, this.#options.context.plan)?.issuer ?? '';
  }

  async #make(step: OutboxStep): Promise<void> {
    try {
      if (step.action === 'notify') await this.#notify(step);
      else await this.#change(step);
    } catch (error) {
      const { outbox, now } = this.#options.context;
      if (error instanceof NotYet) return outbox.wait(step.key, now() + error.after, error.message);
      if (!(error instanceof CallError)) throw error;
      this.#failed(step, error);
    }
  }

  async #notify(step: OutboxStep): Promise<void> {
    const { context, deliver } = this.#options;
    if (deliver === undefined)
      return context.outbox.finish(step.key, 'failed', 'no webhook is configured', context.now());
    context.outbox.calling(step.key, context.now());
    if (!isPage(step)) this.#posts.push(context.now());
    await this.#options.beforeCall?.();
    const { head } = context.audit;
    await deliver(noticeOf(step, context, head));
    if (head !== undefined) context.audit.keptElsewhere(head);
    context.outbox.finish(step.key, 'called', 'the receiver took it', context.now());
  }

  /** Revokes or restores. */
  async #change(step: OutboxStep): Promise<void> {
    const { context, beforeCall } = this.#options;
    const planned = plannedOf(step, context.plan);
    const notes = new StoredNotes(step.key, context, beforeCall);
    const isHalf = !notes.isEmpty;
    const broken = whyImpossible(step, isHalf, planned, context);
    if (planned === undefined || broken !== undefined)
      return recordEnd(context, step.key, 'failed', broken ?? 'unknown');
    const { key, credential, agent, decidedAt } = step;
    const auditHead = () => context.audit.head;
    const call: CallContext = { key, credential, agent, decidedAt, notes, auditHead };
    const revocation = context.circuits.guard(planned.issuer, await prepareStep(planned, context.plan));

    // A process that ended in the middle may have made the call: the issuer knows.
    const isKnown = revocation.isThere === undefined || isAbsenceProof(step, context);
    const before = step.state === 'approved' || !isKnown ? undefined : await revocation.verify(call);
    if (before !== undefined && isReached(step, before)) return recordEnd(context, step.key, 'verified', before.proof);
    const stale = isHalf ? undefined : whyStale(step, context);
    if (stale !== undefined) return recordEnd(context, step.key, 'expired', stale);
    // Before the first call: what has ended meanwhile is not our doing.
    if (revocation.isThere !== undefined && (!isKnown || step.state === 'approved')) {
      if (!(await this.#isSeen(step.key, revocation, call))) return this.#endGone(step, isKnown, revocation, call);
    }

    context.outbox.calling(step.key, context.now());
    await beforeCall?.();
    this.#report(step.key); // not of what a process wanted that was replaced meanwhile
    const meanwhile = isHalf ? undefined : whyStale(step, context);
    if (meanwhile !== undefined) return recordEnd(context, step.key, 'expired', meanwhile);
    await makeCall(step, planned, revocation, call);
    context.outbox.called(step.key);
    const after = await revocation.verify(call);
    if (after === undefined) return recordEnd(context, step.key, 'called', 'called; nobody can be asked for a proof');
    if (!isReached(step, after)) throw new CallError(`called, but ${after.proof}`, true);
    recordEnd(context, step.key, 'verified', after.proof);
  }

  /** What its issuer doesn't know: has ended by itself or by somebody else where it was seen there before, else nothing is proven. */
  async #endGone({ key }: OutboxStep, isKnown: boolean, { verify }: Revocation, call: CallContext): Promise<void> {
    const { context } = this.#options;
    if (!isKnown) return recordEnd(context, key, 'failed', NOT_THERE);
    const gone = await verify(call);
    if (gone?.dead !== true) throw new CallError(`its issuer does not know it, but ${gone?.proof}`, true);
    recordEnd(context, key, 'verified', `${GONE}: ${gone.proof}`);
  }

  /**
   * What waits for a person may end by itself meanwhile: its issuer is asked now whether it knows it, once, so that its absence proves
   * something later. Nothing is changed.
   */
  #lookAtWaiting(): void {
    const { context, onError } = this.#options;
    for (const step of context.outbox.waitingAfter(this.#lookedAt, CONCURRENCY - this.#looks.size)) {
      this.#lookedAt = step;
      const look: Promise<void> = this.#look(step)
        .catch(onError)
        .finally(() => this.#looks.delete(look));
      this.#looks.add(look);
    }
  }

  async #look(step: OutboxStep): Promise<void> {
    const { key, credential, agent } = step;
    const { plan, circuits } = this.#options.context;
    const planned = plannedOf(step, plan);
    if (planned === undefined || planned.blocked !== undefined) return;
    try {
      const revocation = circuits.guard(planned.issuer, await prepareStep(planned, plan));
      if (revocation.isThere !== undefined) await this.#isSeen(key, revocation, { key, credential, agent });
    } catch (error) {
      if (!(error instanceof CallError)) throw error; // unknown: it is asked again before the call
    }
  }

  /** Looks before the call, and notes what it saw. */
  async #isSeen(key: string, { isThere }: Revocation, call: CallContext): Promise<boolean> {
    if (!(await isThere?.(call))) return false;
    this.#options.context.outbox.seen(key, this.#options.context.now());
    return true;
  }

  #failed({ key }: OutboxStep, { message, retryable }: CallError): void {
    const { context } = this.#options;
    const step = context.outbox.step(key);
    if (step === undefined) return;
    const isHalf = !new StoredNotes(key, context).isEmpty;
    if (!retryable || (step.attempts >= this.#retry.attempts && !isHalf)) {
      recordEnd(context, key, 'failed', message);
      return;
    }
    const pause = Math.min(this.#retry.longest, this.#retry.first * 2 ** (step.attempts - 1));
    const dueAt = context.now() + Math.ceil(pause / 2 + (Math.random() * pause) / 2);
    context.state.transaction(() => {
      context.outbox.postpone(key, dueAt, message);
      if (isStuck(step, this.#retry.attempts)) tellOfStuck(step, message, context);
    });
  }

  #report(key: string): void {
    const step = this.#options.context.outbox.step(key);
    if (step !== undefined) this.#options.onStep?.(step);
  }
}

const NOT_THERE =
  'was not there before Wayward acted, so that nothing is proven: check the registry entry; it may also have ended by itself, or by somebody else';

/** Begins the proof of what was dead already. */
const GONE = 'had ended before Wayward acted';

/**
 * Whether an issuer that does not know a credential proves that it is dead: it was seen there before, or what it was issued from was
 * revoked, with which such things end.
 */
function isAbsenceProof(step: OutboxStep, { outbox, plan }: ResponseContext): boolean {
  if (outbox.wasSeen(step)) return true;
  const issuers = [...issuersOf(step.credential, plan.credentials)];
  return issuers.some(({ id }) =>
    standingRevocations(id, outbox).some(({ state, kind }) => state === 'verified' && kind !== 'rotate'),
  );
}

const planOf = ({ action, cause }: Pick<OutboxStep, 'action' | 'cause'>): string => `${action} ${cause}`;

/** Why the step can't be made as it was decided. What is half made is ended, whatever was decided since. */
function whyImpossible(
  step: OutboxStep,
  isHalf: boolean,
  planned: PlanStep | undefined,
  { config, plan }: ResponseContext,
): string | undefined {
  if (!plan.credentials.has(step.credential)) return 'the credential is no longer in the registry';
  if (planned === undefined) return 'its revoke: entry was changed after the decision; decide again';
  return step.action === 'restore' || isHalf ? planned.blocked : whyNever(planned, config);
}

const isReached = ({ action }: OutboxStep, { dead, alive }: Verification): boolean =>
  action === 'restore' ? alive === true : dead;

async function makeCall(step: OutboxStep, planned: PlanStep, revocation: Revocation, call: CallContext): Promise<void> {
  if (step.action !== 'restore') return revocation.revoke(call);
  if (revocation.restore === undefined) throw new CallError(notUndoable(planned), false);
  return revocation.restore(call);
}

/** Why a step must not be made any more, though it was decided. */
function whyStale(step: OutboxStep, context: ResponseContext): string | undefined {
  if (step.action === 'restore') return whyOvertaken(step, context);
  const { config, state, now } = context;
  if (step.decidedBy !== AUTOMATIC) return undefined;
  if (haltOf(state) !== undefined) return 'automatic response was halted before the call';
  const age = now() - (step.decidedAt ?? 0);
  return age > config.max_alert_age ? 'older than max_alert_age before it could be called' : undefined;
}

/** What nobody approved in time is refused. */
function expireApprovals(context: ResponseContext): void {
  for (const { key } of context.outbox.overdue(context.now())) {
    recordEnd(context, key, 'expired', 'nobody approved it in time');
  }
}
