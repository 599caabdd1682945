import type { Client } from '@elastic/elasticsearch';
import type { Log } from '../kafka/log.ts';
import { wait } from '../kafka/wait.ts';
import type { Condition, Telemetry } from '../ops/telemetry.ts';
import { createElasticsearch } from '../sinks/elasticsearch/client.ts';
import type { ElasticsearchSettings } from '../sinks/elasticsearch/settings.ts';
import { type ElasticVerdict, readVerdicts } from '../sinks/elasticsearch/verdicts.ts';
import { whyUnavailable } from '../sinks/elasticsearch/why-unavailable.ts';

export interface VerdictWatchOptions {
  readonly settings: ElasticsearchSettings;
  /** Called with each that is read, also with some that it was called with before. */
  readonly take: (verdict: ElasticVerdict) => Promise<void> | void;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Milliseconds between two looks. */
const EVERY = 5_000;
/** At the start, how far back it looks, milliseconds. */
const FIRST_LOOK = 30 * 86_400_000;
/** What was closed before another one may be found after it: Kibana closes many in one long request, and clocks differ. Milliseconds. */
const AGAIN = 300_000;

/** Looks now and then at what analysts have closed in Elastic Security. */
export class VerdictWatch {
  readonly #options: VerdictWatchOptions;
  readonly #stop = new AbortController();
  #since = Date.now() - FIRST_LOOK;
  #condition: Condition = { state: 'ok' };
  #work: Promise<void> = Promise.resolve();
  #tellNoMore: (() => void) | undefined;

  constructor(options: VerdictWatchOptions) {
    this.#options = options;
  }

  /** Does nothing where no index of verdicts is configured. */
  start(): void {
    const {
      settings: { verdicts },
      telemetry,
    } = this.#options;
    if (verdicts === undefined) return;
    this.#tellNoMore = telemetry.component('verdicts', () => this.#condition);
    this.#work = this.#look(verdicts);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#work;
    this.#tellNoMore?.();
  }

  async #look(index: string): Promise<void> {
    const { signal } = this.#stop;
    const { settings } = this.#options;
    const client = createElasticsearch(settings);
    while (!signal.aborted) {
      try {
        await this.#lookOnce(client, index, signal);
        this.#is({ state: 'ok' });
      } catch (error) {
        if (signal.aborted) break;
        this.#is({ state: 'degraded', reason: `${index}: ${whyUnavailable(error, settings)}` });
      }
      await wait(EVERY, signal);
    }
    await client.close();
  }

  async #lookOnce(client: Client, index: string, signal: AbortSignal): Promise<void> {
    const { take } = this.#options;
    for await (const { verdicts, until } of readVerdicts(client, index, this.#since, signal)) {
      for (const verdict of verdicts) await take(verdict);
      if (until !== undefined) this.#since = Math.max(this.#since, until - AGAIN);
    }
  }

  #is(condition: Condition): void {
    if (condition.state !== this.#condition.state) {
      if (condition.state === 'ok') this.#options.log.info({}, 'verdicts are read again');
      else this.#options.log.warn({ reason: condition.reason }, 'verdicts given in Elastic Security are not read');
    }
    this.#condition = condition;
  }
}
