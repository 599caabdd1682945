import type { Deed } from '../attribution/deed.ts';
import type { Registry } from '../attribution/registry.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { PlanContext } from '../response/plan.ts';
import { plannedOf } from '../response/step-identity.ts';

/**
 * What a step of response or of a rotation has done to its credential, as far as it is; undefined where that is nothing to detection. A
 * revocation counts only once it is proven, and only of a revoker that locks out. A restore counts from its call, also where it is not proven
 * yet: its holder may use the credential from then on.
 */
export function deedOf(step: OutboxStep, plan: PlanContext): Deed | undefined {
  const { credential, action, kind, state, calledAt, doneAt } = step;
  const isProven = state === 'verified' && doneAt !== undefined;
  if (action === 'restore') {
    const at = calledAt ?? (isProven ? doneAt : undefined);
    return at === undefined ? undefined : { credential, did: 'restored', at };
  }
  if (!isProven || action === 'notify') return undefined;
  if (kind === 'rotate') return { credential, did: 'rotated', at: doneAt };
  return locksOut(step, plan) ? { credential, did: 'revoked', at: doneAt } : undefined;
}

const locksOut = (step: OutboxStep, plan: PlanContext): boolean => {
  const revoker = plan.revokers.get(plannedOf(step, plan)?.spec?.with ?? '');
  return revoker !== undefined && revoker.locksOut !== false;
};

/** Everything that was done at this time or later (milliseconds since the epoch), as far as this store knows. */
export const deedsSince = (time: number, { outbox, plan }: ResponseContext): Deed[] =>
  outbox.madeSince(time).flatMap((step) => deedOf(step, plan) ?? []);

/** Longer than a commit takes: a step is written with a time from before it. */
const OVERLAP = 60_000;

/** Keeps a registry up to date with what is done from the same store: here, or by a command beside this process. */
export class DeedsOfStore {
  #registry: Registry;
  readonly #response: ResponseContext;
  #version: unknown;
  #since = 0;

  constructor(registry: Registry, response: ResponseContext) {
    this.#registry = registry;
    this.#response = response;
  }

  /** From now on another one is kept: it is told of everything so far. */
  reload(registry: Registry): void {
    this.#registry = registry;
    this.#since = 0;
    this.#version = undefined;
    this.look();
  }

  /** Of this process. */
  take(step: OutboxStep): void {
    const deed = deedOf(step, this.#response.plan);
    if (deed !== undefined) this.#registry.did(deed);
  }

  /** Cheap where no other process has written anything. */
  look(): void {
    const version = this.#response.state.first('PRAGMA data_version')?.data_version;
    if (version === this.#version) return;
    const now = this.#response.now();
    for (const deed of deedsSince(this.#since, this.#response)) this.#registry.did(deed);
    this.#version = version;
    this.#since = now - OVERLAP;
  }
}
