import { SOURCE } from '../attribution/attributed.ts';
import { wholeDays } from '../baselines/principal.ts';
import type { Context, Detector, Result } from './detector.ts';
import { type Finding, legible, SEVERITIES, type Severity, worse } from './finding.ts';

/** What the detector's file makes of a result: nothing where its bits are too few. */
export const severityOf = ({ severity }: Detector, { bits = 0, atMost, atLeast }: Result): Severity | undefined => {
  if (typeof severity === 'string') return atMost !== undefined && worse(severity, atMost) ? atMost : severity;
  const reached = SEVERITIES.filter((one) => bits >= (severity[one] ?? Number.POSITIVE_INFINITY)).at(-1);
  return reached !== undefined && atLeast !== undefined && worse(atLeast, reached) ? atLeast : reached;
};

/**
 * Whether a finding must not act: it rests on a declared use (the current one, or one in the window that it sums up), on an unreadable record,
 * or on one that came late, which may be an old line that somebody wrote into the log again.
 */
export const isDeclared = ({ at, principal }: Context, { kind }: Detector, { window }: Result): boolean =>
  at.use.proof.state === 'declared' ||
  at.late ||
  kind.trigger === 'unreadable' ||
  (kind.baseline && window !== undefined && at.orderTime - principal.declaredAt <= window);

/** Whom an alert is about: a source, or the principal. */
export const nameOf = ({ kind }: Detector, { principal, seen }: Context): string => {
  if (seen.unreadable !== undefined) return seen.unreadable.name;
  return kind.trigger === 'claimed' ? `${SOURCE}/${seen.claims?.network}` : principal.name;
};

/** What an observing detector says keeps nothing else quiet, nor itself once it is enforced. */
const apart = ({ observes }: Detector, text: string): string => (observes ? `observing ${text}` : text);

/** As whose `Told` remembers it. */
export const toldAs = (detector: Detector): string => apart(detector, detector.id);

/** What is the same where several of a group have it. */
export const sortOf = (detector: Detector, { change = detector.id }: Result): string => apart(detector, change);

export const findingOf = (
  detector: Detector,
  { at, principal }: Context,
  result: Result,
  severity: Severity,
  declared: boolean,
): Finding => ({
  detector: detector.id,
  title: detector.title,
  threat: detector.threat,
  severity,
  ...(result.bits === undefined ? {} : { bits: Math.round(result.bits * 10) / 10 }),
  time: at.orderTime,
  reason: result.reason,
  subject: result.subject,
  observed: legible(result.observed),
  expected: result.expected === undefined ? undefined : legible(result.expected),
  ...(result.window === undefined ? {} : { window: result.window }),
  ...(detector.kind.baseline ? { baselineAgeDays: wholeDays(principal.state, at.orderTime) } : {}),
  evidence: [at.id()],
  ...(detector.kind.evidence === undefined ? {} : { sort: detector.kind.evidence }),
  ...(declared ? { declared } : {}),
  ...(detector.advice !== undefined && { advice: detector.advice }),
  ...(detector.observes && { stage: 'observe' as const }),
});
