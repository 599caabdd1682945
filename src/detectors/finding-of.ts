import { type AttributionMethod, SOURCE } from '../attribution/attributed.ts';
import { sourceOf } from '../baselines/origin.ts';
import { wholeDays } from '../baselines/principal.ts';
import { isAddress } from '../ecs.ts';
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
export const nameOf = ({ kind }: Detector, { at, principal, seen }: Context): string => {
  if (seen.unreadable !== undefined) return seen.unreadable.name;
  if (at.use.reading?.broken !== undefined) return `${SOURCE}/${at.use.dataset}`;
  if (kind.trigger === 'sighted') return `${SOURCE}/${seen.manyAgents?.network}`;
  return kind.trigger === 'claimed' ? `${SOURCE}/${seen.claims?.network}` : principal.name;
};

/** What an observing detector says keeps nothing else quiet, nor itself once it is enforced. */
const apart = ({ observes }: Detector, text: string): string => (observes ? `observing ${text}` : text);

/** As whose `Told` remembers it. */
export const toldAs = (detector: Detector): string => apart(detector, detector.id);

/** What is the same where several of a group have it. */
export const sortOf = (detector: Detector, { change = detector.id }: Result): string => apart(detector, change);
/** Nobody knows where these are at home. */
const STRANGERS: ReadonlySet<AttributionMethod> = new Set(['unregistered', 'overflow', 'claimed']);

/** From where it was done, where that is foreign: agents that work behind one address share it with each other and with no thief. */
const strangerOf = ({ kind }: Detector, { at, seen }: Context): string | undefined => {
  const { sourceIp } = at.use;
  if (sourceIp === undefined || !isAddress(sourceIp) || kind.trigger === 'unreadable') return undefined;
  const { method, credential } = at.attribution;
  const isForeign =
    kind.trigger === 'sighted' || STRANGERS.has(method) || credential?.honeytoken === true || seen.foreign;
  return isForeign ? sourceOf(sourceIp) : undefined;
};

export const findingOf = (
  detector: Detector,
  context: Context,
  result: Result,
  severity: Severity,
  declared: boolean,
): Finding => {
  const { at, principal } = context;
  const stranger = strangerOf(detector, context);
  return {
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
    ...(stranger === undefined ? {} : { stranger }),
  };
};
