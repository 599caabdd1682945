import type { Attribution } from '../attribution/attributed.ts';
import { type Credential, principalOf } from '../attribution/credential.ts';
import { nothingRecent, type Principal } from './principal.ts';
import { openState, STATE_LAYOUT, type State } from './state.ts';

/** Principals of one process; more than the registry and the unregistered bound can give is a fault of configuration. */
const MOST_PRINCIPALS = 20_000_000;

/** What was learned, as plain data that v8.serialize keeps exactly. */
export interface SavedBaselines {
  /** `STATE_LAYOUT` of the code that saved it. */
  readonly layout: string;
  readonly principals: readonly (readonly [
    name: string,
    group: string | undefined,
    zone: string,
    state: ArrayBuffer,
  ])[];
  readonly groups: readonly (readonly [name: string, state: ArrayBuffer])[];
}

/** What the registry says about where a principal's baseline belongs. */
interface Place {
  /** Name of its peer group's baseline. */
  readonly group: string | undefined;
  /** IANA zone in which its hours are counted. */
  readonly zone: string;
}

const placeOf = (credential: Credential | undefined): Place => ({
  group:
    credential && credential.peerGroup !== credential.agent ? `${credential.peerGroup}/${credential.slot}` : undefined,
  zone: credential?.hours?.split(' ').at(-1) ?? 'UTC',
});

/** The baselines of all principals and their peer groups. */
export class Baselines {
  readonly #principals = new Map<string, Principal>();
  readonly #groups = new Map<string, State>();
  readonly #groupOf = new Map<string, string>();
  /** Those that may have changed since `takeChanged` was called last. */
  readonly #changed = new Set<Principal>();

  get size(): number {
    return this.#principals.size;
  }

  /** The principal of an attribution that names one; made empty at its first use. */
  of(attribution: Attribution): Principal {
    const name = attribution.principal as string;
    const principal = this.#principals.get(name) ?? this.#open(name, placeOf(attribution.credential), openState());
    this.#touch(principal);
    return principal;
  }

  /** The principal of that name, to be changed, if it was ever seen. */
  find(name: string): Principal | undefined {
    const principal = this.#principals.get(name);
    if (principal) this.#touch(principal);
    return principal;
  }

  #touch(principal: Principal): void {
    if (principal.changed) return;
    principal.changed = true;
    this.#changed.add(principal);
  }

  /** An unregistered principal has made room for others: without this, invented names would take more and more memory. */
  forget(name: string): void {
    const principal = this.#principals.get(name);
    if (principal) this.#changed.delete(principal);
    this.#principals.delete(name);
    this.#groupOf.delete(name);
  }

  #open(name: string, { group, zone }: Place, state: State): Principal {
    if (this.#principals.size >= MOST_PRINCIPALS)
      throw new Error(`more than ${MOST_PRINCIPALS} principals in one process: share the work among several`);
    const principal: Principal = {
      name,
      state,
      peers: group === undefined ? undefined : this.#group(group),
      zone,
      recent: nothingRecent(),
      changed: false,
      declaredAt: Number.NEGATIVE_INFINITY,
    };
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

  /** Principals with declared uses, and when the last of them was. */
  declared(): (readonly [name: string, declaredAt: number])[] {
    return [...this.#principals.values()].flatMap(({ name, declaredAt }) =>
      Number.isFinite(declaredAt) ? [[name, declaredAt] as const] : [],
    );
  }

  loadDeclared(declared: readonly (readonly [name: string, declaredAt: number])[]): void {
    for (const [name, declaredAt] of declared) {
      const principal = this.#principals.get(name);
      if (principal) principal.declaredAt = declaredAt;
    }
  }

  save(): SavedBaselines {
    return structuredClone(this.#saved([...this.#principals.values()], [...this.#groups.keys()]));
  }

  /**
   * What has changed since the last call: put over what was saved before, it is all there is to save. Not copied, unlike what
   * `save` gives: use it before the next event.
   */
  takeChanged(): SavedBaselines {
    const principals = [...this.#changed];
    this.#changed.clear();
    for (const principal of principals) principal.changed = false;
    const groups = new Set(
      principals.map(({ name }) => this.#groupOf.get(name)).filter((group) => group !== undefined),
    );
    return this.#saved(principals, [...groups]);
  }

  /**
   * Goes on with what was saved. Peer groups and zones are those of `credentials`, since the registry may have changed.
   * @throws Error for what code with another layout saved
   */
  load(saved: SavedBaselines, credentials: readonly Credential[] = []): void {
    if (saved.layout !== STATE_LAYOUT) throw new Error('the saved baselines are of another version of Wayward');
    for (const [name, buffer] of saved.groups) this.#groups.set(name, openState(buffer));
    const registered = Map.groupBy(credentials, principalOf);
    for (const [name, group, zone, buffer] of saved.principals) {
      const places = (registered.get(name) ?? []).map(placeOf);
      const place = places.find((now) => now.group === group && now.zone === zone) ?? places[0] ?? { group, zone };
      this.#open(name, place, openState(buffer));
    }
  }

  #saved(principals: readonly Principal[], groups: readonly string[]): SavedBaselines {
    return {
      layout: STATE_LAYOUT,
      principals: principals.map(({ name, zone, state }) => [name, this.#groupOf.get(name), zone, state.buffer]),
      groups: groups.map((name) => [name, this.#group(name).buffer]),
    };
  }
}
