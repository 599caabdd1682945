import { type Alert, severityRose } from '../alerts/alert.ts';
import { judged } from '../alerts/verdict.ts';
import type { Registry } from '../attribution/registry.ts';
import type { Names } from '../baselines/names.ts';
import type { Detector } from '../detectors/detector.ts';
import type { ObservedFinding } from '../detectors/observed-finding.ts';
import type { Store } from '../sinks/store.ts';
import {
  alertsToJudge,
  type Closing,
  closingOfAlert,
  closingsAfter,
  loadAlert,
  saveAlert,
  verdictIn,
} from '../sinks/store-alerts.ts';
import { openReplays, type ReplayOutcome, saveReplay } from '../sinks/store-replays.ts';
import type { DeadLetter } from '../sources/dead-letter.ts';
import { type Checkpoint, saveCheckpoint } from './checkpoint.ts';
import { Core } from './core.ts';
import type { Merge } from './merge.ts';
import type { Outgoing } from './outgoing.ts';
import type { Replayed } from './replay.ts';

/** Without alerts, what was learned and read is saved every so often, milliseconds. */
const SAVE_EVERY = 1_000;
/** Part of the time that saving may take while there is more to read: a backlog full of alerts is saved in larger steps. */
const SAVING_SHARE = 0.1;

/** Dead letters whose records are read again between two batches; as SQLite counts, -1 is all. */
const REPLAYS_AT_A_TIME = 200;
const ALL = -1;

export interface LocalOptions {
  readonly store: Store;
  readonly registry: Registry;
  readonly detectors: readonly Detector[];
  readonly names: Names;
  /** Decides what response makes of a new or changed alert; called inside the transaction that saves it. */
  readonly respond: (alert: Alert) => void;
  /** Asked between two batches: a registry and detectors to go on with from there, where there are others. */
  readonly newRules?: () => Pick<LocalOptions, 'registry' | 'detectors'> | undefined;
  /** Told of them once all that came of those before is decided and saved. */
  readonly goesOnWith?: (rules: Pick<LocalOptions, 'registry' | 'detectors'>) => void;
  /** Called before events are looked at: what was done to credentials meanwhile is known to the registry then. */
  readonly learnDeeds?: () => void;
  /** Told of alerts after they are saved; of those, and of earlier revisions of them, `rose` are the ones that got more severe. */
  readonly saved: (alerts: readonly Alert[], rose: readonly Alert[]) => void;
  /** Told of what detectors of the stage `observe` find, once that is saved. */
  readonly observing?: (finding: ObservedFinding) => void;
  /** Puts on its way what is delivered elsewhere; without it, nothing is made for that. */
  readonly outgoing?: Outgoing | undefined;
  /** Called after each batch, and now and then while none comes. */
  readonly looked?: () => void;
  /** Called once, when for the first time there is nothing more to read. */
  readonly caughtUp?: () => void;
  /** Reads the record of a dead letter again. */
  readonly replay?: (letter: DeadLetter) => Promise<Replayed>;
  /** Puts the dead letters so far on the disk; returns the length of their file in bytes. */
  readonly syncDeadLetters?: () => number;
}

/**
 * The whole path in one process: events in order → core → local store and response. Alerts, what response decided, what was
 * learned and where the sources stand are saved together, in one transaction. So a process that dies has saved everything up
 * to one moment and nothing behind it, and a restart goes on from there: nothing is lost, nothing is twice.
 */
export class LocalPipeline {
  #core: Core;
  readonly #options: LocalOptions;
  readonly #merge: Merge;
  readonly #changed = new Map<string, Alert>();
  readonly #rose: Alert[] = [];
  readonly #observing: ObservedFinding[] = [];
  #closing = 0;
  /** Dead letters whose events have gone to the merge since the last save. */
  readonly #replayed = new Map<number, ReplayOutcome>();
  /** Of the last save: when it was and how long it took, in milliseconds, and what had been read and closed by then. */
  #last = { at: 0, took: 0, records: 0, closing: 0 };

  constructor(merge: Merge, options: LocalOptions) {
    this.#merge = merge;
    this.#options = options;
    const { registry, detectors, names, outgoing } = options;
    const observed = outgoing?.observe.bind(outgoing);
    this.#core = new Core(registry, detectors, (alert) => this.#take(alert), {
      observed,
      names,
      observing: (finding) => {
        outgoing?.observe(finding);
        this.#observing.push(finding);
      },
    });
  }

  get core(): Core {
    return this.#core;
  }

  /** Goes on where an earlier run stood. */
  load(saved: Checkpoint): void {
    this.#merge.load(saved.merge);
    this.core.load(saved.core);
    this.#closing = saved.closing;
  }

  /** Until the sources end or the merge's signal; then saves all. */
  async run(): Promise<void> {
    let behind = true;
    this.#takeEarlierVerdicts();
    await this.#takeReplays(ALL); // sources that have ended give no other occasion
    for await (const batch of this.#merge.batches()) {
      const idle = batch.length === 0;
      this.#takeClosings();
      this.#takeNewRules();
      if (this.#replayed.size === 0) await this.#takeReplays(REPLAYS_AT_A_TIME);
      this.#options.learnDeeds?.();
      this.core.process(batch);
      if (idle) this.core.decide(this.#merge.watermark);
      if (this.#isDue(idle)) this.#save();
      this.#options.looked?.();
      if (idle && behind) this.#options.caughtUp?.();
      behind &&= !idle;
    }
    if (!this.#merge.aborted) this.core.decide(Number.POSITIVE_INFINITY);
    this.#takeClosings(); // sources that have ended give no other occasion
    this.#save();
  }

  #take(alert: Alert): void {
    this.#changed.set(alert.id, alert);
    if (severityRose(alert)) this.#rose.push(alert);
  }

  /** Closings are records on the left: they are taken in between two batches. */
  #takeClosings(): void {
    const { store } = this.#options;
    for (const closing of closingsAfter(store, this.#closing)) {
      // What the alert has come to is for response to decide about before the verdict is.
      if (this.#changed.has(closing.alert)) this.#save();
      const alert = loadAlert(store, closing.alert);
      if (alert) this.#judge(alert, closing);
      this.#closing = closing.seq;
    }
  }

  /** Each verdict teaches what is to be learned from it, unless it repeats the one before; the alert gets the last one. */
  #judge(alert: Alert, closing: Closing): void {
    const { store } = this.#options;
    const verdict = verdictIn(closingOfAlert(store, alert.id) ?? closing);
    const repeats = closingOfAlert(store, alert.id, closing.seq)?.verdict === closing.verdict;
    if (!repeats && this.core.close(alert, closing.verdict, verdict)) return;
    const now = judged(alert, verdict);
    if (now !== alert) this.#take(now);
  }

  #takeNewRules(): void {
    const rules = this.#options.newRules?.();
    if (rules === undefined) return;
    this.#save();
    this.#core = this.#core.reloaded(rules.registry, rules.detectors);
    this.#options.goesOnWith?.(rules);
  }

  /** Verdicts that an earlier version has learned from, but not put into the alerts. */
  #takeEarlierVerdicts(): void {
    for (const { alert, closing } of alertsToJudge(this.#options.store))
      if (closing.seq <= this.#closing) this.#take(judged(alert, verdictIn(closing)));
  }

  /** Dead letters to be replayed are records on the left, too. What became of them is saved with their events. */
  async #takeReplays(most: number): Promise<void> {
    const { store, replay } = this.#options;
    if (replay === undefined) return;
    for (const { seq, letter } of openReplays(store, most)) {
      const replayed = await replay(letter);
      if (replayed.outcome === 'used') this.#merge.add(replayed.events);
      this.#replayed.set(seq, replayed.outcome === 'unusable' ? `unusable: ${replayed.reason}` : replayed.outcome);
    }
  }

  /** Alerts are saved at once if nothing waits to be read, else as soon as the last save has paid off; the rest has time. */
  #isDue(idle: boolean): boolean {
    const { at, took, records, closing } = this.#last;
    const since = performance.now() - at;
    if (this.#changed.size > 0 || this.#replayed.size > 0) return idle || since >= took / SAVING_SHARE;
    if (this.#options.outgoing?.isLarge) return true;
    if (since < Math.max(SAVE_EVERY, took / SAVING_SHARE)) return false;
    return this.#merge.counts.records !== records || this.#closing !== closing;
  }

  #save(): void {
    const started = performance.now();
    const alerts = [...this.#changed.values()];
    this.#changed.clear();
    const { store, respond, saved, syncDeadLetters, outgoing } = this.#options;
    store.transaction(() => {
      for (const alert of alerts) {
        saveAlert(store, alert);
        respond(alert);
      }
      for (const [seq, outcome] of this.#replayed) saveReplay(store, seq, outcome);
      outgoing?.save(this.#rose, alerts);
      saveCheckpoint(store, {
        merge: this.#merge.save(),
        core: this.core.saveChanges(),
        closing: this.#closing,
        deadLetters: syncDeadLetters?.() ?? 0,
      });
    });
    this.#replayed.clear();
    for (const finding of this.#observing.splice(0)) this.#options.observing?.(finding);
    const at = performance.now();
    this.#last = { at, took: at - started, records: this.#merge.counts.records, closing: this.#closing };
    if (alerts.length > 0) saved(alerts, this.#rose.splice(0));
  }
}
