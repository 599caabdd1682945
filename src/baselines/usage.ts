import type { AttributedUse } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import { CredentialUsage, type SavedCredentialUsage } from './credential-usage.ts';
import type { Names } from './names.ts';
import { DAY } from './series.ts';

/** How a credential stands: its registry entry and what is known of its use. */
export interface CredentialState {
  readonly kind: 'credential';
  readonly credential: Credential;
  /** `start`: the stream has begun. `first-use`: it was used for the first time. `day`: a UTC day is over. */
  readonly because: 'start' | 'first-use' | 'day';
  /** Milliseconds since the epoch; the last one of the day that is over. */
  readonly at: number;
  /** When it was used last; undefined if never. */
  readonly lastUse: number | undefined;
  /** Those of its declared scopes that no use has needed. */
  readonly scopesUnused: readonly string[] | undefined;
  /** On this day two networks used it at once, again and again. */
  readonly shared: boolean;
}

export interface SavedUsage {
  /** Since the epoch; undefined before the first event. */
  readonly day: number | undefined;
  readonly credentials: readonly SavedCredentialUsage[];
}

export const NO_USAGE: SavedUsage = { day: undefined, credentials: [] };

/** After a silence, the states of this many days are made up for. */
const MOST_DAYS = 31;

/** What each credential was used for, and how it stands at the end of each UTC day of the stream. Never more entries than the registry. */
export class Usage {
  readonly #credentials: readonly Credential[];
  readonly #names: Names;
  readonly #report: (state: CredentialState) => void;
  readonly #used = new Map<string, CredentialUsage>();
  #day: number | undefined;

  /** @param credentials those whose days are reported here, and by no other process */
  constructor(credentials: readonly Credential[], names: Names, report: (state: CredentialState) => void) {
    this.#names = names;
    this.#credentials = credentials;
    this.#report = report;
  }

  /** The stream has come to `time` (milliseconds): days that are over by then are reported. */
  reach(time: number): void {
    if (!Number.isFinite(time)) return; // no event at all so far
    const day = Math.floor(time / DAY);
    if (this.#day === undefined) {
      this.#reportAll('start', time);
      this.#day = day;
    }
    if (day <= this.#day) return;
    for (let over = Math.max(this.#day, day - MOST_DAYS); over < day; over++) {
      this.#reportAll('day', (over + 1) * DAY - 1);
      for (const usage of this.#used.values()) usage.endDay();
    }
    this.#day = day;
  }

  /** Takes one use of a registered credential; the others are nobody's inventory. */
  note({ use, attribution: { credential } }: AttributedUse): void {
    if (credential === undefined || use.result === 'rejected') return;
    const known = this.#used.get(credential.id);
    if (known !== undefined) {
      known.note(use);
      return;
    }
    const usage = new CredentialUsage(credential, this.#names);
    this.#used.set(credential.id, usage);
    usage.note(use);
    this.#report(stateOf(credential, 'first-use', use.time, usage));
  }

  save(): SavedUsage {
    return { day: this.#day, credentials: [...this.#used.values()].map((usage) => usage.save()) };
  }

  /** Goes on with what was saved; credentials that have left the registry are forgotten. */
  load({ day, credentials }: SavedUsage, byId: (id: string) => Credential | undefined): void {
    this.#day = day;
    for (const saved of credentials) {
      const credential = byId(saved.id);
      if (credential !== undefined) this.#used.set(saved.id, new CredentialUsage(credential, this.#names, saved));
    }
  }

  #reportAll(because: CredentialState['because'], at: number): void {
    for (const credential of this.#credentials)
      this.#report(stateOf(credential, because, at, this.#used.get(credential.id)));
  }
}

const stateOf = (
  credential: Credential,
  because: CredentialState['because'],
  at: number,
  usage: CredentialUsage | undefined,
): CredentialState => ({
  kind: 'credential',
  credential,
  because,
  at,
  lastUse: usage?.lastUse,
  scopesUnused: usage === undefined ? credential.scopes : usage.scopesUnused,
  shared: usage?.shared ?? false,
});
