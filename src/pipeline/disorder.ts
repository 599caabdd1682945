import type { Log } from '../kafka/log.ts';
import type { Condition } from '../ops/telemetry.ts';

/** What was not observed as it would have been in order, by reason; totals. */
export interface DisorderCounts {
  /** Of a principal of which later uses had been counted: looked at for what they did and from where, and neither counted nor learned. */
  readonly late: number;
  /** Of those behind, the ones of members of peer groups: what peers lend each other may differ by that. */
  readonly late_peer: number;
  /** Came after their turn; observed at their own time. */
  readonly behind: number;
  /** Left before their turn for lack of room. */
  readonly overflow: number;
  /** Gone before they were read. */
  readonly lost: number;
}

type Reason = keyof DisorderCounts;

const NOTHING: DisorderCounts = { late: 0, late_peer: 0, behind: 0, overflow: 0, lost: 0 };
const REASONS: readonly Reason[] = ['lost', 'overflow', 'late', 'late_peer', 'behind'];
const SAYS: Readonly<Record<Reason, string>> = {
  late: 'came after later ones of their principals: they were looked at, but not counted',
  late_peer: 'of members of peer groups came after their turn: what peers lend each other may differ by that',
  behind: 'came after their turn and were observed at their own time: a shipper is late, or settle is too short',
  overflow: 'left before their turn since too many waited',
  lost: 'were gone before they were read',
};
/** Milliseconds between two lines of the log about one reason, and for which health shows it. */
const SAID_EVERY = 60_000;
const SHOWN_FOR = 15 * 60_000;

/** Says once a minute at most what came out of order or was lost since, and keeps it in health for a while. */
export class Disorder {
  readonly #log: Log;
  #said = NOTHING;
  #seen = NOTHING;
  /** Wall clock, milliseconds. */
  readonly #saidAt = new Map<Reason, number>();
  readonly #grewAt = new Map<Reason, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** So many were counted, and told of, before. */
  begin(counts: DisorderCounts): void {
    this.#said = counts;
    this.#seen = counts;
  }

  /** @param fields where it is, for the log */
  look(counts: DisorderCounts, now: number, fields: object = {}): void {
    for (const reason of REASONS) {
      if (counts[reason] > this.#seen[reason]) this.#grewAt.set(reason, now);
      const more = counts[reason] - this.#said[reason];
      if (more <= 0 || now - (this.#saidAt.get(reason) ?? Number.NEGATIVE_INFINITY) < SAID_EVERY) continue;
      this.#log.warn({ ...fields, reason, records: more }, `records ${SAYS[reason]}`);
      this.#saidAt.set(reason, now);
      this.#said = { ...this.#said, [reason]: counts[reason] };
    }
    this.#seen = counts;
  }

  conditionAt(now: number): Condition {
    const reason = REASONS.find((one) => now - (this.#grewAt.get(one) ?? Number.NEGATIVE_INFINITY) < SHOWN_FOR);
    return reason === undefined ? { state: 'ok' } : { state: 'degraded', reason: `records ${SAYS[reason]}` };
  }
}
