import { fromLocal } from '../schedule.ts';

/** How local times become UTC. Without `dst`, clocks stay as they were on the first day: the same world, without the change. */
export type Clock = (local: number, zone: string) => number;

export const clockOf = (from: number, changes: boolean): Clock =>
  changes ? fromLocal : (local, zone) => local - from + fromLocal(from, zone);
