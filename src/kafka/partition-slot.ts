import type { Fetched } from './fetched.ts';
import type { Log } from './log.ts';
import type { PartitionRange } from './partition-range.ts';
import { Fenced } from './transactional-writer.ts';
import { wait } from './wait.ts';

/** What works on one partition. Never called twice at once. After an error it is closed and another one is made. */
export interface PartitionWorker {
  /** Takes the partition over; gives the offset to read on from. */
  start(signal: AbortSignal): Promise<number>;
  /**
   * `caughtUpAt`: with these, everything that was in the partition at that time (wall clock, milliseconds) has come;
   * undefined where there is more.
   */
  process(fetched: Fetched, caughtUpAt: number | undefined): Promise<void>;
  /** Messages from one offset up to another (excluded) were deleted before they were read. */
  lost?(from: number, to: number): void;
  /** Called every so often while nothing comes. */
  tick(caughtUpAt: number | undefined): Promise<void>;
  /** The group wants to meet again: `process` may end with Interrupted, and what was under way is done again. */
  interrupt?(): void;
  /** It has run too far ahead of others: read no more for now. */
  readonly waits: boolean;
  /** Lets go of the partition; called also where `start` failed. */
  close(): Promise<void>;
}

/** It gave up what was under way, as it was asked to. */
export class Interrupted extends Error {}

/** What a slot asks of its consumer. */
export interface SlotReader {
  pause(): void;
  readFrom(offset: number): void;
}

/** The group would have met again by then, had the partition been given to another process; milliseconds. */
const UNCONFIRMED = 15_000;
const FIRST_RETRY = 100;
const LONGEST_RETRY = 5_000;

/**
 * One partition in the hands of this process: makes its worker, hands it messages in order, and starts a new one when it fails.
 * A worker that was fenced is not replaced until `confirm`: the partition may be another process's by now.
 */
export class PartitionSlot {
  /** Offset of the next message to process. */
  position = 0;
  readonly topic: string;
  readonly partition: number;
  readonly #make: () => PartitionWorker;
  readonly #reader: SlotReader;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #worker: PartitionWorker | undefined;
  #running = false;
  /** The partition's end when it was last seen. */
  #end = 0;
  #paused = false;
  /** Where it failed last, and how long it then waited. */
  #failure = { position: -1, delay: 0 };
  #caughtUpAt: number | undefined;
  #confirmed: (() => void) | undefined;
  /** What it does now; everything goes one after the other. */
  #work: Promise<void> = Promise.resolve();
  #loop: Promise<void>;

  constructor(topic: string, partition: number, make: () => PartitionWorker, reader: SlotReader, log: Log) {
    this.topic = topic;
    this.partition = partition;
    this.#make = make;
    this.#reader = reader;
    this.#log = log;
    reader.pause();
    this.#loop = this.#start();
  }

  get name(): string {
    return `${this.topic}/${this.partition}`;
  }

  /** Messages that are there and not yet processed, as far as is known. */
  get lag(): number {
    return Math.max(0, this.#end - this.position);
  }

  get running(): boolean {
    return this.#running;
  }

  /** The group has met again and the partition is still ours. */
  confirm(): void {
    this.#confirmed?.();
    if (this.#running) this.#reader.readFrom(this.position);
  }

  /** From `begin` to `end` (excluded) is all there was at `at`, as the broker said. Where that is nothing, no message shows what is gone. */
  sawRange({ begin, end }: PartitionRange, at: number): void {
    this.#end = end;
    if (this.#running && this.position >= end) this.#caughtUpAt = Math.max(at, this.#caughtUpAt ?? 0);
    if (this.#running && this.position < begin) void this.#next(async (worker) => this.#goOnFrom(worker, begin));
  }

  /** Control records only: nothing to process. */
  skip(from: number, next: number): void {
    if (from <= this.position && next > this.position) this.position = next;
  }

  /** Processes them; false if it could not. */
  take(firstOffset: number, fetchedOf: (position: number) => Fetched, end: number, at: number): Promise<boolean> {
    return this.#next(async (worker) => {
      if (firstOffset > this.position) this.#tellLost(worker, firstOffset);
      if (end < this.position)
        throw new Error(`${this.name} ends at ${end}, before what was read of it: was the topic made anew?`);
      const fetched = fetchedOf(this.position);
      this.#end = end;
      this.#caughtUpAt = fetched.next >= end ? at : undefined;
      await worker.process(fetched, this.#caughtUpAt);
      this.position = Math.max(this.position, fetched.next);
      this.#mayWait(worker);
    });
  }

  /** The group waits for what is under way here. */
  interrupt(): void {
    this.#worker?.interrupt?.();
  }

  /** Lets the worker see to what has waited. */
  tick(): Promise<boolean> {
    return this.#next(async (worker) => {
      await worker.tick(this.#caughtUpAt);
      this.#mayWait(worker);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#confirmed?.();
    await this.#loop;
    await this.#work;
    await this.#discard();
  }

  #goOnFrom(worker: PartitionWorker, begin: number): void {
    if (this.position >= begin) return;
    this.#tellLost(worker, begin);
    this.position = begin;
    if (!this.#paused) this.#reader.readFrom(begin);
  }

  #tellLost(worker: PartitionWorker, to: number): void {
    const from = this.position;
    this.#log.error({ partition: this.name, from, to }, 'messages were deleted before they were read');
    worker.lost?.(from, to);
  }

  #mayWait(worker: PartitionWorker): void {
    if (worker.waits === this.#paused) return;
    this.#paused = worker.waits;
    if (this.#paused) this.#reader.pause();
    else this.#reader.readFrom(this.position);
  }

  #next(work: (worker: PartitionWorker) => Promise<void>): Promise<boolean> {
    const done = this.#work.then(async () => {
      const worker = this.#worker;
      if (!this.#running || worker === undefined || this.#stop.signal.aborted) return false;
      try {
        await work(worker);
        return true;
      } catch (error) {
        await this.#failed(error);
        return false;
      }
    });
    this.#work = done.then(() => undefined);
    return done;
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return this.#discard(); // it was told to stop
    const fenced = error instanceof Fenced;
    const delay = fenced ? 0 : this.#delayOf(this.position);
    const place = { partition: this.name, offset: this.position };
    if (fenced) this.#log.warn(place, 'another process has taken this partition over');
    else if (error instanceof Interrupted)
      this.#log.info(place, 'the group meets again; what is under way here is done again');
    else this.#log.error({ ...place, err: error, retry_in_ms: delay }, 'a partition failed; starting it again');
    await this.#discard();
    this.#loop = fenced ? this.#startOnceConfirmed() : this.#startIn(delay);
  }

  /** Nothing at first; where it has come no further since the last failure, twice as long as then. */
  #delayOf(position: number): number {
    const { position: before, delay } = this.#failure;
    const again = position <= before ? Math.min(Math.max(FIRST_RETRY, delay * 2), LONGEST_RETRY) : 0;
    this.#failure = { position: Math.max(position, before), delay: again };
    return again;
  }

  async #startIn(delay: number): Promise<void> {
    await wait(delay, this.#stop.signal);
    await this.#start();
  }

  async #startOnceConfirmed(): Promise<void> {
    const confirmed = new AbortController();
    this.#confirmed = () => confirmed.abort();
    await wait(UNCONFIRMED, confirmed.signal);
    this.#confirmed = undefined;
    await this.#start();
  }

  async #start(): Promise<void> {
    for (let delay = FIRST_RETRY; !this.#stop.signal.aborted; delay = Math.min(delay * 2, LONGEST_RETRY)) {
      const worker = this.#make();
      this.#worker = worker;
      try {
        this.position = await worker.start(this.#stop.signal);
        this.#caughtUpAt = undefined;
        this.#paused = false;
        this.#running = true;
        this.#reader.readFrom(this.position);
        return;
      } catch (error) {
        await this.#discard();
        if (this.#stop.signal.aborted) return;
        this.#log.warn(
          { partition: this.name, err: error, retry_in_ms: delay },
          'a partition could not be taken over yet',
        );
        await wait(delay, this.#stop.signal);
      }
    }
  }

  async #discard(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#running = false;
    this.#reader.pause();
    try {
      await worker?.close();
    } catch (error) {
      this.#log.warn({ partition: this.name, err: error }, 'letting go of a partition failed');
    }
  }
}
