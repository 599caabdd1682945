import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, errors } from '@elastic/elasticsearch';
import { type DeliveryState, Patience, TryAgain } from '../patience.ts';
import type { Deliverable, DeliveryCounts, Sink, SinkOptions } from '../sink.ts';
import { AlertLimit } from './alert-limit.ts';
import { isSetUp, NOT_SET_UP } from './client.ts';
import { documentOperation, latestOperations, noticeOperation, type Operation } from './operation.ts';
import type { ElasticsearchSettings } from './settings.ts';
import { nameOf } from './streams.ts';
import { isAway, whyUnavailable } from './why-unavailable.ts';
import { Writer } from './writer.ts';

export interface DeliveryOptions extends SinkOptions {
  readonly client: Client;
  readonly settings: ElasticsearchSettings;
  readonly limit?: AlertLimit;
}

export interface ElasticsearchCounts extends DeliveryCounts {
  /** Written by us, and found to be there already. */
  readonly written: number;
  readonly there: number;
}

/** Brings documents into Elasticsearch, each once (see Writer), and no more alerts than the SOC's rule takes. */
export class Delivery implements Sink {
  readonly #options: DeliveryOptions;
  readonly #stopped = new AbortController();
  readonly #patience: Patience;
  readonly #writer: Writer;
  readonly #limit: AlertLimit;
  #isSetUp = false;
  /** Alerts go one after the other, in the order of the calls. */
  #lastAlerts: Promise<void> = Promise.resolve();
  #waitingAlerts = 0;
  #countedRecent = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { client, settings, rejected, stateChanged, limit } = options;
    const asTryAgain = (error: unknown) =>
      error instanceof errors.ElasticsearchClientError
        ? new TryAgain(whyUnavailable(error, settings), !isAway(error))
        : undefined;
    this.#patience = new Patience(asTryAgain, stateChanged ?? (() => {}));
    this.#writer = new Writer(client, this.#patience, rejected);
    this.#limit = limit ?? new AlertLimit(settings.alerts_per_minute);
  }

  get state(): DeliveryState {
    return this.#patience.state;
  }

  get counts(): ElasticsearchCounts {
    const heldBack = this.#limit.room(Date.now()) === 0 ? this.#waitingAlerts : 0;
    return { ...this.#writer.counts, retries: this.#patience.retries, heldBack };
  }

  /**
   * Resolves when each is in Elasticsearch or was handed to `rejected`, however long that takes. Calls may overlap: alerts that
   * are held back then don't hold back the rest of later calls. The caller bounds how much is on its way.
   * @param redelivered whether any of it may have been delivered before, by this process or by one that died
   * @param until gives up, without knowing what was delivered
   * @throws AbortError when stopped before
   */
  async deliver(items: readonly Deliverable[], redelivered: boolean, until?: AbortSignal): Promise<void> {
    const { signal: stopped } = this.#stopped;
    const signal = until === undefined ? stopped : AbortSignal.any([stopped, until]);
    await this.#whenSetUp(signal);
    const { namespace } = this.#options.settings;
    const alerts = items.filter((item) => 'alert' in item);
    const documents = items.filter((item) => 'stream' in item);
    const rises = alerts.filter(({ rose }) => rose).map((alert) => noticeOperation(alert, namespace));
    const others = documents.map((document) => documentOperation(document, namespace));
    await Promise.all([
      this.#inTurn(rises, redelivered, signal),
      this.#writer.write(latestOperations(alerts), false, signal),
      this.#writer.write(others, redelivered, signal),
    ]);
  }

  /** Ends everything at once; what was not confirmed is to be delivered again. */
  stop(): void {
    this.#stopped.abort();
  }

  async close(): Promise<void> {
    await this.#options.client.close();
  }

  /** Before the first write: an index that comes into being without its template has no use. */
  async #whenSetUp(signal: AbortSignal): Promise<void> {
    if (this.#isSetUp) return;
    const { client, settings } = this.#options;
    await this.#patience.until(signal, async () => {
      if (!(await isSetUp(client, signal))) throw new TryAgain(`${settings.node} ${NOT_SET_UP}`, true);
    });
    this.#isSetUp = true;
  }

  async #inTurn(operations: readonly Operation[], redelivered: boolean, signal: AbortSignal): Promise<void> {
    if (operations.length === 0) return;
    this.#waitingAlerts += operations.length;
    const turn = this.#lastAlerts.then(() => this.#writePaced(operations, redelivered, signal));
    this.#lastAlerts = turn.catch(() => undefined); // told to its own caller; the next ones go on
    await turn;
  }

  /** What an earlier process wrote counts, too: as if it had been just now. */
  async #countRecent(signal: AbortSignal): Promise<void> {
    const { client, settings } = this.#options;
    const since = new Date(Date.now() - this.#limit.window).toISOString();
    const request = {
      index: nameOf('alert', settings.namespace),
      ignore_unavailable: true,
      query: { range: { 'event.ingested': { gt: since } } },
    };
    const { count } = await this.#patience.until(signal, () => client.count(request, { signal }));
    this.#limit.took(count, Date.now());
    this.#countedRecent = true;
  }

  /** Counted when they are in, which is never earlier than their `event.ingested`. */
  async #writePaced(operations: readonly Operation[], redelivered: boolean, signal: AbortSignal): Promise<void> {
    let waiting = operations;
    const go = (rest: readonly Operation[]): void => {
      this.#waitingAlerts -= waiting.length - rest.length;
      waiting = rest;
    };
    try {
      // What is there takes no room of others. The look refreshes, so that the count sees all of it.
      if (redelivered) go(await this.#writer.absent(operations, signal));
      if (!this.#countedRecent) await this.#countRecent(signal);
      while (waiting.length > 0) {
        const room = this.#limit.room(Date.now());
        if (room === 0) {
          await sleep(this.#limit.wait(Date.now()), undefined, { signal });
          continue;
        }
        const now = waiting.slice(0, room);
        await this.#writer.write(now, false, signal);
        this.#limit.took(now.length, Date.now());
        go(waiting.slice(now.length));
      }
    } finally {
      go([]);
    }
  }
}
