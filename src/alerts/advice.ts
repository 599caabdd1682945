import type { Advice } from '../detectors/advice.ts';
import type { Finding } from '../detectors/finding.ts';
import type { Alert } from './alert.ts';

/** That of the detectors whose findings the alert holds. */
export const adviceWith = (
  before: Alert['advice'],
  told: Advice | undefined,
  detector: string,
  findings: readonly Finding[],
): Alert['advice'] => {
  if (before === undefined && told === undefined) return undefined;
  const all = told === undefined ? { ...before } : { ...before, [detector]: told };
  return Object.fromEntries(Object.entries(all).filter(([id]) => findings.some((one) => one.detector === id)));
};
