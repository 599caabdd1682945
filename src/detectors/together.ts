import { isShared } from '../baselines/peers.ts';

/** Findings within two days count as made together: members of a group meet a change when their next work comes. */
const TOGETHER = 48 * 3_600_000;
/** Members remembered of one group and sort of finding; more cannot make a finding more common. */
const MOST_MEMBERS = 64;
/** Groups and sorts remembered at once; beyond it, those found longest ago are forgotten, which can only repeat an alert. */
const MOST = 10_000;

export type SavedTogether = readonly (readonly [key: string, members: readonly (readonly [string, number])[]])[];

/** Which members of a peer group had a sort of finding lately: what the group does together is no incident of each. */
export class Together {
  readonly #found = new Map<string, Map<string, number>>();

  /** Notes a finding of a member; times are milliseconds since the epoch. */
  note(group: string, sort: string, member: string, time: number): void {
    const key = `${group}\n${sort}`;
    const members = this.#found.get(key) ?? new Map<string, number>();
    this.#found.delete(key);
    this.#found.set(key, members);
    for (const [name, at] of members) if (time - at >= TOGETHER) members.delete(name);
    members.delete(member);
    members.set(member, time);
    if (members.size > MOST_MEMBERS) members.delete(members.keys().next().value as string);
    if (this.#found.size > MOST) this.#found.delete(this.#found.keys().next().value as string);
  }

  /** How many other members had it lately. */
  others(group: string, sort: string, member: string, time: number): number {
    const members = this.#found.get(`${group}\n${sort}`);
    if (members === undefined) return 0;
    let count = 0;
    for (const [name, at] of members) if (name !== member && time - at < TOGETHER) count++;
    return count;
  }

  /** Whether so many of `size` members were found that it is the group's doing. */
  isCommon(group: string, sort: string, member: string, time: number, size: number): boolean {
    return isShared(this.others(group, sort, member, time), size);
  }

  save(): SavedTogether {
    return [...this.#found].map(([key, members]) => [key, [...members]] as const);
  }

  load(saved: SavedTogether): void {
    this.#found.clear();
    for (const [key, members] of saved) this.#found.set(key, new Map(members));
  }
}
