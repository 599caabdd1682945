import { hash } from 'node:crypto';
import type { AttributedUse, Attribution } from '../attribution/attributed.ts';
import { type CredentialUse, NOTHING_ELSE, type Proof } from '../event.ts';
import { PROOF, storedProof } from '../proof.ts';

/**
 * An event whose place in time is settled: what attribution takes. Set its `attribution` in place and it is an `AttributedUse`.
 * Don't spread or copy it, nor detach `id`: millions pass by, so what they share is in their prototype.
 */
export interface OrderedUse extends AttributedUse {
  attribution: Attribution;
}

const UNDECIDED: Attribution = Object.freeze({
  method: 'none',
  confidence: 0,
  principal: undefined,
  credential: undefined,
  ambiguous: undefined,
});

/** An event on its way through ordering, as plain JSON. */
export interface SavedUse {
  /** An earlier version saved no proof. */
  readonly use: Omit<CredentialUse, 'proof'> & { readonly proof?: Proof };
  readonly orderTime: number;
  readonly late: boolean;
  /** Absent where it came in time, and in what an earlier version saved. */
  readonly lateMs?: number;
  readonly sight?: 'elsewhere' | 'only' | undefined;
  readonly id: string;
}

const ID_LENGTH = 32;
let scratch = Buffer.allocUnsafe(64 * 1024);

/** First 128 bits of SHA-256 over the format's id, a line end and the record, in hex. */
const eventId = (format: string, bytes: Buffer, start: number, end: number): string => {
  const size = format.length * 3 + 1 + end - start;
  if (scratch.length < size) scratch = Buffer.allocUnsafe(size * 2);
  const head = scratch.write(`${format}\n`);
  bytes.copy(scratch, head, start, end);
  return hash('sha256', scratch.subarray(0, head + end - start), 'hex').slice(0, ID_LENGTH);
};

/** Of a record that is not held: from the SHA-256 of its bytes, in hex. */
export const idOfHash = (format: string, ofBytes: string): string =>
  hash('sha256', `${format}\n${ofBytes}`, 'hex').slice(0, ID_LENGTH);

const NO_BYTES = Buffer.alloc(0);

/** An event that waits for its place in time. It holds on to its record's bytes until someone asks for its id. */
export class PendingUse implements OrderedUse {
  readonly use: CredentialUse;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where the record stood in its source, in bytes. */
  readonly position: number;
  orderTime: number;
  late = false;
  lateMs = 0;
  sight: 'elsewhere' | 'only' | undefined;
  /** 2 for the second of equal records at one time, and so on. */
  occurrence = 1;
  attribution = UNDECIDED;
  #recordId: string | undefined;

  constructor(use: CredentialUse, bytes: Buffer, start: number, end: number, position: number) {
    this.use = use;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.position = position;
    this.orderTime = use.time;
  }

  id(): string {
    return this.occurrence === 1 ? this.recordId : `${this.recordId}-${this.occurrence}`;
  }

  /** The id that equal records share. */
  get recordId(): string {
    this.#recordId ??= eventId(this.use.format, this.bytes, this.start, this.end);
    return this.#recordId;
  }

  save(): SavedUse {
    const { use, orderTime, late, lateMs, sight } = this;
    const more = { ...(lateMs > 0 && { lateMs }), ...(sight !== undefined && { sight }) };
    return { use, orderTime, late, ...more, id: this.recordId };
  }

  static load({ use, orderTime, late, lateMs = 0, sight, id }: SavedUse): PendingUse {
    const { state, by } = use.proof ?? (use.result === 'rejected' ? PROOF.failed : PROOF.earlierVersion);
    const pending = PendingUse.of({ ...NOTHING_ELSE, ...use, proof: storedProof(state, by) }, orderTime, late, id);
    pending.lateMs = lateMs;
    pending.sight = sight;
    return pending;
  }

  /** One whose record is no longer at hand. */
  static of(use: CredentialUse, orderTime: number, late: boolean, recordId: string): PendingUse {
    const pending = new PendingUse(use, NO_BYTES, 0, 0, 0);
    pending.orderTime = orderTime;
    pending.late = late;
    pending.#recordId = recordId;
    return pending;
  }
}

/** By turn, then by time, then by id; equal records can differ only by what their parser remembered. */
export const inOrder = (a: PendingUse, b: PendingUse): number => {
  if (a.orderTime !== b.orderTime) return a.orderTime - b.orderTime;
  if (a.use.time !== b.use.time) return a.use.time - b.use.time;
  if (a.recordId !== b.recordId) return a.recordId < b.recordId ? -1 : 1;
  return b.use.uses - a.use.uses;
};
