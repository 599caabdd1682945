import { hash } from 'node:crypto';
import { BoundedCache } from '../../bounded-cache.ts';

const MOST_KNOWN = 100_000;

/** The partition of each key among `count`: the same in every process, for good. */
export function partitioner(count: number): (key: string) => number {
  const known = new BoundedCache<number>(MOST_KNOWN);
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const partition = Number.parseInt(hash('sha256', key, 'hex').slice(0, 8), 16) % count;
    known.set(key, partition);
    return partition;
  };
}
