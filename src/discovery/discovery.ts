import { RANK } from '../attribution/confidence.ts';
import type { Credential } from '../attribution/credential.ts';
import type { Registry } from '../attribution/registry.ts';
import type { CredentialUse } from '../event.ts';
import { isBelieved } from '../proof.ts';
import { type LastingIdentity, lastingIdentity } from './lasting-identity.ts';
import { CredentialUsage } from './usage.ts';

/** Credentials that are told apart; uses of others are counted. */
const MOST_CREDENTIALS = 5_000;
/** Pairs of address and client of uses that name nobody. */
const MOST_NAMELESS = 500;

/** A credential that the logs show and the registry does not know. */
export interface FoundCredential extends LastingIdentity {
  readonly usage: CredentialUsage;
}

interface Nameless {
  readonly address: string;
  readonly client: string | undefined;
  uses: number;
}

/** Who used credentials in logs, told by what they prove; memory is bounded. */
export class Discovery {
  readonly #registry: Registry;
  readonly #found = new Map<string, FoundCredential>();
  readonly #known = new Map<Credential, CredentialUsage>();
  readonly #nameless = new Map<string, Nameless>();
  readonly counts = {
    /** Uses that name nobody at all. */
    nameless: 0,
    /** Uses whose names nothing proves. */
    unproven: 0,
    /** Uses of credentials beyond the bound, or whose name no registry can hold. */
    left: 0,
  };

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  note(use: CredentialUse): void {
    if (use.identities.length === 0) this.#noteNameless(use);
    else if (!isBelieved(use.proof)) this.counts.unproven++;
    else this.#usageOf(use)?.note(use);
  }

  get found(): readonly FoundCredential[] {
    return [...this.#found.values()];
  }

  /** Those of the registry that were used. */
  get known(): ReadonlyMap<Credential, CredentialUsage> {
    return this.#known;
  }

  /** The most used addresses of uses that name nobody. */
  nameless(most: number): readonly Readonly<Nameless>[] {
    return [...this.#nameless.values()]
      .toSorted((a, b) => b.uses - a.uses || (a.address < b.address ? -1 : 1))
      .slice(0, most);
  }

  #usageOf(use: CredentialUse): CredentialUsage | undefined {
    const known = this.#registered(use);
    if (known !== undefined) {
      const usage = this.#known.get(known) ?? new CredentialUsage();
      this.#known.set(known, usage);
      return usage;
    }
    const identity = lastingIdentity(use);
    const name = identity && `${identity.key} ${identity.value}`;
    const found = name === undefined ? undefined : this.#found.get(name);
    if (found !== undefined) return found.usage;
    if (identity === undefined || name === undefined || this.#found.size >= MOST_CREDENTIALS) {
      this.counts.left++;
      return undefined;
    }
    const usage = new CredentialUsage();
    this.#found.set(name, { ...identity, usage });
    return usage;
  }

  /** As attribution decides: by the strongest identity that the registry knows. */
  #registered({ identities }: CredentialUse): Credential | undefined {
    const sorted = identities.length > 1 ? identities.toSorted((a, b) => RANK[a.key] - RANK[b.key]) : identities;
    for (const identity of sorted) {
      const credential = this.#registry.find(identity)?.credential;
      if (credential !== undefined) return credential;
    }
    return undefined;
  }

  #noteNameless({ uses, sourceIp, client, result }: CredentialUse): void {
    if (result === 'rejected' || uses === 0) return;
    this.counts.nameless++;
    if (sourceIp === undefined) return;
    const name = `${sourceIp} ${client ?? ''}`;
    const known = this.#nameless.get(name);
    if (known !== undefined) known.uses++;
    else if (this.#nameless.size < MOST_NAMELESS) this.#nameless.set(name, { address: sourceIp, client, uses: 1 });
  }
}
