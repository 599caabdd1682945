import type { Advice } from '../detectors/advice.ts';
import { type Finding, legible, SEVERITY_SCORE, worse } from '../detectors/finding.ts';
import { categoryOf } from '../ecs.ts';
import type { Alert } from './alert.ts';
import { happenedDocument } from './happened-document.ts';
import { referenceOf, techniqueUrl } from './links.ts';
import { statusOf } from './stored.ts';
import type { Verdict } from './verdict.ts';

/** Version of ATT&CK that the technique ids in the detectors follow. */
const ATTACK_VERSION = '18';

/** Longest text, UTF-16 code units: what a person reads, and what an index takes. */
const MOST_TEXT = 1_024;

const iso = (time: number): string => new Date(time).toISOString();

const categories = (datasets: readonly string[]): string[] =>
  ['intrusion_detection', ...new Set(datasets.map(categoryOf))].sort();

const findingDocument = (finding: Finding): Record<string, unknown> => ({
  detector: finding.detector,
  severity: SEVERITY_SCORE[finding.severity],
  ...(finding.bits === undefined ? {} : { bits: finding.bits }),
  at: iso(finding.time),
  reason: finding.reason,
  subject: finding.subject,
  observed: String(legible(finding.observed)),
  ...(finding.expected === undefined ? {} : { expected: String(legible(finding.expected)) }),
  ...(finding.window === undefined ? {} : { window_ms: finding.window }),
  ...(finding.baselineAgeDays === undefined ? {} : { baseline_age_days: finding.baselineAgeDays }),
  ...(finding.declared && { proof: 'declared' }),
  evidence: finding.evidence,
});

const verdictDocument = (verdict: Verdict | undefined): Record<string, unknown> => {
  if (verdict === undefined) return { value: 'new' };
  const { value, by, at, because } = verdict;
  return { value, by, at: iso(at), because };
};

/** The finding that an alert is named after: the most severe, and of those the most surprising. */
export const ruleOf = (alert: Alert): Finding | undefined =>
  alert.findings.reduce<Finding | undefined>((so, finding) => {
    if (so === undefined || worse(finding.severity, so.severity)) return finding;
    return finding.severity === so.severity && (finding.bits ?? 0) > (so.bits ?? 0) ? finding : so;
  }, undefined);

const ruleFields = (advice: Advice | undefined): Record<string, unknown> => ({
  ...(advice !== undefined && { description: advice.description.trim().slice(0, MOST_TEXT) }),
  ...(advice !== undefined && advice.references.length > 0 && { reference: advice.references }),
});

/** What to do is that of the rule; the weaknesses are those of all findings, as the techniques are. */
const adviceFields = (rule: Advice | undefined, all: readonly Advice[]): Record<string, unknown> => {
  const owasp = [...new Set(all.flatMap((advice) => advice.owasp))].sort();
  return {
    ...(owasp.length > 0 && { owasp }),
    ...(rule !== undefined && rule.triage.length > 0 && { triage: rule.triage }),
    ...(rule !== undefined && rule.falsePositives.length > 0 && { false_positives: rule.falsePositives }),
  };
};

/** The alert as an ECS document (nested JSON, ECS 9): the contract with Elasticsearch, Kibana and every script. */
export const alertDocument = (alert: Alert): Record<string, unknown> => {
  const { proof, ...attribution } = alert.attribution;
  const rule = ruleOf(alert);
  const advice = rule && alert.advice?.[rule.detector];
  const reference = referenceOf(rule, advice);
  const techniques = [...new Set(alert.findings.flatMap(({ threat }) => threat))].sort();
  return {
    '@timestamp': iso(alert.openedAt),
    message: alert.title,
    event: {
      kind: 'alert',
      category: categories(alert.related.datasets),
      type: ['info'],
      id: alert.id,
      module: 'wayward',
      dataset: 'wayward.alert',
      severity: SEVERITY_SCORE[alert.severity],
      risk_score: alert.riskScore,
      risk_score_norm: alert.riskScore,
      reason: alert.reason,
      start: iso(alert.start),
      end: iso(alert.end),
      ...(reference !== undefined && { reference }),
    },
    rule: { id: rule?.detector, name: rule?.title, ruleset: 'wayward', ...ruleFields(advice) },
    ...(techniques.length === 0
      ? {}
      : {
          threat: {
            framework: `MITRE ATT&CK v${ATTACK_VERSION}`,
            technique: { id: techniques, reference: techniques.map(techniqueUrl) },
          },
        }),
    ...(alert.agent === undefined ? {} : { gen_ai: { agent: { id: alert.agent, name: alert.agent } } }),
    related: { ip: alert.related.ip, user: alert.related.user },
    wayward: {
      principal: alert.principal,
      slot: alert.slot,
      ...(alert.peerGroup === undefined ? {} : { peer_group: alert.peerGroup }),
      credential: { id: alert.credentials, ...(alert.owners !== undefined && { owner: alert.owners }) },
      incident: { state: alert.state },
      verdict: verdictDocument(alert.verdict),
      status: statusOf(alert), // until the next minor version
      revision: alert.revision,
      bits: alert.bits,
      attribution,
      ...(proof !== undefined && { proof: { state: alert.provenSeverity === undefined ? proof : 'declared' } }),
      ...(alert.lateMs?.[alert.severity] !== undefined && { late_ms: alert.lateMs[alert.severity] }),
      ...(alert.campaign !== undefined && { campaign: { id: alert.campaign } }),
      severity_history: alert.severityHistory.map(({ severity, at }) => ({
        severity: SEVERITY_SCORE[severity],
        at: iso(at),
      })),
      findings: alert.findings.map(findingDocument),
      findings_dropped: alert.findingsDropped,
      ...adviceFields(advice, Object.values(alert.advice ?? {})),
      ...(alert.happened !== undefined && { activity: happenedDocument(alert.happened) }),
      actions: alert.related.actions,
      datasets: alert.related.datasets,
    },
  };
};
