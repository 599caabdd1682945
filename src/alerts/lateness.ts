import { type Finding, SEVERITIES, type Severity, severityRank, worse } from '../detectors/finding.ts';
import type { Alert } from './alert.ts';
import { incidentBits, incidentSeverity } from './risk.ts';

type LateMs = NonNullable<Alert['lateMs']>;

const isAtLeast = (severity: Severity, least: Severity): boolean => severityRank(severity) >= severityRank(least);

/** For each severity that these findings reach: how late records must be allowed to be for it, milliseconds. */
const latenessOf = (findings: readonly Finding[], young: boolean): Map<Severity, number> => {
  const reached = new Map<Severity, number>();
  const steps = [...new Set(findings.map(({ lateMs = 0 }) => lateMs))].sort((a, b) => a - b);
  for (const step of steps) {
    const soFar = findings.filter(({ lateMs = 0 }) => lateMs <= step);
    const severity = incidentSeverity(soFar, incidentBits(soFar), young);
    for (const one of SEVERITIES) if (isAtLeast(severity, one) && !reached.has(one)) reached.set(one, step);
  }
  return reached;
};

/**
 * How late an alert's records came, by severity. What is proven decides as far as it reaches; what was reached in time once stays so.
 * @param severity the alert's now; `proven`: as far as it is proven, undefined where nothing is
 */
export const lateMsOf = (
  before: Alert,
  findings: readonly Finding[],
  young: boolean,
  severity: Severity,
  proven: Severity | undefined,
): LateMs | undefined => {
  if (before.lateMs === undefined && findings.every(({ lateMs }) => lateMs === undefined)) return undefined;
  const all = latenessOf(findings, young);
  const own = latenessOf(
    findings.filter(({ declared }) => !declared),
    young,
  );
  const known = before.revision === 0 ? undefined : (before.provenSeverity ?? before.severity);
  const late: Partial<Record<Severity, number>> = {};
  for (const one of SEVERITIES) {
    if (worse(one, severity)) break;
    const now = (proven !== undefined && isAtLeast(proven, one) ? own.get(one) : undefined) ?? all.get(one);
    const earlier = known !== undefined && isAtLeast(known, one) ? (before.lateMs?.[one] ?? 0) : undefined;
    const least = Math.min(now ?? Number.POSITIVE_INFINITY, earlier ?? Number.POSITIVE_INFINITY);
    if (least > 0 && Number.isFinite(least)) late[one] = least;
  }
  return Object.keys(late).length === 0 ? undefined : late;
};
