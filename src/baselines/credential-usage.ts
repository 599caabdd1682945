import type { Credential } from '../attribution/credential.ts';
import { compileScope } from '../attribution/scopes.ts';
import { BoundedCache } from '../bounded-cache.ts';
import type { CredentialUse } from '../event.ts';
import { type Name, type Names, NO_NAME } from './names.ts';

const MINUTE = 60_000;
/** Minutes of a day with use from two networks that make a credential a shared one; fewer happen when an agent moves. */
const SHARED_MINUTES = 5;
/** Actions remembered as looked at; only saves work. */
const REMEMBERED = 64;

/** Plain data. */
export interface SavedCredentialUsage {
  readonly id: string;
  readonly lastUse: number;
  /** Declared scopes, as written, that some use has needed. */
  readonly scopesUsed: readonly string[];
  readonly minute: number;
  /** Name of the network of that minute, in two halves; a number of 32 bits in what earlier versions saved. */
  readonly network: number | readonly [low: number, high: number];
  readonly minuteShared: boolean;
  readonly sharedMinutes: number;
}

/** What one credential was used for: which declared scopes, until when, and whether from two networks at once. */
export class CredentialUsage {
  readonly #credential: Credential;
  readonly #names: Names;
  readonly #scopesUsed: Set<string>;
  readonly #open: Map<string, (action: string) => boolean>;
  readonly #looked = new BoundedCache<true>(REMEMBERED);
  #lastUse: number;
  #minute: number;
  #network: readonly [low: number, high: number];
  #minuteShared: boolean;
  #sharedMinutes: number;
  #ip: string | undefined;
  #ipNetwork: Name = NO_NAME;

  constructor(credential: Credential, names: Names, saved?: SavedCredentialUsage) {
    this.#credential = credential;
    this.#names = names;
    this.#scopesUsed = new Set(saved?.scopesUsed);
    const open = (credential.scopes ?? []).filter((scope) => !this.#scopesUsed.has(scope));
    this.#open = new Map(open.map((scope) => [scope, compileScope(scope)]));
    this.#lastUse = saved?.lastUse ?? Number.NEGATIVE_INFINITY;
    this.#minute = saved?.minute ?? 0;
    const network = saved?.network ?? 0;
    this.#network = typeof network === 'number' ? [network, 0] : network;
    this.#minuteShared = saved?.minuteShared ?? false;
    this.#sharedMinutes = saved?.sharedMinutes ?? 0;
  }

  /** Milliseconds since the epoch. */
  get lastUse(): number {
    return this.#lastUse;
  }

  get scopesUnused(): readonly string[] | undefined {
    return this.#credential.scopes?.filter((scope) => !this.#scopesUsed.has(scope));
  }

  get shared(): boolean {
    return this.#sharedMinutes >= SHARED_MINUTES;
  }

  note(use: CredentialUse): void {
    if (use.time > this.#lastUse) this.#lastUse = use.time;
    // What was denied has needed no scope: it was not granted.
    if (this.#open.size > 0 && use.result !== 'denied') this.#noteScopes(use.action);
    if (use.sourceIp !== undefined) this.#noteNetwork(use.time, use.sourceIp);
  }

  /** Another day begins: sharing is counted anew. */
  endDay(): void {
    this.#sharedMinutes = 0;
  }

  save(): SavedCredentialUsage {
    return {
      id: this.#credential.id,
      lastUse: this.#lastUse,
      scopesUsed: [...this.#scopesUsed],
      minute: this.#minute,
      network: this.#network,
      minuteShared: this.#minuteShared,
      sharedMinutes: this.#sharedMinutes,
    };
  }

  #noteScopes(action: string): void {
    if (this.#looked.get(action) !== undefined) return;
    this.#looked.set(action, true);
    for (const [scope, matches] of this.#open) {
      if (!matches(action)) continue;
      this.#scopesUsed.add(scope);
      this.#open.delete(scope);
    }
  }

  #noteNetwork(time: number, ip: string): void {
    if (ip !== this.#ip) {
      this.#ip = ip;
      this.#ipNetwork = this.#names.network(ip);
    }
    const minute = Math.floor(time / MINUTE);
    if (minute > this.#minute) {
      this.#minute = minute;
      this.#network = [this.#ipNetwork.low, this.#ipNetwork.high];
      this.#minuteShared = false;
    } else if (minute === this.#minute && !isNamed(this.#ipNetwork, this.#network) && !this.#minuteShared) {
      this.#minuteShared = true;
      this.#sharedMinutes++;
    }
  }
}

const isNamed = (name: Name, [low, high]: readonly [number, number]): boolean =>
  high === 0 ? low === name.legacy : low === name.low && high === name.high;
