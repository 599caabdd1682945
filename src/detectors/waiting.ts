import type { AttributedUse, Attribution } from '../attribution/attributed.ts';
import type { Credential } from '../attribution/credential.ts';
import type { CredentialUse } from '../event.ts';
import type { Found } from './engine.ts';

/** A finding that peers may explain: said as low, and as what it is if they don't follow. */
export interface Waiting {
  readonly found: Found;
  /** As `Together` knows it. */
  readonly sort: string;
  readonly group: string;
  /** Event time at which it is decided, milliseconds since the epoch. */
  readonly due: number;
}

/** Plain data; the credential is looked up again by its id. */
export interface SavedWaiting extends Omit<Waiting, 'found'> {
  readonly found: Omit<Found, 'at'>;
  readonly use: CredentialUse;
  readonly id: string;
  readonly late: boolean;
  readonly orderTime: number;
  readonly attribution: Omit<Attribution, 'credential'>;
  readonly credential: string | undefined;
}

/** Event time that peers have to follow. */
export const PEER_WAIT = 5 * 60_000;
/** Findings that wait at once; beyond it the oldest is decided early. */
const MOST_WAITING = 10_000;

/** A use that outlives the event in hand. */
export const keptUse = (at: AttributedUse): AttributedUse => {
  const id = at.id();
  return { use: at.use, late: at.late, orderTime: at.orderTime, attribution: at.attribution, id: () => id };
};

/** Findings in order of the time at which they are decided. */
export class WaitingFindings {
  readonly #waiting = new Map<string, Waiting>();
  /** When the first of them is due: asked for with each event. */
  next = Number.POSITIVE_INFINITY;

  /** A finding that grows while it waits takes the place of what it was. */
  add(waiting: Waiting): void {
    const { found } = waiting;
    const key = `${found.principal}\n${waiting.sort}\n${found.finding.subject}`;
    const before = this.#waiting.get(key);
    this.#waiting.set(key, before === undefined ? waiting : { ...waiting, due: before.due });
    this.#findNext();
  }

  /** Whether anything of this principal waits. */
  has(principal: string): boolean {
    for (const { found } of this.#waiting.values()) if (found.principal === principal) return true;
    return false;
  }

  #findNext(): void {
    const [first] = this.#waiting.values();
    this.next = first?.due ?? Number.POSITIVE_INFINITY;
  }

  /** Those that are due at `time`, the earliest first; they no longer wait. */
  *due(time: number): Generator<Waiting> {
    for (const [key, waiting] of this.#waiting) {
      if (waiting.due > time && this.#waiting.size <= MOST_WAITING) return;
      this.#waiting.delete(key);
      this.#findNext();
      yield waiting;
    }
  }

  save(): readonly SavedWaiting[] {
    return [...this.#waiting.values()].map(({ found: { at, ...found }, ...rest }) => {
      const { credential, ...attribution } = at.attribution;
      const { use, late, orderTime } = at;
      return { ...rest, found, use, id: at.id(), late, orderTime, attribution, credential: credential?.id };
    });
  }

  load(saved: readonly SavedWaiting[], credentials: readonly Credential[]): void {
    this.#waiting.clear();
    this.#findNext();
    for (const { found, use, id, late, orderTime, attribution, credential, ...rest } of saved) {
      const registered = credentials.find((one) => one.id === credential);
      const at = { use, late, orderTime, attribution: { ...attribution, credential: registered }, id: () => id };
      this.add({ ...rest, found: { ...found, at } });
    }
  }
}
