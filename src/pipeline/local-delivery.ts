import { alertDocument } from '../alerts/document.ts';
import { withUrl } from '../alerts/links.ts';
import type { OutgoingDocument } from '../documents/outgoing.ts';
import { recordOf } from '../documents/response.ts';
import type { Log } from '../kafka/log.ts';
import { wait } from '../kafka/wait.ts';
import type { Condition, Telemetry } from '../ops/telemetry.ts';
import type { ResponseContext } from '../response/context.ts';
import type { Deliverable } from '../sinks/sink.ts';
import type { OutgoingTable, Waiting } from '../sinks/store-outgoing.ts';
import { HEALTH_EVERY, type Measurements, ownHealth } from './health.ts';
import { deliveryCondition, type OpenSink } from './open-sinks.ts';
import type { Outgoing } from './outgoing.ts';

/** A sink, and what waits for it. */
export interface QueuedSink extends OpenSink {
  readonly table: OutgoingTable;
}

export interface LocalDeliveryOptions {
  readonly sinks: readonly QueuedSink[];
  readonly outgoing: Outgoing;
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

/** Brings what waits in the local store to its sinks, beside detection and never in its way; one that is away holds up no other. */
export class LocalDelivery {
  readonly #options: LocalDeliveryOptions;
  readonly #stop = new AbortController();
  /** What an earlier process left may have been delivered: the newest of it. */
  readonly #redelivered: ReadonlyMap<QueuedSink, number>;
  #measured = Date.now();
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: LocalDeliveryOptions) {
    this.#options = options;
    const { sinks, telemetry } = options;
    this.#redelivered = new Map(sinks.map((sink) => [sink, sink.table.last]));
    for (const { id, table } of sinks) {
      telemetry.read('outgoing', () =>
        (['alert', 'document'] as const).map((kind) => ({ value: table.waiting(kind), labels: { sink: id, kind } })),
      );
      telemetry.read('outgoingDropped', () => [{ value: table.dropped, labels: { sink: id } }]);
    }
    telemetry.component('delivery', () => this.#condition());
  }

  start(): void {
    const { sinks, measurements } = this.#options;
    measurements(); // what was restored is no growth
    this.#work = Promise.all([
      ...sinks.flatMap((sink) => [
        this.#repeat(() => this.#deliverAlerts(sink)),
        this.#repeat(() => this.#deliverDocuments(sink)),
      ]),
      this.#repeat(async () => this.#collect()),
    ]);
  }

  /** Delivers what is there, unless that takes long. */
  async stop(): Promise<void> {
    const { sinks, outgoing, response, log } = this.#options;
    outgoing.takeResponse(response);
    const left = ({ table }: QueuedSink): number => table.waiting('alert') + table.waiting('document');
    const isBusy = (queued: QueuedSink): boolean => left(queued) > 0 && queued.sink.state.state === 'ok';
    const deadline = Date.now() + LAST;
    while (sinks.some(isBusy) && Date.now() < deadline) await wait(LOOK_EVERY, this.#stop.signal);
    this.#stop.abort();
    for (const { sink } of sinks) sink.stop();
    await this.#work;
    for (const queued of sinks)
      if (left(queued) > 0)
        log.warn(
          { sink: queued.id, waiting: left(queued) },
          'not everything was delivered; the rest waits for the next start',
        );
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

  #deliverAlerts(queued: QueuedSink): Promise<boolean> {
    const { console } = this.#options;
    return this.#deliver(queued, queued.table.alerts(), ({ alert, rose }) => ({
      alert,
      rose,
      document: withUrl(alertDocument(alert), alert, console),
    }));
  }

  async #deliverDocuments(queued: QueuedSink): Promise<boolean> {
    const waiting = queued.table.documents();
    const isSome = await this.#deliver(queued, waiting, (document) => document);
    this.#noteHeads(waiting);
    return isSome;
  }

  /** Whether there was something. */
  async #deliver<Item>(
    queued: QueuedSink,
    waiting: readonly Waiting<Item>[],
    deliverable: (item: Item) => Deliverable,
  ): Promise<boolean> {
    const [first] = waiting;
    if (first === undefined) return false;
    const { sink, table } = queued;
    const { telemetry } = this.#options;
    const began = performance.now();
    await sink.deliver(
      waiting.map(({ item }) => deliverable(item)),
      first.seq <= (this.#redelivered.get(queued) ?? 0),
    );
    telemetry.observe('delivery', (performance.now() - began) / 1_000);
    table.remove(waiting);
    return true;
  }

  /** Of the record's entries that a sink has by now, the newest. */
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
    const { sinks } = this.#options;
    const condition = deliveryCondition(sinks);
    const dropped = sinks.reduce((sum, { table }) => sum + table.dropped, 0);
    if (dropped === 0) return condition;
    const full = `${dropped} documents beside alerts found no room in the local store`;
    return { state: 'degraded', reason: condition.state === 'ok' ? full : `${full}; ${condition.reason}` };
  }
}
