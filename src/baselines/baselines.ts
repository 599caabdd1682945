import type { Attribution } from '../attribution/attributed.ts';
import type { Principal } from './principal.ts';
import { openState, STATE_BYTES, type State } from './state.ts';

/** Principals of one process; more than the registry and the unregistered bound can give is a fault of configuration. */
const MOST_PRINCIPALS = 20_000_000;

/** Everything learned, as plain data that v8.serialize keeps exactly. */
export interface SavedBaselines {
  readonly bytesPerState: number;
  readonly principals: readonly (readonly [
    name: string,
    group: string | undefined,
    zone: string,
    state: ArrayBuffer,
  ])[];
  readonly groups: readonly (readonly [name: string, state: ArrayBuffer])[];
}

const zoneOf = (attribution: Attribution): string => attribution.credential?.hours?.split(' ').at(-1) ?? 'UTC';

const groupOf = (attribution: Attribution): string | undefined => {
  const { credential } = attribution;
  return credential && credential.peerGroup !== credential.agent
    ? `${credential.peerGroup}/${credential.slot}`
    : undefined;
};

/** The baselines of all principals and their peer groups. */
export class Baselines {
  readonly #principals = new Map<string, Principal>();
  readonly #groups = new Map<string, State>();
  readonly #groupOf = new Map<string, string>();

  get size(): number {
    return this.#principals.size;
  }

  /** The principal of an attribution that names one; made empty at its first use. */
  of(attribution: Attribution): Principal {
    const name = attribution.principal as string;
    return this.#principals.get(name) ?? this.#open(name, groupOf(attribution), zoneOf(attribution), openState());
  }

  /** The principal of that name, if it was ever seen. */
  find(name: string): Principal | undefined {
    return this.#principals.get(name);
  }

  /** Forgets principals, such as unregistered ones that have made room. */
  forget(name: string): void {
    this.#principals.delete(name);
    this.#groupOf.delete(name);
  }

  #open(name: string, group: string | undefined, zone: string, state: State): Principal {
    if (this.#principals.size >= MOST_PRINCIPALS)
      throw new Error(`more than ${MOST_PRINCIPALS} principals in one process: share the work among several`);
    const principal = { name, state, peers: group === undefined ? undefined : this.#group(group), zone };
    this.#principals.set(name, principal);
    if (group !== undefined) this.#groupOf.set(name, group);
    return principal;
  }

  #group(name: string): State {
    const known = this.#groups.get(name);
    if (known) return known;
    const made = openState();
    this.#groups.set(name, made);
    return made;
  }

  save(): SavedBaselines {
    return {
      bytesPerState: STATE_BYTES,
      principals: [...this.#principals.values()].map(({ name, zone, state }) => [
        name,
        this.#groupOf.get(name),
        zone,
        state.buffer.slice(0),
      ]),
      groups: [...this.#groups].map(([name, state]) => [name, state.buffer.slice(0)]),
    };
  }

  load(saved: SavedBaselines): void {
    if (saved.bytesPerState !== STATE_BYTES)
      throw new Error('the saved baselines are of another version of Wayward: replay the logs to learn them anew');
    for (const [name, buffer] of saved.groups) this.#groups.set(name, openState(buffer));
    for (const [name, group, zone, buffer] of saved.principals) this.#open(name, group, zone, openState(buffer));
  }
}
