import { type Finding, SEVERITIES, SEVERITY_SCORE, type Severity, severityRank, worse } from '../detectors/finding.ts';

/** Bits that a finding without a baseline stands for when an incident's surprise is added up. */
const BITS_OF: Readonly<Record<Severity, number>> = { low: 8, medium: 12, high: 18, critical: 27 };
/** Least bits of each severity, for the sum over an incident. */
const LEAST: readonly (readonly [Severity, number])[] = SEVERITIES.map((severity) => [severity, BITS_OF[severity]]);
/** What each further detector in an incident pays: its finding may well have the same cause as the first. */
const SHARED_CAUSE = 4;

const bitsOf = (finding: Finding): number => finding.bits ?? BITS_OF[finding.severity];

/**
 * An incident's surprise in bits: the strongest finding of each detector, added up, less SHARED_CAUSE for each after the
 * first. Findings below `medium` of one detector never add up with each other.
 */
export const incidentBits = (findings: readonly Finding[]): number => {
  const strongest = new Map<string, number>();
  for (const finding of findings) {
    strongest.set(finding.detector, Math.max(strongest.get(finding.detector) ?? 0, bitsOf(finding)));
  }
  const ordered = [...strongest.values()].sort((a, b) => b - a);
  const sum = ordered.reduce(
    (total, bits, index) => total + (index === 0 ? bits : Math.max(0, bits - SHARED_CAUSE)),
    0,
  );
  return Math.round(sum * 10) / 10;
};

/** What a finding is evidence of; checks that need no baseline are policy. */
const sortOf = ({ sort }: Finding): string => sort ?? 'policy';

/**
 * An incident's severity: its worst finding's, or one step more where findings of different sorts (how much, what, from where, when, …), none
 * of them low, add up to it: one unusual thing has many harmless reasons, two at the same time have few. `capped` incidents (young baselines)
 * stay at their worst finding's.
 */
export const incidentSeverity = (findings: readonly Finding[], bits: number, capped: boolean): Severity => {
  const worst = findings.reduce<Severity>((so, { severity }) => (worse(severity, so) ? severity : so), 'low');
  const telling = findings.filter(({ severity }) => severity !== 'low');
  if (capped || new Set(telling.map(sortOf)).size < 2) return worst;
  const bySum = LEAST.reduce<Severity>((so, [severity, least]) => (bits >= least ? severity : so), 'low');
  const most = SEVERITIES[Math.min(severityRank(worst) + 1, SEVERITIES.length - 1)] as Severity;
  if (!worse(bySum, worst)) return worst;
  return worse(bySum, most) ? most : bySum;
};

/** `event.risk_score`, 0 … 100: the severity's number, and up to 20 more for the bits beyond its least. */
export const riskScore = (severity: Severity, bits: number): number => {
  const beyond = Math.max(0, bits - BITS_OF[severity]);
  return Math.min(100, Math.round(SEVERITY_SCORE[severity] + 20 * (1 - 2 ** (-beyond / 8))));
};
