import type { ObservedFinding } from '../detectors/observed-finding.ts';
import { printable } from './table.ts';

/** What is shown one by one; the others are counted. */
const MOST = 50;

export const noteObserved = (kept: ObservedFinding[], finding: ObservedFinding): void => {
  if (kept.length < MOST) kept.push(finding);
};

/** What detectors of the stage `observe` found, for the end of a scan: they make no alerts. */
export function observedLines(kept: readonly ObservedFinding[], count: number): string[] {
  const lines = kept.map(({ principal, finding: { detector, severity, time, reason } }) =>
    printable(`observed  ${new Date(time).toISOString()}  ${severity}  ${detector}  ${principal}: ${reason}`),
  );
  return count > kept.length
    ? [...lines, `observed  and ${(count - kept.length).toLocaleString('en-US')} more`]
    : lines;
}
