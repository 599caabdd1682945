import type { Alert } from '../alerts/alert.ts';
import { compileGlob } from '../attribution/glob.ts';
import { SEVERITIES, type Severity, severityRank, worse } from '../detectors/finding.ts';
import { MODES, type Mode, type ResponseConfig } from './config.ts';
import type { Limits } from './limits.ts';
import type { WantedStep } from './next-step.ts';
import type { PlanStep } from './plan.ts';

/** What becomes of one step: refused = never without a change of the registry or the configuration. */
export type Outcome = 'dry-run' | 'refused' | 'approve' | 'auto';

export interface Decision {
  readonly wanted: WantedStep;
  readonly step: PlanStep;
  readonly outcome: Outcome;
  /** One sentence. */
  readonly because: string;
}

/**
 * How far response may go for an alert and one of its credentials: for each of its findings the first rule that fits decides,
 * and the boldest of these counts. A rule that names a detector looks at that finding's severity, one that doesn't at the alert's.
 */
export function modeFor(alert: Alert, { mode, rules, max_late }: ResponseConfig, credential?: string): Mode {
  const acting = timelySeverity(alert, max_late);
  const fitting = rules.filter((rule) => isMeant(rule.credential, credential));
  const modes = alert.findings.map((finding) => {
    // What is declared or late may have made the alert more severe: it lends no boldness to the rest, nor may it act itself.
    const isDoubtful = finding.declared === true || acting === undefined || (finding.lateMs ?? 0) > max_late;
    const severity = isDoubtful ? alert.severity : acting;
    const rule = fitting.find((one) =>
      one.detector === undefined
        ? atLeast(severity, one.severity)
        : one.detector === finding.detector && atLeast(finding.severity, one.severity),
    );
    const own = rule?.mode ?? (atLeast(severity, 'high') ? mode : 'off');
    return own === 'auto' && isDoubtful ? 'approve' : own;
  });
  return modes.reduce((boldest, next) => (MODES.indexOf(next) > MODES.indexOf(boldest) ? next : boldest), 'off');
}

/** How severe the alert is by what is proven and did not come too late; undefined where nothing is left. */
const timelySeverity = ({ severity, provenSeverity, lateMs }: Alert, maxLate: number): Severity | undefined => {
  const most = severityRank(provenSeverity ?? severity);
  return SEVERITIES.findLast((one) => severityRank(one) <= most && (lateMs?.[one] ?? 0) <= maxLate);
};

const isMeant = (pattern: string | undefined, credential: string | undefined): boolean =>
  pattern === undefined || (credential !== undefined && compileGlob(pattern)(credential));

const atLeast = (severity: Severity, least: Severity): boolean => !worse(least, severity);

export interface Situation {
  readonly config: ResponseConfig;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: number;
  readonly halted: boolean;
  readonly limits: Limits;
}

/** What it takes for the place that the limits keep: an alert that is critical by what is proven, and so surely of this credential. */
export const SURE = 0.95;

export const isGrave = (alert: Alert, { max_late }: ResponseConfig): boolean =>
  timelySeverity(alert, max_late) === 'critical' && alert.attribution.confidence >= SURE;

/** Decides about one step of an alert's plan. Automatic ones count against the limits from here on. */
export function decide(alert: Alert, wanted: WantedStep, mode: Exclude<Mode, 'off'>, situation: Situation): Decision {
  const { step, wentOn, again } = wanted;
  const decision = (outcome: Outcome, why: string): Decision => ({
    wanted,
    step,
    outcome,
    because: wentOn === undefined ? why : `${why}; ${wentOn}`,
  });
  const never = whyNever(step, situation.config);
  if (never !== undefined) return decision('refused', never);
  if (mode === 'dry-run') return decision('dry-run', 'mode is dry-run');
  if (again !== undefined) return decision('approve', again.because);
  if (mode === 'approve') return decision('approve', whyAsked(alert, step, situation.config));
  const ask =
    whyNotAlone(alert, wanted, situation) ?? situation.limits.take(step.credential, isGrave(alert, situation.config));
  if (ask !== undefined) return decision('approve', `a person is asked: ${ask}`);
  return decision('auto', 'mode is auto, within every limit');
}

/** Why a step must not be made by anybody; undefined where it may. Asked again right before the call. */
export function whyNever({ credential, blocked }: PlanStep, config: ResponseConfig): string | undefined {
  if (credential.protected) return 'is protected: the registry says protected: true';
  if (config.protected.includes(credential.id)) return 'is protected: response.protected names it';
  return blocked;
}

/** Why an alert must not make a step on its own; undefined where it may. */
function whyNotAlone(
  alert: Alert,
  { step, ask, eventAt }: WantedStep,
  { config, now, halted }: Situation,
): string | undefined {
  if (halted) return 'automatic response is halted (wayward halt --off lifts it)';
  const { confidence, method } = alert.attribution;
  if (isUnproven(alert, step)) return UNPROVEN;
  if (confidence < config.min_confidence) {
    return `the attribution by ${method} is only ${confidence} sure, below min_confidence ${config.min_confidence}`;
  }
  const age = Math.abs(now - eventAt); // a time ahead of the clock is as doubtful as an old one
  if (age > config.max_alert_age)
    return `the alert is ${Math.round(age / 60_000)} minutes away from now, beyond max_alert_age`;
  return ask ?? step.tooSoon;
}

const UNPROVEN =
  'nothing in the log proves whose use it was; identity: or proof: can say what does (docs/threat-model.md)';

const isUnproven = ({ attribution, declaredOnly }: Alert, { credential }: PlanStep): boolean =>
  attribution.proof === 'declared' || declaredOnly?.includes(credential.id) === true;

const whyAsked = (alert: Alert, step: PlanStep, { max_late }: ResponseConfig): string => {
  if (isUnproven(alert, step)) return `a person is asked: ${UNPROVEN}`;
  const late = alert.lateMs?.[alert.provenSeverity ?? alert.severity] ?? 0;
  if (late <= max_late) return 'mode is approve';
  const silentSince = alert.findings.find(({ lateMs }) => lateMs === late)?.silentSince;
  if (silentSince !== undefined)
    return `a person is asked: peers that may explain it have not been heard of since ${new Date(silentSince).toISOString()}, and max_late is over`;
  return `a person is asked: it rests on records that came ${Math.round(late / 1_000)} s late, beyond max_late`;
};

/** Event time of what made the alert as severe as it is. */
export const offendedAt = (alert: Alert): number => alert.severityHistory.at(-1)?.at ?? alert.end;

export const isHigh = ({ severity }: Alert): boolean => severityRank(severity) >= severityRank('high');
