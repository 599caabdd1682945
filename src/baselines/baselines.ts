import type { Attribution } from '../attribution/attributed.ts';
import { type Credential, principalOf } from '../attribution/credential.ts';
import { LEGACY_DAYS } from './legacy-names.ts';
import { UNDECIDED } from './migrate.ts';
import { NAMES_OF_PROCESS, type Names } from './names.ts';
import type { Group } from './peers.ts';
import { nothingRecent, type Principal } from './principal.ts';
import { DAY } from './series.ts';
import { AT, get, openState, type State } from './state.ts';

/** Principals of one process; more than the registry and the unregistered bound can give is a fault of configuration. */
const MOST_PRINCIPALS = 20_000_000;

/** What was learned, as plain data that v8.serialize keeps exactly; all states are of today's layout. */
export interface SavedBaselines {
  /** Id of the key of its names; undefined where they have none, as earlier versions saved them. */
  readonly key: string | undefined;
  /** True where it was read in another form than it would be saved in: all of it is to be saved anew. */
  readonly isMigrated?: boolean;
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
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<string, string>();
  /** Those that may have changed since `takeChanged` was called last. */
  readonly #changed = new Set<Principal>();
  readonly #changedGroups = new Set<string>();
  readonly #names: Names;
  #last: Principal | undefined;

  constructor(names: Names = NAMES_OF_PROCESS) {
    this.#names = names;
  }

  get size(): number {
    return this.#principals.size;
  }

  /** The principal of an attribution that names one; made empty at its first use. */
  of(attribution: Attribution): Principal {
    const name = attribution.principal as string;
    const principal = this.#known(name) ?? this.#open(name, placeOf(attribution.credential), openState());
    this.#touch(principal);
    return principal;
  }

  /** The principal of that name, to be changed, if it was ever seen. */
  find(name: string): Principal | undefined {
    const principal = this.#known(name);
    if (principal) this.#touch(principal);
    return principal;
  }

  /** The same one is asked for more than once in a row. */
  #known(name: string): Principal | undefined {
    if (name !== this.#last?.name) this.#last = this.#principals.get(name);
    return this.#last;
  }

  /** Name of its peer group, if it has one. */
  groupOf({ name }: Principal): string | undefined {
    return this.#groupOf.get(name);
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
    this.#last = undefined;
  }

  #open(name: string, { group, zone }: Place, state: State): Principal {
    if (this.#principals.size >= MOST_PRINCIPALS)
      throw new Error(`more than ${MOST_PRINCIPALS} principals in one process: share the work among several`);
    const principal: Principal = {
      name,
      state,
      group: group === undefined ? undefined : this.#group(group),
      zone,
      recent: nothingRecent(),
      changed: false,
      declaredAt: Number.NEGATIVE_INFINITY,
    };
    this.#principals.set(name, principal);
    this.#last = principal;
    if (principal.group !== undefined && group !== undefined) {
      this.#groupOf.set(name, group);
      enter(principal.group.members, principal);
    }
    return principal;
  }

  #group(name: string): Group {
    const known = this.#groups.get(name);
    if (known) return known;
    return this.#addGroup(name, openState());
  }

  #addGroup(name: string, state: State): Group {
    const made: Group = { state, members: [], touch: (member) => this.#touch(member) };
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
    for (const group of this.#changedGroups) groups.add(group);
    this.#changedGroups.clear();
    return this.#saved(principals, [...groups]);
  }

  /**
   * Goes on with what was saved. Peer groups and zones are those of `credentials`, since the registry may have changed.
   * @throws Error for what was named under another key
   */
  load(saved: SavedBaselines, credentials: readonly Credential[] = []): void {
    if (saved.key !== undefined && saved.key !== this.#names.id)
      throw new Error('the saved baselines were learned under another key');
    for (const [name, buffer] of saved.groups) this.#addGroup(name, openState(buffer));
    const registered = Map.groupBy(credentials, principalOf);
    for (const [name, group, zone, buffer] of saved.principals) {
      const places = (registered.get(name) ?? []).map(placeOf);
      const place = places.find((now) => now.group === group && now.zone === zone) ?? places[0] ?? { group, zone };
      this.#open(name, place, openState(buffer));
    }
    this.#dateLegacy();
    if (saved.isMigrated !== true) return;
    for (const principal of this.#principals.values()) this.#touch(principal);
    for (const name of this.#groups.keys()) this.#changedGroups.add(name);
  }

  /** Names of 32 bits are known for some days after the last event that an earlier version saw. */
  #dateLegacy(): void {
    const states = [
      ...[...this.#groups.values()].map(({ state }) => state),
      ...[...this.#principals.values()].map(({ state }) => state),
    ];
    const undated = states.filter(({ u16 }) => u16[AT.legacyUntil] === UNDECIDED);
    if (undated.length === 0) return;
    const last = states.reduce((latest, { f64 }) => Math.max(latest, get(f64, AT.lastSeen)), 0);
    for (const { u16 } of undated) u16[AT.legacyUntil] = Math.floor(last / DAY) + LEGACY_DAYS;
  }

  #saved(principals: readonly Principal[], groups: readonly string[]): SavedBaselines {
    return {
      key: this.#names.id,
      principals: principals.map(({ name, zone, state }) => [name, this.#groupOf.get(name), zone, state.buffer]),
      groups: groups.map((name) => [name, this.#group(name).state.buffer]),
    };
  }
}

/** Members are in order of their names, in whatever order they came. */
const enter = (members: Principal[], principal: Principal): void => {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((members[middle] as Principal).name < principal.name) low = middle + 1;
    else high = middle;
  }
  members.splice(low, 0, principal);
};
