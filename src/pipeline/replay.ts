import { hash } from 'node:crypto';
import type { Format } from '../formats/format.ts';
import { isPiece } from '../record-pieces.ts';
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
/** The text of one record must not decide its format: a client may have written it. */
const NO_FORMAT: Replayed = {
  outcome: 'unusable',
  reason: 'unknown-format (write format: for its source in wayward.yaml)',
};
/** A stderr log has lines that are no record, but cannot be known from one by themselves. */
const CUT_OTHERWISE: Replayed = { outcome: 'unusable', reason: 'read line by line (scan the log again)' };
const LINE_END = Buffer.from('\n');

/** Why there is nothing to read again; undefined where there is. */
export function whyNotRead({ reason, length }: DeadLetter): string | undefined {
  if (length === 0 || isPiece(reason)) return reason;
  return length > MAX_RECORD ? 'too-long' : undefined;
}

export const isOf = (record: Buffer, letter: DeadLetter): boolean =>
  record.length === letter.length && hash('sha256', record, 'hex') === letter.hash;

/**
 * Reads the record of a dead letter again, in the format that its source has now. `record`: what stands in its place today.
 * Its event is late by definition: it is counted as such, and what it did and from where is checked. `now`: milliseconds; an
 * event that is still to come must not wait for its time.
 */
export async function useAgain(
  letter: DeadLetter,
  record: Buffer | undefined,
  format: Format | undefined,
  options: LaneOptions,
  now: number,
): Promise<Replayed> {
  const never = whyNotRead(letter);
  if (never !== undefined) return { outcome: 'unusable', reason: never };
  if (record === undefined || !isOf(record, letter)) return GONE;
  if (format === undefined) return NO_FORMAT;
  if (format.framing === 'postgres-stderr' && letter.framing !== format.framing) return CUT_OTHERWISE;
  let reason: string | undefined;
  const onDeadLetter = (again: DeadLetter): void => {
    reason = again.reason;
  };
  const lane = new Lane(new OneRecord(letter.source, record), {
    ...options,
    format,
    layers: letter.layers ?? options.layers ?? [],
    tellsReading: false,
    onDeadLetter,
    onWarning: () => undefined,
  });
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
