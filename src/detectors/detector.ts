import type { z } from 'zod';
import type { AttributedUse } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import type { Observation } from '../baselines/observation.ts';
import type { Principal } from '../baselines/principal.ts';
import type { Advice } from './advice.ts';
import type { Severity } from './finding.ts';
import type { Needs } from './needs.ts';
import type { RecentMatches } from './recent-matches.ts';

/** What a detector is asked about: one use, and what it showed against its principal's baseline. */
export interface Context {
  readonly at: AttributedUse;
  readonly principal: Principal;
  readonly seen: Observation;
  /** What rules of a file count. */
  readonly recent: RecentMatches;
}

/** What a detector's check says; the engine turns it into a finding. */
export interface Result {
  /** Surprise in bits where a baseline was judged; the detector's `severity` maps it. */
  readonly bits?: number;
  readonly subject: string;
  readonly reason: string;
  readonly observed: string | number;
  readonly expected?: string | number;
  /** Milliseconds. */
  readonly window?: number;
  /** Whatever the detector's file says, it is no more severe. */
  readonly atMost?: Severity;
  /** What speaks for itself is no less severe. */
  readonly atLeast?: Severity;
  /** Peers may explain it: it is low until they have had the time to do the same. */
  readonly waits?: boolean;
  /** Findings that are the same where several of a group have them, whatever the detector; the detector's id unless told. */
  readonly change?: string;
  /** Peers do as much now: nothing is told, but it explains theirs, too. */
  readonly explained?: boolean;
  /** The group's peers do not count here: it cannot be a change that a group makes together. */
  readonly alone?: boolean;
  /** Called with the severity that came out, so that what was flagged is held out of the baseline. */
  readonly held?: (severity: Severity) => void;
}

/** When a check is worth calling, so that an ordinary event costs nothing. */
export type Trigger =
  | 'use'
  | 'raised'
  | 'new-action'
  | 'new-area'
  | 'new-source'
  | 'busy'
  | 'pause'
  | 'drift'
  | 'unattributed'
  | 'claimed'
  | 'sighted'
  | 'unreadable';

/** What a finding is evidence of: two sorts together say more than either. */
export type Evidence = 'volume' | 'action' | 'source' | 'time' | 'refusal' | 'policy';

export type Check = (context: Context, report: (result: Result) => void) => void;

/** One kind of detector: this object, its test and one line in registry.ts. */
export interface DetectorKind<Parameters = unknown> {
  /** What `kind:` in the YAML says. */
  readonly id: string;
  /** What the docs' table says: one sentence. */
  readonly title: string;
  readonly trigger: Trigger;
  /** For the trigger `use`: whether any use of this credential could be reported; without it, every use is checked. */
  readonly concerns?: (credential: Credential) => boolean;
  /** `policy` where nothing is said. */
  readonly evidence?: Evidence;
  /** True where `severity` maps bits; false where the detector has one severity. */
  readonly baseline: boolean;
  readonly parameters: z.ZodType<Parameters>;
  /** What events must have, so that it can find anything; nothing where it is absent. */
  readonly needs?: (parameters: Parameters) => Needs;
  /** Makes the check of a detector (its id); state that must survive a restart belongs in the baseline, not here. */
  check(parameters: Parameters, detector: string): Check;
}

/** Keeps a kind's parameter type to itself, so that kinds of different parameters share one registry. */
export const defineKind = <Parameters>(kind: DetectorKind<Parameters>): DetectorKind => ({
  ...kind,
  check: (parameters, detector) => kind.check(kind.parameters.parse(parameters), detector),
  needs: (parameters) => kind.needs?.(kind.parameters.parse(parameters)) ?? [],
});

/** One detector: a checked YAML file, ready to run. */
export interface Detector {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly kind: DetectorKind;
  readonly check: Check;
  /** Where a bit count becomes a severity (least bits of each), or the one severity it has. */
  readonly severity: Severity | Readonly<Partial<Record<Severity, number>>>;
  readonly threat: readonly string[];
  /** What events must have, so that it can find anything. */
  readonly needs?: Needs;
  /** For whoever reads an alert of it. */
  readonly advice?: Advice;
  /** `stage: observe`: what it finds is recorded and has no other effect, on alerts, baselines or other detectors. */
  readonly observes?: true;
  /** Credentials and agents (globs) that it leaves out, with a reason, until a time. */
  readonly exceptions: readonly Exception[];
  /** Whom it judges; everybody where absent. */
  readonly appliesTo?: AppliesTo;
  /** A lasting condition is told again after this long, milliseconds. */
  readonly repeatAfter: number;
}

/** Whether a detector judges this principal, and this credential of it where one is known. */
export type AppliesTo = (principal: string, credential: Credential | undefined) => boolean;

export interface Exception {
  /** Whom it is for, as its file names them. */
  readonly whom: string;
  readonly matches: (principal: string, credential: string | undefined) => boolean;
  readonly because: string;
  /** Event time, milliseconds since the epoch. */
  readonly until: number;
}
