import { type AttributedUse, UNREGISTERED_AGENT } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import { acceptSpan } from '../baselines/accept.ts';
import { Baselines, type SavedBaselines } from '../baselines/baselines.ts';
import { learn, type Verdict } from '../baselines/learn.ts';
import { newObservation, type Observation } from '../baselines/observation.ts';
import { ageInDays, isYoung, observe, type Principal } from '../baselines/principal.ts';
import type { Hold } from '../baselines/repertoire.ts';
import { DAY } from '../baselines/series.ts';
import { openState } from '../baselines/state.ts';
import { ACTION_CLASSES, classOf } from './action-class.ts';
import type { Context, Detector, Result, Trigger } from './detector.ts';
import { type Finding, SEVERITIES, type Severity } from './finding.ts';
import { Told } from './told.ts';

/** Whom a finding is about, beside the finding. */
export interface Found {
  readonly finding: Finding;
  readonly at: AttributedUse;
  /** The incident's principal: the agent and slot, or one for all unknown credentials of a kind. */
  readonly principal: string;
  /** True where the finding rests on a young baseline, whose surprise must not add up to more than a low alert. */
  readonly young: boolean;
}

export interface EngineCounts {
  /** Uses that detection looked at. */
  seen: number;
  /** Rejected records and records without identity: they count for nobody. */
  unattributed: number;
  /** Records past `max_disorder`: only checks without a baseline. */
  late: number;
  /** Findings that an exception, or an earlier telling of the same condition, kept quiet. */
  excepted: number;
  repeated: number;
  /** Findings of young baselines that were lowered to `low`. */
  modest: number;
}

export interface SavedEngine {
  readonly baselines: SavedBaselines;
  readonly told: readonly (readonly [string, number])[];
  readonly counts: EngineCounts;
}

const NOBODY: Principal = { name: UNREGISTERED_AGENT, state: openState(), peers: undefined, zone: 'UTC' };
const isNew = (known: string): boolean => known === 'new' || known === 'returned';

/** Runs every detector on every use: state in, events in; state out, findings out. Pure and deterministic. */
export class Engine {
  readonly baselines = new Baselines();
  readonly counts: EngineCounts = { seen: 0, unattributed: 0, late: 0, excepted: 0, repeated: 0, modest: 0 };
  readonly #byTrigger: Readonly<Record<Trigger, readonly Detector[]>>;
  readonly #told = new Told();
  readonly #found: (found: Found) => void;
  readonly #seen: Observation = newObservation();
  #worst: Severity | undefined;

  constructor(detectors: readonly Detector[], found: (found: Found) => void) {
    const of = (trigger: Trigger): Detector[] => detectors.filter((detector) => detector.kind.trigger === trigger);
    this.#byTrigger = {
      use: of('use'),
      raised: of('raised'),
      'new-action': of('new-action'),
      'new-source': of('new-source'),
      'quiet-hour': of('quiet-hour'),
      unattributed: of('unattributed'),
    };
    this.#found = found;
  }

  /** Takes one use; findings come out through the callback before it returns. */
  process(at: AttributedUse): void {
    const { method, principal } = at.attribution;
    if (method === 'claimed' || method === 'none') {
      this.counts.unattributed++;
      return;
    }
    this.counts.seen++;
    const owner = principal === undefined ? NOBODY : this.baselines.of(at.attribution);
    const context: Context = { at, principal: owner, seen: this.#seen };
    if (at.late) this.counts.late++;
    else if (owner !== NOBODY) this.#judge(context);
    this.#run('use', context);
    if (method === 'unregistered' || method === 'overflow') this.#run('unattributed', context);
  }

  /** An alert was closed as benign: what was held out of the baseline between these times (ms) becomes normal. */
  accept(principal: string, from: number, to: number): void {
    const known = this.baselines.find(principal);
    if (known) acceptSpan(known, Math.floor(from / DAY), Math.floor(to / DAY));
  }

  #judge(context: Context): void {
    const { at, principal, seen } = context;
    observe(principal, at.use, at.orderTime, seen);
    if (seen.raised.length > 0) this.#run('raised', context);
    const action = isNew(seen.action) ? this.#run('new-action', context) : undefined;
    const source = isNew(seen.network) || isNew(seen.client) ? this.#run('new-source', context) : undefined;
    if (seen.quiet) this.#run('quiet-hour', context);
    if (seen.action === 'new' || seen.network === 'new' || seen.client === 'new') this.#learn(context, action, source);
  }

  #learn({ at, principal, seen }: Context, action: Severity | undefined, source: Severity | undefined): void {
    const verdict: Verdict = { action: holdFor(action), network: holdFor(source), client: holdFor(source) };
    learn(principal, seen, ACTION_CLASSES.indexOf(classOf(at.use.action)), verdict);
  }

  /** Runs the detectors of a trigger; gives the worst severity that came out. */
  #run(trigger: Trigger, context: Context): Severity | undefined {
    this.#worst = undefined;
    for (const detector of this.#byTrigger[trigger])
      detector.check(context, (result) => this.#report(detector, context, result));
    return this.#worst;
  }

  #report(detector: Detector, context: Context, result: Result): void {
    const severity = this.#severityOf(detector, context, result);
    if (severity === undefined) return;
    const { at, principal } = context;
    const unknown = detector.kind.trigger === 'unattributed';
    const name = unknown ? `${UNREGISTERED_AGENT}/${at.use.identities[0]?.key ?? 'none'}` : principal.name;
    if (
      detector.exceptions.some(
        (exception) => at.use.time < exception.until && exception.matches(name, at.attribution.credential?.id),
      )
    ) {
      this.counts.excepted++;
      return;
    }
    if (
      !detector.kind.baseline &&
      !this.#told.tell(detector.id, name, result.subject, at.orderTime, detector.repeatAfter)
    ) {
      this.counts.repeated++;
      return;
    }
    result.held?.(severity);
    this.#worst = severity;
    const young = detector.kind.baseline && isYoung(principal, at.orderTime);
    this.#found({ finding: findingOf(detector, context, result, severity), at, principal: name, young });
  }

  #severityOf(detector: Detector, context: Context, result: Result): Severity | undefined {
    if (typeof detector.severity === 'string') return detector.severity;
    const bits = result.bits ?? 0;
    let reached: Severity | undefined;
    for (const severity of SEVERITIES) {
      const least = detector.severity[severity];
      if (least !== undefined && bits >= least) reached = severity;
    }
    if (reached === undefined || reached === 'low' || !isYoung(context.principal, context.at.orderTime)) return reached;
    this.counts.modest++;
    return 'low';
  }

  /** With all baselines, unless only the changed ones are wanted. */
  save(baselines = this.baselines.save()): SavedEngine {
    return { baselines, told: this.#told.save(), counts: { ...this.counts } };
  }

  load(saved: SavedEngine, credentials: readonly Credential[] = []): void {
    this.baselines.load(saved.baselines, credentials);
    this.#told.load(saved.told);
    Object.assign(this.counts, saved.counts);
  }
}

const HOLD: Readonly<Record<Severity, Hold>> = {
  low: 'hold-small',
  medium: 'hold-grave',
  high: 'hold-grave',
  critical: 'hold-for-good',
};
const holdFor = (flagged: Severity | undefined): Hold => (flagged === undefined ? 'learn' : HOLD[flagged]);

const findingOf = (detector: Detector, { at, principal }: Context, result: Result, severity: Severity): Finding => ({
  detector: detector.id,
  title: detector.title,
  threat: detector.threat,
  severity,
  ...(result.bits === undefined ? {} : { bits: Math.round(result.bits * 10) / 10 }),
  time: at.orderTime,
  reason: result.reason,
  subject: result.subject,
  observed: result.observed,
  expected: result.expected,
  ...(result.window === undefined ? {} : { window: result.window }),
  ...(detector.kind.baseline ? { baselineAgeDays: ageInDays(principal.state, at.orderTime) } : {}),
  evidence: [at.id()],
});
