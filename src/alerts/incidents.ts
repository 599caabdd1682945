import { createHash } from 'node:crypto';
import { type AttributedUse, OTHERS, UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { Found } from '../detectors/engine.ts';
import { type Finding, type Severity, worse } from '../detectors/finding.ts';
import { isAddress } from '../ecs.ts';
import { isBelieved } from '../proof.ts';
import { adviceWith } from './advice.ts';
import type { Alert, AlertAttribution } from './alert.ts';
import { campaignOf } from './campaign.ts';
import { lateMsOf } from './lateness.ts';
import { incidentBits, incidentSeverity, riskScore } from './risk.ts';
import { loadedAlert, type StoredAlert, storedAlert } from './stored.ts';
import { judged, type Verdict } from './verdict.ts';

/** Event time without a new finding after which an incident is over, milliseconds. */
const QUIET = 2 * 3_600_000;
const MOST_FINDINGS = 20;
const MOST_EVIDENCE = 5;
const MOST_RELATED = 20;
/** Unregistered identities that have an incident of their own at once; the others share one. */
const MOST_UNREGISTERED = 100;
/** Incidents that time has ended and that a finding on late records may still belong to; beyond it, that opens another alert. */
const MOST_OVER = 100;

interface Incident {
  alert: Alert;
  /** True while every finding rests on a young baseline: their sum must stay modest. */
  young: boolean;
  /** The weakest attribution among evidence that is proven, and among evidence that is only declared. */
  proven?: AlertAttribution;
  declared?: AlertAttribution;
}

type SavedIncident = Omit<Incident, 'alert'> & { readonly alert: StoredAlert };

export interface SavedIncidents {
  readonly open: readonly SavedIncident[];
  /** Absent in what earlier versions saved. */
  readonly over?: readonly SavedIncident[];
  readonly dropped: number;
}

/** Puts findings of one principal together: one incident is one alert, which grows until it has been quiet for two hours. */
export class Incidents {
  readonly #open = new Map<string, Incident>();
  readonly #changed: (alert: Alert) => void;
  /** Findings beyond what an alert holds. */
  dropped = 0;
  /** Those with findings on late records: they don't stand in order of the last finding. */
  readonly #late = new Set<string>();
  /** Ended by time, the last one last. */
  #over: Incident[] = [];
  /** Incidents that are open of unregistered identities, without the one that others share. */
  #unregistered = 0;

  /** `changed` gets every new revision, the last one included. */
  constructor(changed: (alert: Alert) => void) {
    this.#changed = changed;
  }

  get openAlerts(): readonly Alert[] {
    return [...this.#open.values()].map(({ alert }) => alert);
  }

  add(found: Found): void {
    const { principal, finding, at } = found;
    const open = this.#open.get(principal);
    const lateMs = Math.max(at.lateMs, finding.lateMs ?? 0);
    const dated = lateMs > 0 ? { ...found, finding: { ...finding, lateMs } } : found;
    if (open && open.alert.start - finding.time > QUIET) {
      this.#growEarlier(dated);
      return;
    }
    if (open && finding.time - open.alert.end > QUIET) this.#end(principal, open);
    this.#grow(this.#hasRoom(found) ? dated : { ...dated, principal: OTHERS });
  }

  /** Another incident of a principal that has a later one. */
  #growEarlier(found: Found): void {
    const incident = this.#takeOver(found) ?? { alert: opened(found), young: found.young };
    this.#takeIn(incident, found);
    incident.alert = { ...incident.alert, state: 'over' };
    this.#keepOver(incident);
    this.#changed(incident.alert);
  }

  /** The incident that time has ended, although the finding belongs to it. */
  #takeOver({ principal, finding: { time } }: Found): Incident | undefined {
    const at = this.#over.findLastIndex(
      ({ alert }) => alert.principal === principal && time - alert.end <= QUIET && alert.start - time <= QUIET,
    );
    return at < 0 ? undefined : this.#over.splice(at, 1)[0];
  }

  #keepOver(incident: Incident): void {
    this.#over.push(incident);
    if (this.#over.length > MOST_OVER) this.#over.shift();
  }

  /** Whoever invents identities must not make an alert of each. */
  #hasRoom({ principal, finding }: Found): boolean {
    if (!isUnregistered(principal) || this.#open.has(principal)) return true;
    if (this.#unregistered >= MOST_UNREGISTERED) this.advance(finding.time); // what is over takes no room, whenever it is ended
    return this.#unregistered < MOST_UNREGISTERED;
  }

  #grow(found: Found): void {
    const { principal, young } = found;
    const known = this.#open.get(principal);
    if (known === undefined && isUnregistered(principal)) this.#unregistered++;
    const incident = known ?? this.#takeOver(found) ?? { alert: opened(found), young };
    this.#takeIn(incident, found);
    if (found.finding.lateMs !== undefined) this.#late.add(principal);
    // Deleted first so that the map stays in order of the last finding: `advance` looks only at its head.
    this.#open.delete(principal);
    this.#open.set(principal, incident);
    this.#changed(incident.alert);
  }

  #takeIn(incident: Incident, found: Found): void {
    incident.young &&= found.young;
    const before = incident.alert.findingsDropped;
    noteAttribution(incident, found);
    incident.alert = grown(incident, found);
    this.dropped += incident.alert.findingsDropped - before;
  }

  /** Ends what has been quiet at `time` (milliseconds since the epoch, the stream's own). */
  advance(time: number): void {
    for (const principal of this.#late) {
      const incident = this.#open.get(principal);
      if (incident && time - incident.alert.end > QUIET) this.#end(principal, incident);
    }
    for (const [principal, incident] of this.#open) {
      if (time - incident.alert.end <= QUIET) return;
      this.#end(principal, incident);
    }
  }

  /**
   * A person has given a verdict on this alert (absent where an earlier version handed on that one was given, and not which): the next
   * finding opens another one. False where its incident was over already.
   */
  close(id: string, verdict?: Verdict): boolean {
    for (const [principal, incident] of this.#open) {
      if (incident.alert.id !== id) continue;
      this.#letGo(principal);
      this.#changed(verdict === undefined ? overNow(incident.alert) : judged(incident.alert, verdict));
      return true;
    }
    this.#over = this.#over.filter(({ alert }) => alert.id !== id);
    return false;
  }

  /** Time has ended it. */
  #end(principal: string, incident: Incident): void {
    const ended = overNow(incident.alert);
    this.#letGo(principal);
    this.#keepOver({ ...incident, alert: ended });
    this.#changed(ended);
  }

  #letGo(principal: string): void {
    this.#open.delete(principal);
    this.#late.delete(principal);
    if (isUnregistered(principal)) this.#unregistered--;
  }

  save(): SavedIncidents {
    return { open: [...this.#open.values()].map(saved), over: this.#over.map(saved), dropped: this.dropped };
  }

  load({ open, over = [], dropped }: SavedIncidents): void {
    this.#open.clear();
    this.#late.clear();
    this.#unregistered = 0;
    this.dropped = dropped;
    this.#over = over.map(loaded);
    for (const incident of open.map(loaded)) {
      const { principal, lateMs } = incident.alert;
      if (isUnregistered(principal)) this.#unregistered++;
      if (lateMs !== undefined) this.#late.add(principal);
      this.#open.set(principal, incident);
    }
  }
}

const overNow = (alert: Alert): Alert => ({ ...alert, state: 'over', revision: alert.revision + 1 });

const saved = (incident: Incident): SavedIncident => ({ ...incident, alert: storedAlert(incident.alert) });

const loaded = (incident: SavedIncident): Incident => {
  const alert = loadedAlert(incident.alert);
  // Earlier versions made no difference: what they found counts as before.
  const proven = incident.declared === undefined ? alert.attribution : incident.proven;
  return { ...incident, alert, ...(proven !== undefined && { proven }) };
};

const isUnregistered = (principal: string): boolean =>
  principal.startsWith(`${UNREGISTERED_AGENT}/`) && principal !== OTHERS;

const slotOf = ({ at, principal }: Found): string =>
  at.attribution.credential?.slot ?? principal.slice(principal.indexOf('/') + 1);

/** `event.id` of the alert: it names what opened it, and never changes as the alert grows. */
const alertId = (found: Found): string => {
  const { at, finding } = found;
  const parts = [at.attribution.credential?.agent ?? '', slotOf(found), finding.detector, at.id()];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
};

const opened = (found: Found): Alert => {
  const { at, finding, principal } = found;
  const { credential, method, confidence } = at.attribution;
  return {
    id: alertId(found),
    revision: 0,
    state: 'running',
    principal,
    ...(credential === undefined ? {} : { agent: credential.agent, peerGroup: credential.peerGroup }),
    slot: slotOf(found),
    credentials: [],
    attribution: { method, confidence },
    severity: 'low',
    severityHistory: [],
    bits: 0,
    riskScore: 0,
    openedAt: finding.time,
    start: at.use.time,
    end: finding.time,
    title: '',
    reason: '',
    findings: [],
    findingsDropped: 0,
    related: { ip: [], user: [], actions: [], datasets: [] },
  };
};

const noteAttribution = (incident: Incident, { finding, at: { attribution } }: Found): void => {
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

const grown = (incident: Incident, found: Found): Alert => {
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
