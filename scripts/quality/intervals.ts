/** 95 %: the normal distribution's 97.5 % point. */
const Z = 1.959964;

export type Interval = readonly [low: number, high: number];

/** Wilson's interval (1927) of a share. */
export function wilson(found: number, of: number): Interval {
  if (of === 0) return [0, 1];
  const share = found / of;
  const middle = share + (Z * Z) / (2 * of);
  const half = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/** The exact interval of a Poisson mean (Garwood 1936), by bisection on its distribution. */
export function poissonInterval(count: number): Interval {
  const low = count === 0 ? 0 : solve((mean) => 1 - below(count - 1, mean), 0.025, 0, count);
  const high = solve((mean) => 1 - below(count, mean), 0.975, count, count + 10 * Math.sqrt(count + 1) + 10);
  return [low, high];
}

/** P(X ≤ count) for that mean. */
function below(count: number, mean: number): number {
  let sum = 0;
  let logTerm = -mean;
  for (let k = 0; k <= count; k += 1) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(mean) - Math.log(k + 1);
  }
  return Math.min(1, sum);
}

/** Where a growing function reaches `wanted`. */
function solve(grows: (mean: number) => number, wanted: number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (grows(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The value below which that share of the numbers lies; undefined without any. */
export function quantile(numbers: readonly number[], share: number): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
