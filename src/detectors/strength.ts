/** Bits of a value that just reaches its alarm: about one benign principal-day in a thousand does. */
export const AT_ALARM = 10;
/** Bits for each doubling beyond it, and the most that one sort of evidence may come to. */
const PER_DOUBLING = 2;
export const MOST = 16;

/** Bits of a value that is over its alarm. */
export const bitsBeyond = (value: number, alarm: number): number =>
  Math.min(MOST, AT_ALARM + PER_DOUBLING * Math.max(0, Math.log2(value / Math.max(alarm, 1e-9))));

/** Sort of findings that say that more is done, or more drawn, than usual: a campaign or the end of a month shows in any of them. */
export const MORE_WORK = 'more-work';
