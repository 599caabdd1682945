import type { AttributedUse } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import { acceptSpan } from '../baselines/accept.ts';
import { type FirstSeen, firstSeenIn, type HourActivity, hourActivity } from '../baselines/activity.ts';
import { Baselines, type SavedBaselines } from '../baselines/baselines.ts';
import { NAMES_OF_PROCESS, type Names } from '../baselines/names.ts';
import type { Observation } from '../baselines/observation.ts';
import { endIncident, freeze, lookBack, observe } from '../baselines/observe.ts';
import { isYoung, type Principal, presentMembers } from '../baselines/principal.ts';
import { DAY } from '../baselines/series.ts';
import { asFarAsHeard } from './as-far-as-heard.ts';
import { CurrentContext, NOBODY } from './current-context.ts';
import type { Context, Detector, Result, Trigger } from './detector.ts';
import { type EngineCounts, nothingCounted } from './engine-counts.ts';
import type { Finding, Severity } from './finding.ts';
import { findingOf, isDeclared, nameOf, severityOf, sortOf, toldAs } from './finding-of.ts';
import { isAllowedOrDenied } from './outcome.ts';
import type { SavedMatches } from './recent-matches.ts';
import { SourceChecks } from './source-checks.ts';
import type { SavedSourceWatch } from './source-watch.ts';
import { type SavedTogether, Together } from './together.ts';
import { SAME_RULE, Told } from './told.ts';
import { keptUse, PEER_WAIT, type SavedWaiting, type Waiting, WaitingFindings } from './waiting.ts';

/** Whom a finding is about, beside the finding. */
export interface Found {
  readonly finding: Finding;
  readonly at: AttributedUse;
  /** The incident's principal: the agent and slot, an unregistered identity, or all those beyond the bound. */
  readonly principal: string;
  /** True where the finding rests on a young baseline, whose surprise must not add up to more than a low alert. */
  readonly young: boolean;
}

export interface SavedEngine extends SavedSourceWatch {
  readonly baselines: SavedBaselines;
  readonly told: readonly (readonly [string, number])[];
  readonly counts: EngineCounts;
  /** Absent in what earlier versions saved, as are those that follow. */
  readonly waiting?: readonly SavedWaiting[];
  readonly together?: SavedTogether;
  readonly matches?: SavedMatches;
  /** Principals with declared uses, and the event time of the last; absent in what earlier versions saved. */
  readonly declared?: readonly (readonly [principal: string, at: number])[];
}

/** A detector and whom its check reports to: made once, so that an ordinary use makes nothing. */
interface Armed {
  readonly detector: Detector;
  readonly report: (result: Result) => void;
}

/** Something that was never shown before. */
const hasNew = (seen: Observation): boolean => seen.unseen || seen.network === 'new' || seen.client === 'new';

/** Runs every detector on every use: state in, events in; state out, findings out. Pure and deterministic. */
export class Engine {
  readonly baselines: Baselines;
  readonly #names: Names;
  readonly counts = nothingCounted();
  readonly #byTrigger: Readonly<Record<Trigger, readonly Armed[]>>;
  /** The checks of every use that can ever report one of this credential. */
  readonly #ofCredential = new WeakMap<Credential, readonly Armed[]>();
  readonly #told = new Told();
  readonly #together = new Together();
  readonly #waiting = new WaitingFindings();
  /** Of what counts for a source. */
  readonly sources: SourceChecks;
  readonly #found: (found: Found) => void;
  readonly #context = new CurrentContext();
  readonly #active: ((activity: HourActivity | FirstSeen) => void) | undefined;
  readonly #hourOver: ((principal: Principal) => void) | undefined;

  /**
   * @param active gets what principals do beside what is found; without it, nothing is made for it
   * @param names of what baselines hold; whatever keeps a state needs those of its own key
   */
  constructor(
    detectors: readonly Detector[],
    found: (found: Found) => void,
    active?: (activity: HourActivity | FirstSeen) => void,
    names: Names = NAMES_OF_PROCESS,
  ) {
    this.baselines = new Baselines(names);
    this.#names = names;
    const armed = detectors.map((detector) => ({
      detector,
      report: (result: Result) => this.#report(detector, result),
    }));
    const of = (trigger: Trigger): Armed[] => armed.filter(({ detector }) => detector.kind.trigger === trigger);
    this.#byTrigger = {
      use: of('use'),
      raised: of('raised'),
      'new-action': of('new-action'),
      'new-area': of('new-area'),
      'new-source': of('new-source'),
      busy: of('busy'),
      pause: of('pause'),
      drift: of('drift'),
      unattributed: of('unattributed'),
      claimed: of('claimed'),
      sighted: of('sighted'),
      unreadable: of('unreadable'),
    };
    this.sources = new SourceChecks(this.#context, (trigger) => this.#run(this.#byTrigger[trigger]));
    this.#found = found;
    this.#active = active;
    if (active !== undefined)
      this.#hourOver = (principal) => active(hourActivity(principal, this.#context.at.attribution.credential));
  }

  /** Takes one use; findings come out through the callback before it returns. */
  process(at: AttributedUse): void {
    this.sources.watch.began(at.orderTime);
    if (at.orderTime >= this.#waiting.next) this.decide(at.orderTime);
    if (at.lateMs > 0) this.#decideLate(at);
    const { reading } = at.use;
    if (reading !== undefined) {
      const { principal } = at.attribution;
      this.sources.reading(
        at,
        reading,
        (principal === undefined ? undefined : this.baselines.find(principal)) ?? NOBODY,
      );
      return;
    }
    const { method, principal, credential } = at.attribution;
    if (method === 'claimed' || method === 'none') {
      this.counts.unattributed++;
      if (method === 'claimed' && !at.late) this.sources.claim(at);
      return;
    }
    this.counts.seen++;
    // A key map knows whose key it was that the gateway refused, revoked perhaps: nothing was done with it.
    if (at.use.result === 'rejected') return;
    const owner = principal === undefined ? NOBODY : this.baselines.of(at.attribution);
    if (at.use.proof.state === 'declared' && at.orderTime > owner.declaredAt) owner.declaredAt = at.orderTime;
    if (at.sight === undefined && credential !== undefined) this.sources.lookAt(at, owner);
    this.#context.at = at;
    this.#context.principal = owner;
    if (at.late) this.counts.late++;
    if (owner !== NOBODY) {
      if (at.late) this.#judgeLate(this.#context);
      else this.#judge(this.#context);
    }
    this.#run(credential === undefined ? this.#byTrigger.use : this.#checksOf(credential));
    if (method === 'unregistered') this.#run(this.#byTrigger.unattributed);
    if (method === 'overflow') this.#countBeyond(at);
  }

  /** What of the use that was processed last its principal had never shown before. */
  newsOf(at: AttributedUse): { readonly action: boolean; readonly network: boolean; readonly client: boolean } {
    const { at: judged, principal, seen } = this.#context;
    const isJudged = judged === at && principal !== NOBODY && !at.late && at.use.result !== 'rejected';
    return {
      action: isJudged && seen.unseen,
      network: isJudged && seen.network === 'new',
      client: isJudged && seen.client === 'new',
    };
  }

  /** The first of them is news, and each time that they are ten times as many. */
  #countBeyond({ use }: AttributedUse): void {
    if (!isAllowedOrDenied(use)) return;
    const { seen } = this.#context;
    const { counts } = this;
    counts.beyond++;
    if (!Number.isInteger(Math.log10(counts.beyond))) return;
    seen.beyond = counts.beyond;
    this.#run(this.#byTrigger.unattributed);
    seen.beyond = undefined;
  }

  /** An alert was closed as benign: what was held out of the baseline between these times (ms) becomes normal. */
  accept(principal: string, from: number, to: number): void {
    const known = this.baselines.find(principal);
    if (known) acceptSpan(known, Math.floor(from / DAY), Math.floor(to / DAY));
  }

  #judge(context: Context): void {
    const { at, principal, seen } = context;
    observe(principal, at.use, at.orderTime, seen, this.#names, this.#hourOver);
    const checks = this.#byTrigger;
    if (seen.pause !== undefined) this.#run(checks.pause);
    if (seen.drift !== undefined) this.#run(checks.drift);
    if (seen.action !== 'known') this.#run(checks['new-action']);
    if (seen.areaBits > 0) this.#run(checks['new-area']);
    if (seen.source !== undefined) this.#run(checks['new-source']);
    if (seen.raised.length > 0) this.#run(checks.raised);
    if (seen.busy >= 0) this.#run(checks.busy);
    if (hasNew(seen)) this.#showFirst(context);
  }

  /** Novelty and source checks only. Nothing is learned from a late use, so its findings repeat like those of a lasting condition. */
  #judgeLate({ at, principal, seen }: Context): void {
    lookBack(principal, at.use, seen, this.#names);
    if (seen.action === 'new') this.#run(this.#byTrigger['new-action']);
    if (seen.source !== undefined) this.#run(this.#byTrigger['new-source']);
  }

  /** Decides what has waited for peers until `time` (milliseconds): those that did not follow don't explain it. */
  decide(time: number): void {
    for (const waiting of this.#waiting.due(time)) this.#decideOne(waiting);
  }

  /** What comes late is decided by the principal's own uses, as it would have been in time. */
  #decideLate({ attribution: { principal }, orderTime }: AttributedUse): void {
    if (principal === undefined) return;
    for (const waiting of this.#waiting.dueOf(principal, orderTime)) this.#decideOne(waiting);
  }

  #decideOne({ found, sort, group, due }: Waiting): void {
    const member = this.baselines.find(found.principal);
    const size = member === undefined ? 1 : presentMembers(member, due);
    if (!this.#together.isCommon(group, sort, found.principal, due, size)) {
      const finding = { ...found.finding, time: due };
      const others = this.#together.others(group, sort, found.principal, due);
      this.#found({ ...found, finding: member === undefined ? finding : asFarAsHeard(finding, member, others) });
      return;
    }
    this.counts.common++;
    // What the group does together is no incident: it is learned.
    if (member !== undefined && found.finding.stage === undefined) endIncident(member, due);
  }

  #showFirst({ at, principal, seen }: Context): void {
    const active = this.#active;
    if (active === undefined) return;
    const { action, sourceIp, client, result, proof } = at.use;
    const first = firstSeenIn(principal, at.use, seen, () => this.counts.firstSeenSuppressed++);
    for (const { what, value } of first) {
      active({
        kind: 'first-seen',
        principal: principal.name,
        credential: at.attribution.credential,
        time: seen.time,
        what,
        value,
        event: at.id(),
        action,
        succeeded: result === 'success',
        proof,
        sourceIp,
        client,
      });
    }
  }

  #checksOf(credential: Credential): readonly Armed[] {
    const known = this.#ofCredential.get(credential);
    if (known) return known;
    const checks = this.#byTrigger.use.filter(({ detector }) => detector.kind.concerns?.(credential) ?? true);
    this.#ofCredential.set(credential, checks);
    return checks;
  }

  /** Runs detectors on the use in hand. */
  #run(checks: readonly Armed[]): void {
    const context = this.#context;
    for (const { detector, report } of checks) {
      if (detector.appliesTo?.(nameOf(detector, context), context.at.attribution.credential) === false) continue;
      detector.check(context, report);
    }
  }

  #report(detector: Detector, result: Result): void {
    const context = this.#context;
    const name = nameOf(detector, context);
    if (result.explained) {
      this.#noteTogether(detector, result);
      return;
    }
    const reached = severityOf(detector, result);
    if (reached === undefined) return;
    const isModest =
      typeof detector.severity !== 'string' && reached !== 'low' && isYoung(context.principal, context.at.orderTime);
    if (isModest) this.counts.modest++;
    const severity = isModest ? 'low' : reached;
    const { at } = context;
    if (
      detector.exceptions.some(
        (exception) => at.use.time < exception.until && exception.matches(name, at.attribution.credential?.id),
      )
    ) {
      this.counts.excepted++;
      return;
    }
    const declared = isDeclared(context, detector, result);
    // A declared finding that was reported must not suppress a proven one as its repeat.
    const condition = declared ? `${result.subject}\ndeclared` : result.subject;
    if (detector.kind.baseline && !at.late) {
      this.#reportBaseline(detector, result, severity, declared);
      return;
    }
    if (!this.#told.tell(toldAs(detector), name, condition, at.orderTime, detector.repeatAfter)) {
      this.counts.repeated++;
      return;
    }
    this.#send(findingOf(detector, context, result, severity, declared), name, detector.kind.baseline);
  }

  #send(finding: Finding, principal: string, isBaseline: boolean): void {
    const { at, principal: owner } = this.#context;
    const young = isBaseline && isYoung(owner, at.orderTime);
    if (finding.stage === 'observe') this.counts.observing++;
    this.#found({ finding, at, principal, young });
  }

  /** A finding against the baseline: what counts is held out of it, and what peers do as well is no finding. */
  #reportBaseline(detector: Detector, result: Result, severity: Severity, declared: boolean): void {
    const context = this.#context;
    const { at, principal, seen } = context;
    const time = at.orderTime;
    const finding = findingOf(detector, context, result, severity, declared);
    const told = toldAs(detector);
    if (severity === 'low') {
      if (this.#told.tell(told, principal.name, result.subject, time, SAME_RULE))
        this.#send(finding, principal.name, true);
      else this.counts.repeated++;
      return;
    }
    const group = this.baselines.groupOf(principal);
    const sort = sortOf(detector, result);
    const size = group === undefined || result.alone ? 1 : presentMembers(principal, time);
    if (group !== undefined && size > 1) {
      const isCommon = this.#together.isCommon(group, sort, principal.name, time, size);
      this.#together.note(group, sort, principal.name, time);
      if (isCommon) {
        this.#notice(group, sort, finding);
        return;
      }
    }
    const isOpen = seen.frozen && !this.#waiting.has(principal.name);
    if (!detector.observes) {
      result.held?.(severity);
      freeze(principal, seen);
    }
    if (!this.#told.isNews(told, principal.name, time)) {
      this.counts.repeated++;
      return;
    }
    if (group === undefined || size < 2) {
      this.#send(finding, principal.name, true);
      return;
    }
    const heard = asFarAsHeard(finding, principal, this.#together.others(group, sort, principal.name, time));
    if (!result.waits || isOpen) {
      this.#send(heard, principal.name, true);
      return;
    }
    this.#send({ ...heard, severity: 'low' }, principal.name, true);
    const young = isYoung(principal, time);
    const found = { finding, at: keptUse(at), principal: principal.name, young };
    const due = time + PEER_WAIT;
    this.#waiting.add({ found, sort, group, due, ...(at.lateMs > 0 && { decided: due + at.lateMs }) });
  }

  /** What peers explain is not told, but it is one more member that does the same. */
  #noteTogether(detector: Detector, result: Result): void {
    const { at, principal } = this.#context;
    const group = this.baselines.groupOf(principal);
    if (group !== undefined) this.#together.note(group, sortOf(detector, result), principal.name, at.orderTime);
  }

  /** What several members of a group do is told once, as low. */
  #notice(group: string, sort: string, finding: Finding): void {
    this.counts.common++;
    const { at, principal } = this.#context;
    if (!this.#told.tell(sort, `group/${group}`, 'together', at.orderTime, SAME_RULE)) return;
    this.#send(
      { ...finding, severity: 'low', reason: `${finding.reason}; others of its group do the same` },
      principal.name,
      true,
    );
  }

  /** With all baselines, unless only the changed ones are wanted. */
  save(baselines = this.baselines.save()): SavedEngine {
    return {
      baselines,
      told: this.#told.save(),
      counts: { ...this.counts },
      waiting: this.#waiting.save(),
      together: this.#together.save(),
      matches: this.#context.recent.save(),
      ...this.sources.watch.save(),
      declared: this.baselines.declared(),
    };
  }

  load(saved: SavedEngine, credentials: readonly Credential[] = []): void {
    this.baselines.load(saved.baselines, credentials);
    this.#told.load(saved.told);
    this.#waiting.load(saved.waiting ?? [], credentials);
    this.#together.load(saved.together ?? []);
    this.#context.recent.load(saved.matches ?? []);
    this.sources.watch.load(saved);
    this.baselines.loadDeclared(saved.declared ?? []);
    Object.assign(this.counts, saved.counts);
  }
}
