/** What became of the records of one source. Plain JSON. */
export interface LaneCounts {
  records: number;
  events: number;
  /** By reason. */
  ignored: Record<string, number>;
  /** By reason. */
  deadLetters: Record<string, number>;
  /** Events that name an identity, or whose authentication failed, by what proves it (`wayward.proof.by`). */
  proofs: Record<string, number>;
}

// Reasons come from code, never from a log; still no prototype, so that no name is special.
const table = (from: Readonly<Record<string, number>> = {}): Record<string, number> =>
  Object.assign(Object.create(null), from);

export const noCounts = (): LaneCounts => ({
  records: 0,
  events: 0,
  ignored: table(),
  deadLetters: table(),
  proofs: table(),
});

/** An earlier version counted no proofs. */
export const copyCounts = (counts: Omit<LaneCounts, 'proofs'> & Partial<LaneCounts>): LaneCounts => ({
  ...counts,
  proofs: { ...counts.proofs },
  ignored: { ...counts.ignored },
  deadLetters: { ...counts.deadLetters },
});

export const countOne = (reasons: Record<string, number>, reason: string): void => {
  reasons[reason] = (reasons[reason] ?? 0) + 1;
};

const addAll = (total: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [reason, count] of Object.entries(more)) total[reason] = (total[reason] ?? 0) + count;
};

export const totalCounts = (all: Iterable<LaneCounts>): LaneCounts => {
  const total = noCounts();
  for (const counts of all) {
    total.records += counts.records;
    total.events += counts.events;
    addAll(total.ignored, counts.ignored);
    addAll(total.deadLetters, counts.deadLetters);
    addAll(total.proofs, counts.proofs);
  }
  return total;
};
