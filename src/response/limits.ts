import type { Credential } from '../attribution/credential.ts';
import type { ResponseConfig } from './config.ts';
import type { ResponseState } from './state.ts';

const BREAKER = 'response.breaker';
const RESET_AT = 'response.breaker_reset_at';

/** An open breaker: since when and why. Stays open until a person closes it. */
export interface OpenBreaker {
  readonly at: number;
  readonly because: string;
}

export const openBreaker = (state: ResponseState): OpenBreaker | undefined =>
  state.setting(BREAKER) as OpenBreaker | undefined;

/** Closes the breaker; counting begins anew. */
export function closeBreaker(state: ResponseState, now: number): void {
  state.setSetting(BREAKER, undefined);
  state.setSetting(RESET_AT, now);
}

/** How much may be revoked automatically per window; counts what the outbox holds, so that a restart or a second process forgets nothing. */
export class Limits {
  readonly #state: ResponseState;
  readonly #limits: ResponseConfig['limits'];
  readonly #credentials: ReadonlyMap<string, Credential>;
  readonly #now: number;
  /** Taken in this decision, not yet in the outbox. */
  readonly #taken: Credential[] = [];

  constructor(
    state: ResponseState,
    limits: ResponseConfig['limits'],
    credentials: ReadonlyMap<string, Credential>,
    now: number,
  ) {
    this.#state = state;
    this.#limits = limits;
    this.#credentials = credentials;
    this.#now = now;
  }

  /** Takes one credential's place within the limits; else the reason why not, and the breaker is open from then on. */
  take(credential: Credential): string | undefined {
    const open = openBreaker(this.#state);
    if (open !== undefined) return `the breaker is open: ${open.because} (wayward halt --off closes it)`;
    const because = this.#tooManyCredentials(credential) ?? this.#tooManyOfGroup(credential);
    if (because === undefined) {
      this.#taken.push(credential);
      return undefined;
    }
    this.#state.setSetting(BREAKER, { at: this.#now, because } satisfies OpenBreaker);
    return `the breaker opened: ${because} (wayward halt --off closes it)`;
  }

  #tooManyCredentials({ id }: Credential): string | undefined {
    const revoked = this.#recent(
      'credential',
      '',
      this.#taken.map((taken) => taken.id),
    );
    const { credentials, window } = this.#limits;
    if (revoked.add(id).size <= credentials) return undefined;
    return `${credentials} credentials were revoked automatically within ${window / 60_000} minutes, which is the limit`;
  }

  #tooManyOfGroup({ agent, peerGroup }: Credential): string | undefined {
    const takenHere = this.#taken.filter((taken) => taken.peerGroup === peerGroup);
    const revoked = this.#recent(
      'agent',
      peerGroup,
      takenHere.map((taken) => taken.agent),
    );
    const members = new Set(
      [...this.#credentials.values()].filter((other) => other.peerGroup === peerGroup).map((other) => other.agent),
    );
    const allowed = Math.max(1, Math.floor((members.size * this.#limits.peer_group_percent) / 100));
    if (revoked.add(agent).size <= allowed) return undefined;
    return `${allowed} of ${members.size} agents of ${peerGroup} were hit automatically within ${this.#limits.window / 60_000} minutes, which is the limit`;
  }

  #recent(what: 'credential' | 'agent', peerGroup: string, taken: readonly string[]): Set<string> {
    const resetAt = Number(this.#state.setting(RESET_AT) ?? 0);
    const rows = this.#state.all(
      `SELECT DISTINCT ${what} AS name FROM outbox
       WHERE decided_by = 'automatic' AND decided_at > ? AND action = 'revoke' AND state <> 'expired' AND (? = '' OR peer_group = ?)`,
      Math.max(this.#now - this.#limits.window, resetAt),
      peerGroup,
      peerGroup,
    );
    return new Set([...rows.map((row) => String(row.name)), ...taken]);
  }
}
