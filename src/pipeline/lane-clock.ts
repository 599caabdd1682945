import type { PendingUse, SavedUse } from './ordered.ts';

/** How far records may be out of order within a source, in milliseconds. */
export const MAX_DISORDER = 120_000;

/** Times outside these are no times at all: 2000-01-01 and 2100-01-01. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** How many records a jump forward in time has until it is decided whether it was one. */
const PROBATION = 1_000;
/** It is decided at once when those that reach it are so many more than those that don't: one wrong record never comes alone. */
const CLEAR_LEAD = 3;

export const isPossibleTime = (time: number): boolean => time >= EARLIEST && time < LATEST;

export interface SavedClock {
  /** Milliseconds since the epoch; null before the first event. */
  readonly high: number | null;
  readonly window: readonly SavedUse[];
}

/**
 * Event time of one source. It goes forward with the greatest time accepted; what is more than `maxDisorder` behind that is
 * late. A jump forward of more than `maxDisorder` (and the first record) is on probation: the event and those behind it wait
 * until it is clear whether the source goes on from there. An event that most of the next 1,000 don't reach is rejected
 * and moves nothing.
 */
export class LaneClock {
  readonly #maxDisorder: number;
  readonly #reject: (event: PendingUse) => void;
  #high = Number.NEGATIVE_INFINITY;
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

  offer(event: PendingUse, out: PendingUse[]): void {
    const { time } = event.use;
    if (this.#window.length === 0 && !this.#isJump(time)) {
      this.#accept(event, out);
      return;
    }
    const [suspect] = this.#window;
    this.#window.push(event);
    if (suspect === undefined) return;
    this.#lead += this.#vote(event, suspect);
    this.#judge(out, (_time, behind) => (behind < PROBATION ? 'wait' : 'decide'));
  }

  /**
   * Nothing more has come for now. Waiting for 1,000 records could take hours here, so the wall clock helps:
   * what it has reached is no jump, and what it has not reached is decided as soon as something else follows.
   */
  caughtUp(now: number, out: PendingUse[]): void {
    this.#judge(out, (time, behind) => {
      if (time <= now + this.#maxDisorder) return 'accept';
      return behind > 0 ? 'decide' : 'wait';
    });
  }

  /** Nothing more will come: what has nothing behind it gets the benefit of the doubt. */
  end(out: PendingUse[]): void {
    this.#judge(out, () => 'decide');
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

  #vote(event: PendingUse, suspect: PendingUse): 1 | -1 {
    return event.use.time >= suspect.use.time - this.#maxDisorder ? 1 : -1;
  }

  #recount(): void {
    const [suspect, ...behind] = this.#window;
    this.#lead = 0;
    if (suspect === undefined) return;
    for (const event of behind) this.#lead += this.#vote(event, suspect);
  }

  /** Lets go of the events that wait, from the first on, as far as it is clear what they are; `unclear` tells what to do then. */
  #judge(out: PendingUse[], unclear: (time: number, behind: number) => 'accept' | 'decide' | 'wait'): void {
    for (let [event] = this.#window; event !== undefined; [event] = this.#window) {
      const { time } = event.use;
      let accepted = true;
      if (this.#isJump(time) && this.#lead < CLEAR_LEAD) {
        const verdict = unclear(time, this.#window.length - 1);
        if (verdict === 'wait') return;
        accepted = verdict === 'accept' || this.#lead >= 0;
      }
      this.#window.shift();
      if (accepted) this.#accept(event, out);
      else this.#reject(event);
      this.#passOn(out);
      this.#recount();
    }
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
      event.late = true;
      event.orderTime = this.#high - this.#maxDisorder;
    }
    out.push(event);
  }
}
