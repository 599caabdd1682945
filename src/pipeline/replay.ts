import { hash } from 'node:crypto';
import type { DeadLetter } from '../sources/dead-letter.ts';
import { MAX_RECORD } from '../sources/framing.ts';
import type { Source } from '../sources/source.ts';
import { Lane, type LaneOptions } from './lane.ts';
import { MAX_DISORDER } from './lane-clock.ts';
import type { PendingUse } from './ordered.ts';

/** What becomes of a dead letter whose record is read again. */
export type Replayed =
  /** Its record can be used now: an event, or none where it is knowingly no use of a credential. */
  | { readonly outcome: 'used'; readonly events: readonly PendingUse[] }
  | { readonly outcome: 'unusable'; readonly reason: string }
  /** What stands there is not, or no longer, that record. */
  | { readonly outcome: 'gone' };

const GONE: Replayed = { outcome: 'gone' };
const LINE_END = Buffer.from('\n');

/** Why there is nothing to read again; undefined where there is. */
export function whyNotRead({ reason, length }: DeadLetter): string | undefined {
  if (length === 0) return reason;
  return length > MAX_RECORD ? 'too-long' : undefined;
}

export const isOf = (record: Buffer, letter: DeadLetter): boolean =>
  record.length === letter.length && hash('sha256', record, 'hex') === letter.hash;

/**
 * Reads the record of a dead letter again, with the formats of now. `record`: what stands in its place today. Its event is late by
 * definition: it is counted as such and gets the checks that need no baseline. `now`: milliseconds; an event that is still to
 * come must not wait for its time.
 */
export async function useAgain(
  letter: DeadLetter,
  record: Buffer | undefined,
  options: LaneOptions,
  now: number,
): Promise<Replayed> {
  const never = whyNotRead(letter);
  if (never !== undefined) return { outcome: 'unusable', reason: never };
  if (record === undefined || !isOf(record, letter)) return GONE;
  let reason: string | undefined;
  const onDeadLetter = (again: DeadLetter): void => {
    reason = again.reason;
  };
  const lane = new Lane(new OneRecord(letter.source, record), { ...options, onDeadLetter, onWarning: () => undefined });
  const events: PendingUse[] = [];
  while (lane.state !== 'ended') await lane.read(record.length, events, undefined);
  if (reason !== undefined) return { outcome: 'unusable', reason };
  if (events.some(({ use }) => use.time > now + (options.maxDisorder ?? MAX_DISORDER)))
    return { outcome: 'unusable', reason: 'timestamp-not-reached' };
  for (const event of events) event.late = true;
  return { outcome: 'used', events };
}

/** A source of a single record. */
class OneRecord implements Source {
  readonly startsAt = 0;
  readonly name: string;
  #bytes: Buffer | undefined;

  constructor(name: string, record: Buffer) {
    this.name = name;
    this.#bytes = Buffer.concat([record, LINE_END]);
  }

  async read(): Promise<Buffer | 'end'> {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    return bytes ?? 'end';
  }

  problem(): undefined {
    return undefined;
  }

  save(offset: number): { name: string; offset: number; identity: string } {
    return { name: this.name, offset, identity: '' };
  }

  async close(): Promise<void> {}
}
