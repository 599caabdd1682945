import type { LoadedRules } from '../config/rules.ts';
import { UsageError } from '../errors.ts';
import type { Log } from '../kafka/log.ts';
import type { Condition } from '../ops/telemetry.ts';

/** What a person ordered on the control stream: to go on from here with the rules that have this hash. */
export interface ReloadOrder {
  readonly hash: string;
  readonly by: string;
  /** Orders follow each other by it: the later one counts. */
  readonly seq: number;
}

/** Stretches of the stream that are behind may still come to an order before the last. */
const MOST_KEPT = 8;
const SHOWN = 12;

/**
 * The rules of this process. They are taken anew as a whole or not at all: where the files on the disk cannot be used, or are not those that
 * were ordered, it goes on with those before and says so until an order could be followed.
 */
export class RulesInUse {
  readonly #load: () => LoadedRules;
  readonly #log: Log;
  readonly #taken = new Set<(rules: LoadedRules) => void>();
  /** By their hash. */
  readonly #kept = new Map<string, LoadedRules>();
  #current: LoadedRules;
  #seq = Number.NEGATIVE_INFINITY;
  #refused: string | undefined;

  constructor(current: LoadedRules, load: () => LoadedRules, log: Log) {
    this.#current = current;
    this.#load = load;
    this.#log = log;
    this.#kept.set(current.hash, current);
  }

  get current(): LoadedRules {
    return this.#current;
  }

  /** Told of each time that others are in use. Call what it returns when that is over. */
  onTaken(taken: (rules: LoadedRules) => void): () => void {
    this.#taken.add(taken);
    return () => this.#taken.delete(taken);
  }

  /** What the files hold now. Undefined where they cannot be used, which is said until they can. */
  look(by: string): LoadedRules | undefined {
    try {
      return this.#load();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#refuse(by, error.message);
      return undefined;
    }
  }

  /** Takes what the files hold now. */
  reload(by: string): void {
    const rules = this.look(by);
    if (rules !== undefined) this.#take(rules, by);
  }

  /** The same, of an order: its rules and no others. One of before the last changes nothing but for who is behind. */
  follow({ hash, by, seq }: ReloadOrder): LoadedRules | undefined {
    const kept = this.#kept.get(hash);
    if (seq <= this.#seq) return kept;
    this.#seq = seq;
    const rules = kept ?? this.look(by);
    if (rules === undefined) return undefined;
    if (rules.hash === hash) {
      this.#take(rules, by);
      return rules;
    }
    const [wanted, here] = [hash.slice(0, SHOWN), rules.hash.slice(0, SHOWN)];
    this.#refuse(
      by,
      `the files of this process have the hash ${here}, ordered was ${wanted}: copy the same registry and detectors to every machine, then wayward reload`,
    );
    return undefined;
  }

  get condition(): Condition {
    return this.#refused === undefined ? { state: 'ok' } : { state: 'degraded', reason: this.#refused };
  }

  /** Why the last reload was refused; undefined where it was not. */
  get refused(): string | undefined {
    return this.#refused;
  }

  #take(rules: LoadedRules, by: string): void {
    const { registry, detectors, hash } = rules;
    const fields = { by, hash, credentials: registry.credentials.length, detectors: detectors.length };
    this.#refused = undefined;
    if (hash === this.#current.hash) {
      this.#log.info(fields, 'reload: the registry and the detectors are those that run');
      return;
    }
    this.#current = rules;
    this.#kept.delete(hash);
    this.#kept.set(hash, rules);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#log.info(fields, 'reloaded the registry and the detectors');
    for (const warning of registry.warnings) this.#log.warn({ by }, warning);
    for (const taken of this.#taken) taken(rules);
  }

  #refuse(by: string, reason: string): void {
    const [first, ...more] = reason.split('\n');
    const others = more.length === 0 ? '' : ` (and ${more.length} more: see the log)`;
    this.#refused = `reload (by ${by}) was refused, and what ran before runs on: ${first}${others}`;
    this.#log.error({ by, reason }, 'reload was refused: what ran before runs on');
  }
}
