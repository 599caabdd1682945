import type { PendingUse, SavedUse } from './ordered.ts';

/** How far records may be out of order within a source, in milliseconds. */
export const MAX_DISORDER = 120_000;

/** Times outside these are no times at all: 2000-01-01 and 2100-01-01. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** How many records a jump forward in time has until it is decided whether it was one. */
const PROBATION = 1_000;
/** It is decided at once when those that reach it are so many more than those that don't: a few forged lines are no proof. */
const CLEAR_LEAD = 100;

export const isPossibleTime = (time: number): boolean => time >= EARLIEST && time < LATEST;

type InputState = 'more to come' | 'caught up' | 'ended';

export interface SavedClock {
  /** Milliseconds since the epoch; null before the first event. */
  readonly high: number | null;
  readonly window: readonly SavedUse[];
}

/**
 * Event time of one source. It goes forward with the greatest time accepted; what is more than `maxDisorder` behind that
 * has missed its turn, and gets the next one. A jump forward of more than `maxDisorder` (and the first record) is on probation: the event and those behind it wait
 * until it is clear whether the source goes on from there or from before. An event that most of the next 1,000 in time don't reach is
 * rejected and moves nothing. Live, what is ahead of the wall clock waits for it, and is rejected as soon as something of now follows.
 */
export class LaneClock {
  readonly #maxDisorder: number;
  readonly #reject: (event: PendingUse) => void;
  #high = Number.NEGATIVE_INFINITY;
  /** The wall clock of live input, in milliseconds since the epoch. */
  #now = Number.POSITIVE_INFINITY;
  /** The events that wait, in the order they came; the first is a suspect. */
  #window: PendingUse[] = [];
  /** How many behind the first one reach its time, less those that don't. */
  #lead = 0;

  constructor(maxDisorder: number, reject: (event: PendingUse) => void) {
    this.#maxDisorder = maxDisorder;
    this.#reject = reject;
  }

  /** No event that is yet to come is filed before it. */
  get watermark(): number {
    return this.#high - this.#maxDisorder;
  }

  /** The greatest time accepted; infinitely early before the first event. */
  get high(): number {
    return this.#high;
  }

  /** Live input is about to be read. */
  set now(now: number) {
    this.#now = now;
  }

  offer(event: PendingUse, out: PendingUse[]): void {
    const { time } = event.use;
    // What has missed its turn anyhow, such as lines that are there again, says nothing of a jump.
    if (this.#window.length === 0 ? !this.#isJump(time) : time < this.watermark) {
      this.#accept(event, out);
      return;
    }
    const [suspect] = this.#window;
    this.#window.push(event);
    if (suspect === undefined) return;
    this.#lead += this.#vote(event, suspect);
    this.#judge(out, 'more to come');
  }

  /** Live, nothing more has come for now. Waiting for 1,000 records could take hours: what the wall clock has reached is no jump. */
  caughtUp(out: PendingUse[]): void {
    this.#judge(out, 'caught up');
  }

  /** Nothing more will come: what has nothing behind it gets the benefit of the doubt. */
  end(out: PendingUse[]): void {
    this.#judge(out, 'ended');
  }

  save(): SavedClock {
    return {
      high: this.#high === Number.NEGATIVE_INFINITY ? null : this.#high,
      window: this.#window.map((event) => event.save()),
    };
  }

  load(saved: SavedClock, window: PendingUse[]): void {
    this.#high = saved.high ?? Number.NEGATIVE_INFINITY;
    this.#window = window;
    this.#recount();
  }

  get waiting(): readonly PendingUse[] {
    return this.#window;
  }

  #isJump(time: number): boolean {
    return time > this.#high + this.#maxDisorder;
  }

  #vote(event: PendingUse, suspect: PendingUse): -1 | 0 | 1 {
    // What can't be read is no proof of a time.
    if (event.use.reading !== undefined) return 0;
    return event.use.time >= suspect.use.time - this.#maxDisorder ? 1 : -1;
  }

  #recount(): void {
    const [suspect, ...behind] = this.#window;
    this.#lead = 0;
    if (suspect === undefined) return;
    for (const event of behind) this.#lead += this.#vote(event, suspect);
  }

  /** Lets go of the events that wait, from the first on, as far as it is clear what they are. */
  #judge(out: PendingUse[], state: InputState): void {
    for (let [event] = this.#window; event !== undefined; [event] = this.#window) {
      const verdict = this.#isJump(event.use.time) ? this.#verdict(event, state) : 'accept';
      if (verdict === 'wait') return;
      this.#window.shift();
      if (verdict === 'accept') this.#accept(event, out);
      else this.#reject(event);
      this.#passOn(out);
      this.#recount();
    }
  }

  #verdict(suspect: PendingUse, state: InputState): 'accept' | 'reject' | 'wait' {
    const isDecided = state === 'ended' || this.#window.length > PROBATION;
    if (this.#isAhead(suspect)) {
      if (this.#window.some((event) => !this.#isAhead(event))) return 'reject';
      if (!isDecided) return 'wait';
    } else if (state === 'caught up' || this.#lead >= CLEAR_LEAD) return 'accept';
    if (!isDecided) return 'wait';
    return this.#lead >= 0 ? 'accept' : 'reject';
  }

  #isAhead(event: PendingUse): boolean {
    return event.use.time > this.#now + this.#maxDisorder;
  }

  /** Up to the next suspect, what waited behind one needs no more waiting. */
  #passOn(out: PendingUse[]): void {
    let done = 0;
    for (const event of this.#window) {
      if (this.#isJump(event.use.time)) break;
      this.#accept(event, out);
      done++;
    }
    this.#window.splice(0, done);
  }

  #accept(event: PendingUse, out: PendingUse[]): void {
    const { time } = event.use;
    if (time > this.#high) {
      this.#high = time;
    } else if (time < this.#high - this.#maxDisorder) {
      event.orderTime = this.#high - this.#maxDisorder;
    }
    out.push(event);
  }
}
