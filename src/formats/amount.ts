/** The most bytes or rows that one record may say it moved: 2^50. A forged 1e308 would make sums infinite and blind the baseline. */
const MOST = 2 ** 50;

/** A count that a record gives, not negative, as it may be added up. */
export const amount = (count: number): number => Math.min(count, MOST);
