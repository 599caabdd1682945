import type { Alert } from '../../alerts/alert.ts';
import type { Detector } from '../../detectors/detector.ts';
import { SEVERITIES, type Severity, worse } from '../../detectors/finding.ts';
import { surpriseOf, type Tail } from './tail.ts';

/** What a detector's severities make of bits. */
const severityOf = ({ severity }: Detector, bits: number): Severity | undefined =>
  typeof severity === 'string'
    ? severity
    : SEVERITIES.filter((one) => bits >= (severity[one] ?? Number.POSITIVE_INFINITY)).at(-1);

/**
 * The measured surprise from which on an incident is at least medium: infinite where checks without a baseline decide, undefined where nothing in
 * it can be (young baselines, what a group does together).
 */
export function incidentSurprise(
  { findings }: Alert,
  detectorOf: (id: string) => Detector | undefined,
  tailOf: (id: string) => Tail | undefined,
): number | undefined {
  const surprises = findings.flatMap(({ detector: id, bits, severity }) => {
    const detector = detectorOf(id);
    const tail = tailOf(id);
    if (bits === undefined || detector === undefined || tail === undefined)
      return severity === 'low' ? [] : [Number.POSITIVE_INFINITY];
    const byBits = severityOf(detector, bits);
    if (byBits === undefined || worse(severity, byBits)) return [Number.POSITIVE_INFINITY];
    return worse(byBits, severity) ? [] : [surpriseOf(tail, bits)];
  });
  return surprises.length === 0 ? undefined : Math.max(...surprises);
}
