import { alertDocument } from '../alerts/document.ts';
import { withUrl } from '../alerts/links.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import { recordOf } from '../documents/response.ts';
import type { Log } from '../kafka/log.ts';
import { wait } from '../kafka/wait.ts';
import type { Condition, Telemetry } from '../ops/telemetry.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Deliverable, Delivery } from '../sinks/elasticsearch/delivery.ts';
import type { OutgoingTable, Waiting } from '../sinks/store-outgoing.ts';
import { deliveryCondition } from './elasticsearch.ts';
import { HEALTH_EVERY, type Measurements, ownHealth } from './health.ts';
import type { Outgoing } from './outgoing.ts';

export interface LocalDeliveryOptions {
  readonly table: OutgoingTable;
  readonly outgoing: Outgoing;
  readonly delivery: Delivery;
  readonly response: ResponseContext;
  /** What has been measured since the call before. */
  readonly measurements: () => Measurements;
  readonly telemetry: Telemetry;
  readonly log: Log;
  /** Where people look at alerts, if anywhere. */
  readonly console?: string | undefined;
}

/** How often it looks for something new, milliseconds. */
const LOOK_EVERY = 100;
/** How long it goes on delivering when all else has stopped, milliseconds: the rest waits for the next start. */
const LAST = 5_000;
/** After a failure of the store, milliseconds. */
const AFTER_FAILURE = 5_000;

/** Brings what waits in the local store to Elasticsearch, beside detection and never in its way. */
export class LocalDelivery {
  readonly #options: LocalDeliveryOptions;
  readonly #stop = new AbortController();
  /** What an earlier process left may have been delivered. */
  readonly #redelivered: number;
  #measured = Date.now();
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: LocalDeliveryOptions) {
    this.#options = options;
    const { table, telemetry } = options;
    this.#redelivered = table.last;
    telemetry.read('outgoing', () =>
      (['alert', 'document'] as const).map((kind) => ({ value: table.waiting(kind), labels: { kind } })),
    );
    telemetry.read('outgoingDropped', () => table.dropped);
    telemetry.component('delivery', () => this.#condition());
  }

  start(): void {
    const { table, measurements, console } = this.#options;
    measurements(); // what was restored is no growth
    this.#work = Promise.all([
      this.#repeat(() =>
        this.#deliver(table.alerts(), ({ alert, rose }) => ({
          alert,
          rose,
          document: withUrl(alertDocument(alert), alert, console),
        })),
      ),
      this.#repeat(async () => {
        const waiting = table.documents();
        const isSome = await this.#deliver(waiting, (document) => document);
        this.#noteHeads(waiting);
        return isSome;
      }),
      this.#repeat(async () => this.#collect()),
    ]);
  }

  /** Delivers what is there, unless that takes long. */
  async stop(): Promise<void> {
    const { table, outgoing, response, delivery, log } = this.#options;
    outgoing.takeResponse(response);
    const left = (): number => table.waiting('alert') + table.waiting('document');
    const deadline = Date.now() + LAST;
    while (left() > 0 && delivery.state.state === 'ok' && Date.now() < deadline)
      await wait(LOOK_EVERY, this.#stop.signal);
    this.#stop.abort();
    delivery.stop();
    await this.#work;
    if (left() > 0) log.warn({ waiting: left() }, 'not everything was delivered; the rest waits for the next start');
  }

  async #repeat(step: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (!(await step())) await wait(LOOK_EVERY, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.error({ err: error }, 'delivery from the local store failed; it is tried again');
        await wait(AFTER_FAILURE, signal);
      }
    }
  }

  /** Whether there was something. */
  async #deliver<Item>(waiting: readonly Waiting<Item>[], deliverable: (item: Item) => Deliverable): Promise<boolean> {
    const [first] = waiting;
    if (first === undefined) return false;
    const { delivery, table, telemetry } = this.#options;
    const began = performance.now();
    await delivery.deliver(
      waiting.map(({ item }) => deliverable(item)),
      first.seq <= this.#redelivered,
    );
    telemetry.observe('delivery', (performance.now() - began) / 1_000);
    table.remove(waiting);
    return true;
  }

  /** Of the record's entries that Elasticsearch has by now, the newest. */
  #noteHeads(delivered: readonly Waiting<OutgoingDocument>[]): void {
    const newest = delivered.flatMap(({ item }) => recordOf(item) ?? []).at(-1);
    if (newest !== undefined) this.#options.response.audit.keptElsewhere(newest);
  }

  #collect(): false {
    const { outgoing, response, measurements } = this.#options;
    outgoing.takeResponse(response);
    if (Date.now() - this.#measured >= HEALTH_EVERY) {
      this.#measured = Date.now();
      outgoing.put(ownHealth(measurements()));
    }
    return false;
  }

  #condition(): Condition {
    const { table, delivery } = this.#options;
    const condition = deliveryCondition(delivery);
    if (table.dropped === 0) return condition;
    const full = `${table.dropped} documents beside alerts found no room in the local store`;
    return { state: 'degraded', reason: condition.state === 'ok' ? full : `${full}; ${condition.reason}` };
  }
}
