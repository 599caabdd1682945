import type { AttributedUse } from '../attribution/attributed.ts';
import type { Found } from '../detectors/engine.ts';
import { type Finding, type Severity, worse } from '../detectors/finding.ts';
import { isAddress } from '../ecs.ts';
import type { CredentialUse } from '../event.ts';
import { isBelieved } from '../proof.ts';
import { adviceWith } from './advice.ts';
import type { Alert, AlertAttribution } from './alert.ts';
import { campaignOf } from './campaign.ts';
import type { Happened } from './happened.ts';
import { lateMsOf } from './lateness.ts';
import { incidentBits, incidentSeverity, riskScore } from './risk.ts';

const MOST_FINDINGS = 20;
const MOST_EVIDENCE = 5;
const MOST_RELATED = 20;

export interface Incident {
  alert: Alert;
  /** True while every finding rests on a young baseline: their sum must stay modest. */
  young: boolean;
  /** The weakest attribution among evidence that is proven, and among evidence that is only declared. */
  proven?: AlertAttribution;
  declared?: AlertAttribution;
  /** Since the alert's last revision it may have grown. Absent in what earlier versions saved. */
  happened?: Happened;
  /** The last use that is counted in it; not saved. */
  noted?: CredentialUse;
}

export const noteAttribution = (incident: Incident, { finding, at: { attribution } }: Found): void => {
  const { method, confidence } = attribution;
  const kind = finding.declared ? 'declared' : 'proven';
  if (confidence < (incident[kind]?.confidence ?? Number.POSITIVE_INFINITY)) incident[kind] = { method, confidence };
};

/** As far as anything is proven, that counts: what is only declared could be forged to make it doubtful. */
const attributionOf = ({ proven, declared }: Incident): AlertAttribution =>
  proven === undefined
    ? { method: 'none', confidence: 0, ...declared, proof: 'declared' }
    : { ...proven, proof: 'verified' };

/** The severity of what is proven; what is declared may have made the alert more severe. */
const provenSeverityOf = (findings: readonly Finding[], young: boolean): Severity | undefined => {
  const own = findings.filter(({ declared }) => !declared);
  return own.length === 0 ? undefined : incidentSeverity(own, incidentBits(own), young);
};

export const grown = (incident: Incident, found: Found): Alert => {
  const { alert, young } = incident;
  const { advice: told, ...finding } = found.finding;
  const { findings, dropped } = withFinding(alert.findings, finding);
  const advice = adviceWith(alert.advice, told, finding.detector, findings);
  const bits = incidentBits(findings);
  const reached = incidentSeverity(findings, bits, young);
  const severity = alert.revision > 0 && worse(alert.severity, reached) ? alert.severity : reached;
  const rose = alert.revision === 0 || worse(severity, alert.severity);
  const main = strongest(findings);
  const { credential } = found.at.attribution;
  const credentials = withValue(alert.credentials, credential?.id).toSorted();
  const { declaredOnly: before, provenSeverity: provenBefore = 'low', lateMs: _, ...rest } = alert;
  const proven = provenSeverityOf(findings, young);
  const provenSeverity = proven !== undefined && worse(proven, provenBefore) ? proven : provenBefore;
  const isPartlyProven = proven !== undefined && worse(severity, provenSeverity);
  const lateMs = lateMsOf(alert, findings, young, severity, proven && provenSeverity);
  const campaign = campaignOf(alert, found.finding);
  const declaredOnly = declaredOnlyWith(before ?? [], alert.credentials, credential?.id, found.finding);
  // What is declared is no evidence that a revoked credential still works.
  const isEvidence = !found.finding.declared || (credential !== undefined && declaredOnly.includes(credential.id));
  return {
    ...rest,
    ...(declaredOnly.length > 0 && { declaredOnly }),
    revision: alert.revision + 1,
    credentials,
    ...withOwner(alert.owners, credential?.owner),
    ...(incident.happened !== undefined && { happened: incident.happened }),
    lastEvidence: isEvidence
      ? withLatest(alert.lastEvidence, credentials, credential?.id, found.at.use.time)
      : (alert.lastEvidence ?? {}),
    attribution: attributionOf(incident),
    ...(isPartlyProven && { provenSeverity }),
    ...(lateMs !== undefined && { lateMs }),
    ...(campaign !== undefined && { campaign }),
    state: 'running',
    severity,
    severityHistory: rose
      ? [...alert.severityHistory, { severity, at: found.finding.time, revision: alert.revision + 1 }]
      : alert.severityHistory,
    bits,
    riskScore: riskScore(severity, bits),
    start: Math.min(alert.start, found.at.use.time),
    end: Math.max(alert.end, found.finding.time),
    title: `${alert.agent ?? alert.principal}: ${main.title}`,
    reason: reasonOf(main, findings.length, alert.findingsDropped + dropped),
    findings,
    ...(advice !== undefined && { advice }),
    findingsDropped: alert.findingsDropped + dropped,
    related: relatedWith(alert.related, found.at),
  };
};

const reasonOf = (main: Finding, kept: number, dropped: number): string => {
  const others = kept - 1 + dropped;
  const onlyCounted = dropped === 0 ? '' : `, of which ${dropped} are only counted`;
  return others === 0
    ? main.reason
    : `${main.reason}; and ${others} more ${others === 1 ? 'finding' : 'findings'}${onlyCounted}`;
};

const withOwner = (owners: readonly string[] = [], owner: string | undefined): Pick<Alert, 'owners'> => {
  const all = withValue(owners, owner).toSorted();
  return all.length === 0 ? {} : { owners: all };
};

/** The credentials of which nothing is proven; one that was believed before stays so. */
const declaredOnlyWith = (
  before: readonly string[],
  known: readonly string[],
  credential: string | undefined,
  { declared }: Finding,
): readonly string[] => {
  if (credential === undefined) return before;
  if (!declared) return before.filter((id) => id !== credential);
  return known.includes(credential) ? before : withValue(before, credential);
};

/** The same subject is the same finding: it keeps its first time and evidence, and takes the stronger values. */
const withFinding = (
  findings: readonly Finding[],
  finding: Finding,
): { findings: readonly Finding[]; dropped: number } => {
  const at = findings.findIndex(
    ({ detector, subject }) => detector === finding.detector && subject === finding.subject,
  );
  if (at >= 0) {
    const before = findings[at] as Finding;
    const stronger =
      worse(before.severity, finding.severity) || (before.bits ?? 0) > (finding.bits ?? 0) ? before : finding;
    const evidence = [...new Set([...before.evidence, ...finding.evidence])].slice(0, MOST_EVIDENCE);
    const { declared, lateMs, silentSince, ...merged } = stronger;
    // One of two equally severe ones that is proven is enough.
    const weaker = stronger === before ? finding : before;
    const isDeclared = declared && (weaker.declared || worse(stronger.severity, weaker.severity));
    const late = worse(stronger.severity, weaker.severity) ? lateMs : least(lateMs, weaker.lateMs);
    const both = {
      ...merged,
      time: before.time,
      ...(late !== undefined && { lateMs: late }),
      ...(late !== undefined && late === lateMs && silentSince !== undefined && { silentSince }),
      evidence,
      ...(isDeclared && { declared }),
    };
    return { findings: findings.with(at, both), dropped: 0 };
  }
  if (findings.length < MOST_FINDINGS) return { findings: [...findings, finding], dropped: 0 };
  const weakest = findings.reduce((so, one, index) => (goesBefore(one, findings[so] ?? one) ? index : so), 0);
  const replace = goesBefore(findings[weakest] ?? finding, finding);
  return { findings: replace ? findings.with(weakest, finding) : findings, dropped: 1 };
};

/** The one in time, or else the less late one. */
const least = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);

/** Whether `one` makes room before `other`: what is only declared first, so that no number of forged ones pushes out a proven one. */
const goesBefore = (one: Finding, other: Finding): boolean =>
  one.declared === other.declared ? worse(other.severity, one.severity) : one.declared === true;

const strongest = (findings: readonly Finding[]): Finding =>
  findings.reduce((so, finding) => {
    if (so.severity !== finding.severity) return worse(finding.severity, so.severity) ? finding : so;
    return (finding.bits ?? 0) > (so.bits ?? 0) ? finding : so;
  });

const withValue = (values: readonly string[], value: string | undefined): readonly string[] =>
  value === undefined || values.includes(value) || values.length >= MOST_RELATED ? values : [...values, value];

/** The later time counts: records may come late. */
const withLatest = (
  last: Alert['lastEvidence'] = {},
  known: readonly string[],
  credential: string | undefined,
  time: number,
): Readonly<Record<string, number>> =>
  credential === undefined || !known.includes(credential)
    ? last
    : { ...last, [credential]: Math.max(last[credential] ?? time, time) };

const relatedWith = (related: Alert['related'], { use }: AttributedUse): Alert['related'] => ({
  ip: withValue(related.ip, use.sourceIp !== undefined && isAddress(use.sourceIp) ? use.sourceIp : undefined),
  // A claimed name is no evidence about its owner.
  user: withValue(related.user, isBelieved(use.proof) ? use.identities[0]?.value : undefined),
  actions: withValue(related.actions, use.action),
  datasets: withValue(related.datasets, use.dataset),
});
