import type { Alert } from '../alerts/alert.ts';
import type { News } from '../alerts/happened.ts';
import { Incidents, type SavedIncidents } from '../alerts/incidents.ts';
import type { Verdict, VerdictValue } from '../alerts/verdict.ts';
import { type Attributor, createAttributor } from '../attribution/attribute.ts';
import type { AttributedUse, Attribution } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import type { Deed } from '../attribution/deed.ts';
import type { Registry } from '../attribution/registry.ts';
import type { SavedUnregistered } from '../attribution/unregistered.ts';
import type { Activity } from '../baselines/activity.ts';
import { NAMES_OF_PROCESS, type Names } from '../baselines/names.ts';
import { AT } from '../baselines/state.ts';
import { NO_USAGE, type SavedUsage, Usage } from '../baselines/usage.ts';
import type { Detector } from '../detectors/detector.ts';
import { Engine, type Found, type SavedEngine } from '../detectors/engine.ts';
import { Given } from '../detectors/needs.ts';
import { type ObservedFinding, observedOf } from '../detectors/observed-finding.ts';
import type { OrderedUse } from './ordered.ts';

export interface SavedCore {
  readonly attributor: SavedUnregistered;
  readonly engine: SavedEngine;
  readonly incidents: SavedIncidents;
  readonly usage: SavedUsage;
  /** Absent in what earlier versions saved. */
  readonly latePeers?: number;
}

/** What must be known of an alert to learn of a verdict on it. */
export type ClosedAlert = Pick<Alert, 'id' | 'principal' | 'start' | 'end'>;

export interface CoreOptions {
  /** Gets what is worth showing beside alerts, in the order of the stream; without it, nothing is made for it. */
  readonly observed?: ((activity: Activity) => void) | undefined;
  /** Of several processes, whether this one reports the days of a credential; exactly one must. */
  readonly owns?: ((credential: Credential) => boolean) | undefined;
  /** Of what baselines hold; whatever keeps a state needs those of its own key. */
  readonly names?: Names | undefined;
  /** Gets what detectors of the stage `observe` find. */
  readonly observing?: (finding: ObservedFinding) => void;
}

/**
 * From ordered events to alerts: the same in one process, in Kafka consumers, in a backtest and in a detector's tests.
 * Pure: no clock, no I/O; `changed` gets every revision of every alert.
 */
export class Core {
  readonly attributor: Attributor;
  readonly engine: Engine;
  readonly incidents: Incidents;
  readonly #registry: Registry;
  readonly #withOthers: (registry: Registry, detectors: readonly Detector[]) => Core;
  readonly #current = new CurrentUse();
  readonly #news = (): News => this.engine.newsOf(this.#current);
  readonly #usage: Usage | undefined;
  /** What events have given since this process began. */
  readonly given = new Given();
  /** Events of members of peer groups that came late: what they lend to their peers, and borrow from them, may differ by that. */
  latePeers = 0;
  /** How far the stream has come by its events, milliseconds. */
  #turn = Number.NEGATIVE_INFINITY;

  /** @param changed gets every revision of every alert */
  constructor(
    registry: Registry,
    detectors: readonly Detector[],
    changed: (alert: Alert) => void,
    options: CoreOptions = {},
  ) {
    const { observed, owns = () => true, names = NAMES_OF_PROCESS, observing } = options;
    this.#registry = registry;
    this.#withOthers = (others, otherDetectors) => new Core(others, otherDetectors, changed, options);
    this.incidents = new Incidents(changed);
    const take = (found: Found): void => {
      if (found.finding.stage === 'observe') observing?.(observedOf(found));
      else this.incidents.add(found);
    };
    this.engine = new Engine(detectors, take, observed, names);
    this.#usage = observed && new Usage(registry.credentials.filter(owns), names, observed);
    this.attributor = createAttributor(registry, undefined, (name) => this.engine.baselines.forget(name));
  }

  /** Takes events in the order of their turns. Each is observed at its own time, and judged by how far its own principal had come. */
  process(batch: readonly OrderedUse[]): void {
    for (const ordered of batch) {
      this.#usage?.reach(ordered.orderTime);
      this.given.take(ordered.use);
      const attribution = this.attributor.attribute(ordered.use);
      if (ordered.sight === 'only') {
        this.#current.take(ordered, attribution, false);
        this.engine.sources.sight(this.#current);
        continue;
      }
      this.#current.take(ordered, attribution, this.#isPassed(ordered.use.time, attribution));
      if (ordered.lateMs > 0 && hasPeers(attribution.credential)) this.latePeers++;
      this.incidents.begin(this.#current, this.#news);
      this.engine.process(this.#current);
      if (this.incidents.isAnyNoted && ordered.use.reading === undefined) this.incidents.note();
      if (ordered.use.reading === undefined) this.#usage?.note(this.#current);
    }
    this.#turn = Math.max(this.#turn, batch.at(-1)?.orderTime ?? this.#turn);
    this.advance(this.#turn);
  }

  /** Whether later uses of the principal have been counted. */
  #isPassed(time: number, { principal }: Attribution): boolean {
    const known = principal === undefined ? undefined : this.engine.baselines.find(principal);
    return known !== undefined && time < (known.state.f64[AT.lastSeen] as number);
  }

  /** No event before `time` (milliseconds) is yet to come: what waited for peers until then is decided. Infinite at the end of all input. */
  decide(time: number): void {
    this.engine.decide(time);
  }

  /** The stream has come so far (milliseconds), also where these events have not: closes what has been quiet since. */
  advance(time: number): void {
    this.engine.decide(time);
    this.incidents.advance(time);
  }

  /** The stream has come to `time` (milliseconds) without an event: days that are over are observed. */
  reach(time: number): void {
    this.#usage?.reach(time);
  }

  /**
   * A person has given a verdict on an alert. What was benign becomes part of the baseline; what comes now is another incident. False where
   * the incident was over already: its alert is not known here any more, and its new revision is the caller's to make.
   */
  close({ id, principal, start, end }: ClosedAlert, value: VerdictValue, verdict?: Verdict): boolean {
    if (value === 'benign') this.engine.accept(principal, start, end);
    return this.incidents.close(id, verdict);
  }

  /** From now on this is known of its credential. */
  did(deed: Deed): void {
    this.#registry.did(deed);
  }

  /**
   * One that goes on from here with another registry and other detectors, as a restart does. What has changed since `saveChanges` is for this one
   * to save.
   */
  reloaded(registry: Registry, detectors: readonly Detector[]): Core {
    const next = this.#withOthers(registry, detectors);
    next.load(this.save());
    return next;
  }

  save(): SavedCore {
    return this.#saved(this.engine.save());
  }

  /** As `save`, but of the baselines only those that have changed since the last call. */
  saveChanges(): SavedCore {
    return this.#saved(this.engine.save(this.engine.baselines.takeChanged()));
  }

  load(saved: SavedCore): void {
    this.attributor.load(saved.attributor);
    this.engine.load(saved.engine, this.#registry.credentials);
    this.incidents.load(saved.incidents);
    this.#usage?.load(saved.usage, (id) => this.#registry.byId(id));
    this.latePeers = saved.latePeers ?? 0;
  }

  #saved(engine: SavedEngine): SavedCore {
    const usage = this.#usage?.save() ?? NO_USAGE;
    const { latePeers } = this;
    return { attributor: this.attributor.save(), engine, incidents: this.incidents.save(), usage, latePeers };
  }
}

const hasPeers = (credential: Credential | undefined): boolean =>
  credential !== undefined && credential.peerGroup !== credential.agent;

/** The event in hand with its attribution; one object for all events, since nothing keeps it. */
class CurrentUse implements AttributedUse {
  use!: AttributedUse['use'];
  late = false;
  lateMs = 0;
  sight: AttributedUse['sight'];
  orderTime = 0;
  attribution!: Attribution;
  #ordered!: OrderedUse;

  take(ordered: OrderedUse, attribution: Attribution, isPassed: boolean): void {
    this.#ordered = ordered;
    this.use = ordered.use;
    this.late = isPassed || ordered.late;
    this.lateMs = ordered.lateMs;
    this.sight = ordered.sight;
    this.orderTime = ordered.use.time;
    this.attribution = attribution;
  }

  id(): string {
    return this.#ordered.id();
  }
}
