import { isShared } from '../baselines/peers.ts';

/** Findings of the last hours count as made together. */
const TOGETHER = 6 * 3_600_000;
/** Members remembered of one group and detector; more cannot make a finding more common. */
const MOST_MEMBERS = 64;
/** Groups and detectors remembered at once; beyond it, those found longest ago are forgotten, which can only repeat an alert. */
const MOST = 10_000;

export type SavedTogether = readonly (readonly [key: string, members: readonly (readonly [string, number])[]])[];

/** Which members of a peer group a detector has found lately: what the group does together is no incident of each. */
export class Together {
  readonly #found = new Map<string, Map<string, number>>();

  /** Notes a finding of a member; times are milliseconds since the epoch. */
  note(group: string, detector: string, member: string, time: number): void {
    const key = `${group}\n${detector}`;
    const members = this.#found.get(key) ?? new Map<string, number>();
    this.#found.delete(key);
    this.#found.set(key, members);
    for (const [name, at] of members) if (time - at >= TOGETHER) members.delete(name);
    members.delete(member);
    members.set(member, time);
    if (members.size > MOST_MEMBERS) members.delete(members.keys().next().value as string);
    if (this.#found.size > MOST) this.#found.delete(this.#found.keys().next().value as string);
  }

  /** How many other members it has found lately. */
  others(group: string, detector: string, member: string, time: number): number {
    const members = this.#found.get(`${group}\n${detector}`);
    if (members === undefined) return 0;
    let count = 0;
    for (const [name, at] of members) if (name !== member && time - at < TOGETHER) count++;
    return count;
  }

  /** Whether so many of `size` members were found that it is the group's doing. */
  isCommon(group: string, detector: string, member: string, time: number, size: number): boolean {
    return isShared(this.others(group, detector, member, time), size);
  }

  save(): SavedTogether {
    return [...this.#found].map(([key, members]) => [key, [...members]] as const);
  }

  load(saved: SavedTogether): void {
    this.#found.clear();
    for (const [key, members] of saved) this.#found.set(key, new Map(members));
  }
}
