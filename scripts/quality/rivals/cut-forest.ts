import { type Random, seeded } from '../../../src/simulate/random.ts';
import { byHour, levels, overAt } from './hours.ts';
import type { Rival } from './rival.ts';

const TREES = 20;
const SAMPLE = 128;
/** Hours that are looked at together. */
const SHINGLE = 4;
const LEARNING = 168;
/** Hours between two forests. */
const REBUILT = 168;

interface Node {
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly points: number;
  readonly cut?: { readonly dimension: number; readonly at: number; readonly left: Node; readonly right: Node };
}

/** A tree of random cuts, each dimension as likely as it is wide (Guha et al. 2016). */
function grow(points: readonly Float64Array[], random: Random): Node {
  const low = Float64Array.from(points[0] as Float64Array);
  const high = Float64Array.from(low);
  for (const point of points) {
    for (let at = 0; at < point.length; at += 1) {
      const value = point[at] as number;
      if (value < (low[at] as number)) low[at] = value;
      else if (value > (high[at] as number)) high[at] = value;
    }
  }
  const width = (at: number): number => (high[at] as number) - (low[at] as number);
  let place = 0;
  for (let at = 0; at < low.length; at += 1) place += width(at);
  const node = { low, high, points: points.length };
  if (place === 0) return node;
  place *= random();
  let dimension = 0;
  while (dimension < low.length - 1 && place >= width(dimension)) place -= width(dimension++);
  const cutAt = (low[dimension] as number) + random() * width(dimension);
  const left: Float64Array[] = [];
  const right: Float64Array[] = [];
  for (const point of points) ((point[dimension] as number) <= cutAt ? left : right).push(point);
  if (left.length === 0 || right.length === 0) return node;
  return { ...node, cut: { dimension, at: cutAt, left: grow(left, random), right: grow(right, random) } };
}

/** How early a cut would part the point from all others: near 1 for one far away, small for one among them. */
function lonely(tree: Node, point: Float64Array): number {
  let together = 1;
  let total = 0;
  let depth = 0;
  for (let node = tree; ; depth += 1) {
    let inside = 0;
    let outside = 0;
    for (let at = 0; at < point.length; at += 1) {
      const [low, high, value] = [node.low[at] as number, node.high[at] as number, point[at] as number];
      inside += high - low;
      outside += Math.max(0, low - value) + Math.max(0, value - high);
    }
    const parted = outside === 0 ? 0 : outside / (inside + outside);
    total += (together * parted) / (depth + 1);
    together *= 1 - parted;
    if (node.cut === undefined) return total + together / (depth + Math.log2(1 + node.points) + 1);
    node = (point[node.cut.dimension] as number) <= node.cut.at ? node.cut.left : node.cut.right;
  }
}

export const cutForest: Rival = {
  id: 'random cut forest',
  title: `${TREES} trees over a sample of ${SAMPLE} shingles of ${SHINGLE} h of requests, amounts and failures (log2), rebuilt each week, ${LEARNING} h of learning`,
  origin: 'our own: npm has no maintained library of it with a permissive licence',
  thresholds: [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95],
  watch: (tell) => {
    const known = new Map<
      string,
      { hours: number; last: number[][]; sample: Float64Array[]; forest: Node[]; random: Random }
    >();
    return byHour((hour) => {
      const state = known.get(hour.principal) ?? {
        hours: 0,
        last: [],
        sample: [],
        forest: [],
        random: seeded(`forest ${hour.principal}`),
      };
      known.set(hour.principal, state);
      const { last, sample, random } = state;
      state.hours += 1;
      last.push(levels(hour));
      if (last.length < SHINGLE) return;
      const point = Float64Array.from(last.flat());
      last.shift();
      if (state.hours >= LEARNING && state.hours % REBUILT === 0)
        state.forest = Array.from({ length: TREES }, () =>
          grow(
            sample.filter(() => random() < 0.7),
            random,
          ),
        );
      if (state.forest.length > 0)
        tell(hour.principal, overAt(hour), state.forest.reduce((sum, tree) => sum + lonely(tree, point), 0) / TREES);
      // A reservoir: each hour of the past is as likely in it.
      const place = sample.length < SAMPLE ? sample.length : Math.floor(random() * state.hours);
      if (place < SAMPLE) sample[place] = point;
    });
  },
};
