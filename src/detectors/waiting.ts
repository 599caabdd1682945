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
  /** Event time until which peers have to follow, milliseconds since the epoch. */
  readonly due: number;
  /** How far the stream has then come: later than `due` for what came late. Absent in what earlier versions saved. */
  readonly decided?: number;
}

/** Plain data; the credential is looked up again by its id. */
export interface SavedWaiting extends Omit<Waiting, 'found'> {
  readonly found: Omit<Found, 'at'>;
  readonly use: CredentialUse;
  readonly id: string;
  readonly late: boolean;
  readonly lateMs?: number;
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
  const { use, late, lateMs, orderTime, attribution } = at;
  return { use, late, lateMs, orderTime, attribution, id: () => id };
};

/** How far the stream comes before it is decided. */
const decidedAt = ({ due, decided = due }: Waiting): number => decided;

/** Findings in order of the time at which they are decided. */
export class WaitingFindings {
  readonly #waiting = new Map<string, Waiting>();
  readonly #ofPrincipal = new Map<string, Set<string>>();
  /** When the first of them is due: asked for with each event. */
  next = Number.POSITIVE_INFINITY;

  /** A finding that grows while it waits takes the place of what it was. */
  add(waiting: Waiting): void {
    const { found } = waiting;
    const key = `${found.principal}\n${waiting.sort}\n${found.finding.subject}`;
    const before = this.#waiting.get(key);
    const { due, decided } = before ?? waiting;
    this.#waiting.set(key, { ...waiting, due, ...(decided !== undefined && { decided }) });
    const own = this.#ofPrincipal.get(found.principal) ?? new Set();
    this.#ofPrincipal.set(found.principal, own.add(key));
    this.#findNext();
  }

  /** Whether anything of this principal waits that may become part of an alert. */
  has(principal: string): boolean {
    for (const key of this.#ofPrincipal.get(principal) ?? [])
      if (this.#waiting.get(key)?.found.finding.stage === undefined) return true;
    return false;
  }

  #findNext(): void {
    const [first] = this.#waiting.values();
    this.next = first === undefined ? Number.POSITIVE_INFINITY : decidedAt(first);
  }

  /** Those that are decided when the stream has come to `time`, the earliest first; they no longer wait. */
  *due(time: number): Generator<Waiting> {
    for (const [key, waiting] of this.#waiting) {
      if (decidedAt(waiting) > time && this.#waiting.size <= MOST_WAITING) return;
      this.#take(key, waiting);
      yield waiting;
    }
  }

  /** Those of one principal that are due by its own uses, which come late: the stream is far ahead of them. */
  *dueOf(principal: string, time: number): Generator<Waiting> {
    for (const key of this.#ofPrincipal.get(principal) ?? []) {
      const waiting = this.#waiting.get(key);
      if (waiting === undefined || waiting.due > time) continue;
      this.#take(key, waiting);
      yield waiting;
    }
  }

  #take(key: string, { found: { principal } }: Waiting): void {
    this.#waiting.delete(key);
    const own = this.#ofPrincipal.get(principal);
    own?.delete(key);
    if (own?.size === 0) this.#ofPrincipal.delete(principal);
    this.#findNext();
  }

  save(): readonly SavedWaiting[] {
    return [...this.#waiting.values()].map(({ found: { at, ...found }, ...rest }) => {
      const { credential, ...attribution } = at.attribution;
      const { use, late, lateMs, orderTime } = at;
      const kept = { use, id: at.id(), late, ...(lateMs > 0 && { lateMs }), orderTime, attribution };
      return { ...rest, found, ...kept, credential: credential?.id };
    });
  }

  load(saved: readonly SavedWaiting[], credentials: readonly Credential[]): void {
    this.#waiting.clear();
    this.#ofPrincipal.clear();
    this.#findNext();
    for (const { found, use, id, late, lateMs = 0, orderTime, attribution, credential, ...rest } of saved) {
      const registered = credentials.find((one) => one.id === credential);
      const at = {
        use,
        late,
        lateMs,
        orderTime,
        attribution: { ...attribution, credential: registered },
        id: () => id,
      };
      this.add({ ...rest, found: { ...found, at } });
    }
  }
}
