import type { VerdictValue } from '../../alerts/verdict.ts';

/**
 * How far verdicts move a detector, by LORD++ (Ramdas, Yang, Wainwright, Jordan: Online control of the false discovery rate with decaying
 * memory, NeurIPS 2017). Its tests are the alerts that somebody judged, in their order; a confirmed one is a discovery, and earns level for
 * those that follow; a benign one only spends. With fewer discoveries than there were alerts, every level is at most that of LORD++.
 */

/** Share of the target that there is before the first discovery. */
const FIRST_WEALTH = 0.5;
/** γ(j) falls as j to this power: any sequence that falls and has a sum will do, and this one forgets slowly. */
const DECAY = -1.1;

const gamma = (age: number): number => age ** DECAY;

/** The level of the next test, in parts of that of the first: below 1 where alerts were benign, above it where they were confirmed. */
export function levelAfter(verdicts: readonly VerdictValue[]): number {
  const next = verdicts.length + 1;
  const discoveries = verdicts.flatMap((verdict, index) => (verdict === 'confirmed' ? [index + 1] : []));
  const earned = discoveries.reduce(
    (sum, at, index) => sum + (index === 0 ? 1 - FIRST_WEALTH : 1) * gamma(next - at),
    0,
  );
  return (FIRST_WEALTH * gamma(next) + earned) / (FIRST_WEALTH * gamma(1));
}
