import type { AttributionMethod } from '../attribution/attributed.ts';
import type { Advice } from '../detectors/advice.ts';
import type { Finding, Severity } from '../detectors/finding.ts';
import type { Happened } from './happened.ts';
import type { Verdict } from './verdict.ts';

export interface AlertAttribution {
  readonly method: AttributionMethod;
  readonly confidence: number;
  readonly proof?: 'verified' | 'declared';
}

/** One incident of one principal: what the SOC sees and what response acts on. Plain data, deterministic. */
export interface Alert {
  /** `event.id`: hash of agent, slot, opening detector and opening event id. */
  readonly id: string;
  /** Grows with every change: the external version of the latest document. */
  readonly revision: number;
  /** Over once nothing has come for two hours, or a person has given a verdict. */
  readonly state: 'running' | 'over';
  /** Absent until a person gives one: it needs a look. */
  readonly verdict?: Verdict;
  /** `agent/slot`, or `unregistered/…` where the registry names nobody. */
  readonly principal: string;
  /** From the registry, verbatim; absent if unattributed. */
  readonly agent?: string;
  readonly slot: string;
  readonly peerGroup?: string;
  /** Who answers for them, from the registry. Absent where it does not say, and in what an earlier Wayward kept. */
  readonly owners?: readonly string[];
  /** All that the principal did meanwhile, as of this revision. Absent for alerts about a source, and in what an earlier Wayward kept. */
  readonly happened?: Happened;
  /** Ids of the registry's credentials that the evidence used, sorted. */
  readonly credentials: readonly string[];
  /** Event time (milliseconds) of each one's last evidence. Absent in what an earlier Wayward kept. */
  readonly lastEvidence?: Readonly<Record<string, number>>;
  /**
   * The lowest confidence among the evidence that is proven, else among all of it, which is only declared then. An earlier version kept
   * no `proof`.
   */
  readonly attribution: AlertAttribution;
  /** The severity of what is proven, where what is only declared has made the alert more severe. */
  readonly provenSeverity?: Severity;
  /** Those of `credentials` whose evidence is all declared: never acted on. Absent where there are none. */
  readonly declaredOnly?: readonly string[];
  /**
   * By severity: how late records must be allowed to be that the alert reaches it, milliseconds. Absent for a severity that it reaches
   * by records which came in time.
   */
  readonly lateMs?: Readonly<Partial<Record<Severity, number>>>;
  /** Shared by alerts that rest on uses from one source at which their principals are not at home; absent where there is none. */
  readonly campaign?: string;
  /** The highest severity reached. */
  readonly severity: Severity;
  /** Each rise, with the event time (milliseconds) and the revision at which it came. */
  readonly severityHistory: readonly { readonly severity: Severity; readonly at: number; readonly revision: number }[];
  /** The incident's sum of surprise, bits. */
  readonly bits: number;
  /** 0 … 100. */
  readonly riskScore: number;
  /** Event times, milliseconds since the epoch: when it opened; first and last evidence. */
  readonly openedAt: number;
  readonly start: number;
  readonly end: number;
  /** `message`: the title a person reads. */
  readonly title: string;
  /** `event.reason`: one sentence with actual and typical values. */
  readonly reason: string;
  readonly findings: readonly Finding[];
  /** What the detectors of its findings tell a person, by detector. Absent in what an earlier Wayward kept. */
  readonly advice?: Readonly<Record<string, Advice>>;
  /** Findings beyond the bound per incident, counted. */
  readonly findingsDropped: number;
  readonly related: {
    readonly ip: readonly string[];
    readonly user: readonly string[];
    readonly actions: readonly string[];
    readonly datasets: readonly string[];
  };
}

/** Whether the severity rose at this very revision: a call to the SOC of its own. */
export const severityRose = ({ severityHistory, revision }: Alert): boolean =>
  severityHistory.at(-1)?.revision === revision;
