import type { Credential } from '../attribution/credential.ts';
import type { ResponseConfig } from './config.ts';
import type { ResponseState } from './state.ts';

const BREAKER = 'response.breaker';
const RESET_AT = 'response.breaker_reset_at';

/** An open breaker: since when and why. Stays open until a person closes it. */
export interface OpenBreaker {
  readonly at: number;
  readonly because: string;
  /** It is open only for alerts that are not grave: the place that is kept is still free. */
  readonly sparesGrave?: true;
}

export const openBreaker = (state: ResponseState): OpenBreaker | undefined =>
  state.setting(BREAKER) as OpenBreaker | undefined;

/** Closes the breaker; counting begins anew. */
export function closeBreaker(state: ResponseState, now: number): void {
  state.setSetting(BREAKER, undefined);
  state.setSetting(RESET_AT, now);
}

/** Names of what was revoked automatically in the window, and of those the ones that grave alerts revoked. */
interface Recent {
  readonly all: ReadonlySet<string>;
  readonly grave: ReadonlySet<string>;
}

/**
 * How much may be revoked automatically per window; counts what the outbox holds, so that a restart or a second process forgets nothing. One
 * place is kept for grave alerts: whoever can make agents look suspicious uses up the others, and must not shield the theft behind them.
 */
export class Limits {
  readonly #state: ResponseState;
  readonly #limits: ResponseConfig['limits'];
  readonly #credentials: ReadonlyMap<string, Credential>;
  readonly #now: number;
  /** Taken in this decision, not yet in the outbox. */
  readonly #taken: { readonly credential: Credential; readonly isGrave: boolean }[] = [];

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
  take(credential: Credential, isGrave: boolean): string | undefined {
    const open = openBreaker(this.#state);
    if (open !== undefined && !(isGrave && open.sparesGrave)) return `the breaker is open: ${open.because} ${CLOSES}`;
    const because = this.#tooManyCredentials(credential, isGrave) ?? this.#tooManyOfGroup(credential, isGrave);
    if (because === undefined) {
      this.#taken.push({ credential, isGrave });
      return undefined;
    }
    const opened: OpenBreaker = { at: this.#now, because, ...(!isGrave && { sparesGrave: true }) };
    this.#state.setSetting(BREAKER, opened);
    return `the breaker opened: ${because} ${CLOSES}`;
  }

  #tooManyCredentials({ id }: Credential, isGrave: boolean): string | undefined {
    const recent = this.#recent('credential', undefined, (taken) => taken.id);
    const { credentials, window } = this.#limits;
    // Of one place, none is kept: no more than so many, whatever comes.
    if (isWithin(id, isGrave, recent, credentials, credentials)) return undefined;
    const many = isGrave ? credentials : ordinaryOf(credentials);
    return `${many} credentials were revoked automatically within ${window / 60_000} minutes, which is the limit${keptOf(isGrave, credentials)}`;
  }

  #tooManyOfGroup({ agent, peerGroup }: Credential, isGrave: boolean): string | undefined {
    const recent = this.#recent('agent', peerGroup, (taken) => taken.agent);
    const members = new Set(
      [...this.#credentials.values()].filter((other) => other.peerGroup === peerGroup).map((other) => other.agent),
    );
    const allowed = Math.max(1, Math.floor((members.size * this.#limits.peer_group_percent) / 100));
    // A small group has room for one agent: a second one may follow where only the first was no grave alert's.
    if (isWithin(agent, isGrave, recent, allowed, Math.max(2, allowed))) return undefined;
    const many = isGrave ? recent.all.size : ordinaryOf(allowed);
    return `${many} of ${members.size} agents of ${peerGroup} were hit automatically within ${this.#limits.window / 60_000} minutes, which is the limit${keptOf(isGrave, allowed + 1)}`;
  }

  #recent(
    what: 'credential' | 'agent',
    peerGroup: string | undefined,
    nameOf: (credential: Credential) => string,
  ): Recent {
    const resetAt = Number(this.#state.setting(RESET_AT) ?? 0);
    const rows = this.#state.all(
      `SELECT ${what} AS name, max(grave) AS grave FROM outbox
       WHERE decided_by = 'automatic' AND decided_at > ?1 AND action = 'revoke' AND state <> 'expired' AND (?2 IS NULL OR peer_group = ?2)
       GROUP BY name`,
      Math.max(this.#now - this.#limits.window, resetAt),
      peerGroup ?? null,
    );
    const taken = this.#taken.filter(({ credential }) => (peerGroup ?? credential.peerGroup) === credential.peerGroup);
    return {
      all: new Set([...rows.map(({ name }) => String(name)), ...taken.map(({ credential }) => nameOf(credential))]),
      grave: new Set([
        ...rows.filter(({ grave }) => grave === 1).map(({ name }) => String(name)),
        ...taken.filter(({ isGrave }) => isGrave).map(({ credential }) => nameOf(credential)),
      ]),
    };
  }
}

const CLOSES = '(wayward halt --off closes it)';

/** Places that alerts may take which are not grave. */
const ordinaryOf = (places: number): number => Math.max(1, places - 1);

/** Whether one more has a place: grave ones have `places` among themselves, `most` together with others. */
function isWithin(name: string, isGrave: boolean, { all, grave }: Recent, places: number, most: number): boolean {
  if (all.has(name)) return true;
  return isGrave ? grave.size < places && all.size < most : all.size < ordinaryOf(places);
}

const keptOf = (isGrave: boolean, places: number): string =>
  isGrave || places < 2 ? '' : '; one more place is kept for critical alerts that are surely theirs';
