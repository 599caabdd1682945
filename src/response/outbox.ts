import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { RevokeSpec } from '../attribution/credential.ts';
import { IS_PAGE, ORIGIN } from './earlier.ts';
import { STEPS, stepOf } from './outbox-row.ts';
import type { ResponseState, Row } from './state.ts';
import type { Origin, StepKind } from './step-kinds.ts';

/**
 * planned → approved → calling → called → verified; failed and expired end it from anywhere.
 * `called` is also the end where nobody can be asked for a proof.
 */
export type StepState = 'planned' | 'approved' | 'calling' | 'called' | 'verified' | 'failed' | 'expired';

export const AUTOMATIC = 'automatic';

/** One call to make. Times are milliseconds since the epoch, by the wall clock except `eventAt`. */
export interface OutboxStep {
  /** Idempotency key. */
  readonly key: string;
  /** The alert's or the command's id. */
  readonly cause: string;
  readonly action: 'revoke' | 'restore' | 'rotate' | 'notify';
  readonly kind: StepKind;
  readonly origin: Origin;
  /** Of the step in its credential's list that is made or undone: the same each time. Of a notification nothing. */
  readonly step: string;
  /** That step as the registry had it, for comparison only; undefined of a notification, and where an earlier version planned it. */
  readonly spec: RevokeSpec | undefined;
  readonly credential: string;
  readonly agent: string;
  readonly peerGroup: string;
  /** revoke, restore, rotate: what will be done, in words, for people. notify: the CloudEvent as JSON. */
  readonly detail: string;
  readonly position: number;
  readonly state: StepState;
  /** `automatic` or a person's name; undefined while it waits for one. */
  readonly decidedBy: string | undefined;
  readonly attempts: number;
  readonly dueAt: number;
  readonly expiresAt: number | undefined;
  /** The proof, or the last error, or what it waits for. */
  readonly note: string | undefined;
  /** Its last attempt had to wait, and has not failed. */
  readonly waits: boolean;
  readonly eventAt: number | undefined;
  readonly alertAt: number;
  readonly decidedAt: number | undefined;
  readonly calledAt: number | undefined;
  readonly doneAt: number | undefined;
  /** How often a person was asked whether to make it. */
  readonly asked: number;
  /** Event time of the last evidence that was known when it was decided or asked about; undefined where an earlier version did that. */
  readonly knownUntil: number | undefined;
}

type NewStep = Pick<
  OutboxStep,
  'key' | 'cause' | 'action' | 'kind' | 'origin' | 'credential' | 'agent' | 'peerGroup' | 'detail' | 'position'
> &
  Partial<Pick<OutboxStep, 'step' | 'spec' | 'asked' | 'knownUntil'>> &
  Pick<OutboxStep, 'eventAt' | 'expiresAt' | 'decidedBy'> & {
    /** When its issuer was seen to know the credential, where that is known already. */
    readonly seenAt?: number | undefined;
    /** Whether it may take the place that the limits keep. */
    readonly isGrave?: boolean;
  };

/**
 * The same cause, credential and action are one step, however often they are asked for. `more` tells apart several of one
 * action: the place in the credential's list, and how often it was restored before.
 */
export const stepKey = (cause: string, credential: string, action: string, ...more: number[]): string =>
  createHash('sha256')
    .update([cause, credential, action, ...(more.every((value) => value === 0) ? [] : more)].join('\0'))
    .digest('hex')
    .slice(0, 32);

/** Names this process: host, process id, and something that a later process with that id lacks. */
const OWNER = `${hostname()}:${process.pid}:${randomUUID()}`;

/** Longer than any call and its read-back may take. */
const LEASE_MS = 60_000;

/** The steps to make, kept in the store: written before the call, claimed by one process at a time. */
export class Outbox {
  readonly #state: ResponseState;

  constructor(state: ResponseState) {
    this.#state = state;
  }

  /** Adds a step, to be made now if it is decided, else once somebody approves it. One that ended without success begins anew. */
  add(step: NewStep, now: number): void {
    const { decidedBy } = step;
    this.#state.run(
      `INSERT INTO outbox (key, cause, action, credential, agent, peer_group, detail, position, state, decided_by, due_at,
         expires_at, event_at, alert_at, decided_at, seen_at, step, spec, kind, origin, grave, asked, known_until, waits)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
       ON CONFLICT (key) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, due_at = excluded.due_at,
         expires_at = excluded.expires_at, decided_at = excluded.decided_at, detail = excluded.detail,
         step = excluded.step, spec = excluded.spec, kind = excluded.kind, origin = excluded.origin, waits = 0,
         grave = excluded.grave, asked = excluded.asked, known_until = excluded.known_until, again_at = NULL,
         attempts = 0, done_at = NULL, note = NULL, seen_at = coalesce(excluded.seen_at, seen_at)
       WHERE state IN ('failed', 'expired') OR (state = 'planned' AND excluded.state = 'approved')`,
      step.key,
      step.cause,
      step.action,
      step.credential,
      step.agent,
      step.peerGroup,
      step.detail,
      step.position,
      decidedBy === undefined ? 'planned' : 'approved',
      decidedBy ?? null,
      now,
      step.expiresAt ?? null,
      step.eventAt ?? null,
      now,
      decidedBy === undefined ? null : now,
      step.seenAt ?? null,
      step.step ?? null,
      step.spec === undefined ? null : JSON.stringify(step.spec),
      step.kind,
      step.origin,
      step.isGrave === true ? 1 : null,
      step.asked ?? null,
      step.knownUntil ?? null,
    );
  }

  /** Everything of one alert or command, in order. */
  ofCause(cause: string): OutboxStep[] {
    return this.#select('cause = ? ORDER BY action DESC, position', cause);
  }

  step(key: string): OutboxStep | undefined {
    return this.#select('key = ?', key)[0];
  }

  /** Steps that wait for a person, oldest first. */
  waiting(): OutboxStep[] {
    return this.#select("state = 'planned' ORDER BY alert_at, position");
  }

  /** Of those, the next ones that were added after this one, in that order. */
  waitingAfter({ dueAt, key }: Pick<OutboxStep, 'dueAt' | 'key'>, most: number): OutboxStep[] {
    return this.#select("state = 'planned' AND (due_at, key) > (?, ?) ORDER BY due_at, key LIMIT ?", dueAt, key, most);
  }

  /** How much waits for a person. */
  waitingNow(now: number): { readonly alerts: number; readonly credentials: number } {
    const row = this.#state.first(
      `SELECT count(DISTINCT cause) AS alerts, count(DISTINCT credential) AS credentials FROM outbox
       WHERE state = 'planned' AND expires_at > ?`,
      now,
    );
    return { alerts: Number(row?.alerts), credentials: Number(row?.credentials) };
  }

  /** Which alerts wait for a person, and until when, the longest wait first; of one alert where its id is given. */
  waitingCauses(now: number, most: number, cause?: string): { readonly cause: string; readonly expiresAt: number }[] {
    return this.#state
      .all(
        `SELECT cause, expires_at FROM outbox WHERE state = 'planned' AND expires_at > ? AND cause = coalesce(?, cause)
         GROUP BY cause, expires_at ORDER BY min(alert_at), cause LIMIT ?`,
        now,
        cause ?? null,
        most,
      )
      .map((row) => ({ cause: String(row.cause), expiresAt: Number(row.expires_at) }));
  }

  /** Nothing was done: from then on it is looked at whether misuse goes on; never where no time is given. */
  lookAgain(key: string, at?: number): void {
    this.#state.run('UPDATE outbox SET again_at = ? WHERE key = ?', at ?? null, key);
  }

  /** Steps of which that is to be looked at now. */
  toLookAgain(now: number): OutboxStep[] {
    return this.#select('again_at <= ? ORDER BY again_at LIMIT 50', now);
  }

  /** Steps that waited for a person in vain. */
  overdue(now: number): OutboxStep[] {
    return this.#select(OVERDUE, now);
  }

  /** Every revocation of this credential that was ever planned, newest first. */
  revocationsOf(credential: string): OutboxStep[] {
    return this.#select("credential = ? AND action = 'revoke' ORDER BY alert_at DESC, position DESC", credential);
  }

  /** Proofs that this credential was dead, newest first. */
  proofsOf(credential: string): OutboxStep[] {
    return this.#select(
      "credential = ? AND action = 'revoke' AND state = 'verified' ORDER BY done_at DESC",
      credential,
    );
  }

  /** Revocations of this credential that were or may yet be called, or needed no call any more, however they ended, newest first: what is under way, then by decision. */
  revocations(credential: string): OutboxStep[] {
    return this.#select(
      `credential = ? AND action = 'revoke' AND decided_at IS NOT NULL AND (called_at IS NOT NULL OR done_at IS NULL OR state = 'verified')
       ORDER BY done_at IS NULL DESC, decided_at DESC, position DESC`,
      credential,
    );
  }

  /** What gave this credential back, newest first. */
  restores(credential: string): OutboxStep[] {
    return this.#select(
      "credential = ? AND action = 'restore' AND state IN ('verified', 'called') AND done_at IS NOT NULL ORDER BY done_at DESC",
      credential,
    );
  }

  /** Steps that were called for the first time, or ended, at this time or later (milliseconds), in no order. */
  madeSince(time: number): OutboxStep[] {
    return this.#select("action <> 'notify' AND (called_at >= ? OR done_at >= ?)", time, time);
  }

  /**
   * Steps that may be made now, a plan's in its order, a page before all else: decided, not done, not in the hands of another living
   * process. Those of a drill only where it is asked for by its cause: nobody but the process that holds it knows its canary.
   */
  due(action: OutboxStep['action'], now: number, cause?: string): OutboxStep[] {
    return this.#state
      .all(DUE, action, now, cause ?? null)
      .filter((row) => isFree(row, now))
      .map(stepOf);
  }

  /** Revocations of drills that have not ended, of orders before that time (milliseconds). */
  leftOfDrills(before: number): OutboxStep[] {
    return this.#select(`${ORIGIN} = 'drill' AND action = 'revoke' AND done_at IS NULL AND alert_at < ?`, before);
  }

  /** Takes a due step for this process; false if another one was quicker. */
  claim(key: string, now: number): boolean {
    return this.#state.transaction(() => {
      const row = this.#state.first('SELECT * FROM outbox WHERE key = ? AND done_at IS NULL', key);
      if (row === undefined || row.state === 'planned' || Number(row.due_at) > now || !isFree(row, now)) return false;
      this.#state.run(
        'UPDATE outbox SET owner = ?, owned_until = ?, attempts = attempts + 1 WHERE key = ?',
        OWNER,
        now + LEASE_MS,
        key,
      );
      return true;
    });
  }

  /** Lets go of everything that this process holds. Only for when nothing in it works on a step. */
  release(): void {
    this.#state.run('UPDATE outbox SET owner = NULL WHERE owner = ? AND done_at IS NULL', OWNER);
  }

  /** Its issuer knows the credential. */
  seen(key: string, now: number): void {
    this.#state.run('UPDATE outbox SET seen_at = ? WHERE key = ?', now, key);
  }

  /** Whether its issuer was ever seen to know the credential by this step. */
  wasSeen({ credential, step }: Pick<OutboxStep, 'credential' | 'step'>): boolean {
    const seen = this.#select("credential = ? AND action = 'revoke' AND seen_at IS NOT NULL", credential);
    return seen.some((other) => other.step === step);
  }

  calling(key: string, now: number): void {
    this.#state.run("UPDATE outbox SET state = 'calling', called_at = coalesce(called_at, ?) WHERE key = ?", now, key);
  }

  called(key: string): void {
    this.#state.run("UPDATE outbox SET state = 'called' WHERE key = ?", key);
  }

  /** Lets go of it until `dueAt`. The state stays: after a call that may have arrived, its issuer is asked first. */
  postpone(key: string, dueAt: number, note: string): void {
    this.#letGo(key, dueAt, note, 0);
  }

  /** The same for a step that has to wait: nothing has failed. */
  wait(key: string, dueAt: number, note: string): void {
    this.#letGo(key, dueAt, note, 1);
  }

  #letGo(key: string, dueAt: number, note: string, waits: 0 | 1): void {
    this.#state.run(
      'UPDATE outbox SET due_at = ?, note = ?, waits = ?, owner = NULL WHERE key = ?',
      dueAt,
      note,
      waits,
      key,
    );
  }

  finish(key: string, state: 'verified' | 'called' | 'failed' | 'expired', note: string, now: number): void {
    this.#state.run(
      'UPDATE outbox SET state = ?, note = ?, waits = 0, done_at = ?, owner = NULL WHERE key = ?',
      state,
      note,
      now,
      key,
    );
  }

  /** Lets a step that was made be looked at again: its issuer is asked first. */
  reopen(key: string, now: number): void {
    this.#state.run(
      "UPDATE outbox SET state = 'called', done_at = NULL, note = NULL, waits = 0, attempts = 0, due_at = ? WHERE key = ?",
      now,
      key,
    );
  }

  approve(key: string, by: string, now: number): void {
    this.#state.run(
      "UPDATE outbox SET state = 'approved', decided_by = ?, decided_at = ?, due_at = ? WHERE key = ? AND state = 'planned'",
      by,
      now,
      now,
      key,
    );
  }

  /** Ends what waits, since a person said no. */
  refuse(key: string, by: string, now: number): void {
    this.#state.run(
      `UPDATE outbox SET state = 'expired', decided_by = ?, decided_at = ?, done_at = ?, note = ? WHERE key = ? AND state = 'planned'`,
      by,
      now,
      now,
      `refused by ${by}`,
      key,
    );
  }

  /** How many steps have ended, by state. */
  ended(): Partial<Record<StepState, number>> {
    return this.#count('done_at IS NOT NULL');
  }

  /** How many steps wait or are under way, by state. */
  pending(): Partial<Record<StepState, number>> {
    return this.#count('done_at IS NULL');
  }

  #count(where: string): Partial<Record<StepState, number>> {
    const rows = this.#state.all(`SELECT state, count(*) AS steps FROM outbox WHERE ${where} GROUP BY state`);
    return Object.fromEntries(rows.map(({ state, steps }) => [state as StepState, Number(steps)]));
  }

  #select(where: string, ...values: (string | number)[]): OutboxStep[] {
    return this.#state.all(`${STEPS} WHERE ${where}`, ...values).map(stepOf);
  }
}

/** Thousands may wait: which ones are due is found in the indexes alone, and only those are read. */
const DUE_KEYS = `SELECT key FROM (
    SELECT key FROM outbox
    WHERE action = ?1 AND done_at IS NULL AND state <> 'planned' AND due_at <= ?2
      AND iif(?3 IS NULL, action = 'notify' OR ${ORIGIN} <> 'drill', cause = ?3)
    ORDER BY decided_at, cause, position LIMIT 200)
  UNION SELECT key FROM (
    SELECT key FROM outbox WHERE action = ?1 AND done_at IS NULL AND ${IS_PAGE} AND due_at <= ?2 AND cause = coalesce(?3, cause) LIMIT 200)`;

export const DUE = `${STEPS} WHERE key IN (${DUE_KEYS}) ORDER BY ${IS_PAGE} DESC, decided_at, cause, position LIMIT 200`;

export const OVERDUE = "state = 'planned' AND expires_at <= ? ORDER BY expires_at LIMIT 200";

/** Not in the hands of a living process, as far as we can know. */
function isFree({ owner, owned_until }: Row, now: number): boolean {
  if (typeof owner !== 'string' || Number(owned_until) <= now) return true;
  return owner !== OWNER && isGone(owner);
}

/** Whether the process that wrote this name has ended: only known of our own host; else the lease runs out. */
function isGone(owner: string): boolean {
  const [host, pid] = owner.split(':');
  if (host !== hostname()) return false;
  if (Number(pid) === process.pid) return true; // it had our id before us, as happens in containers
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
