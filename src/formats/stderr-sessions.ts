import type { Proof } from '../event.ts';
import { PROOF } from '../proof.ts';
import { MAX_NAME } from './log-line-prefix.ts';
import {
  isReusable,
  isUnread,
  type KnownProcess,
  type Prefix,
  processOf,
  startOf,
  type Unread,
} from './stderr-prefix.ts';

/** Processes at a time that are remembered, of each kind; the one unused longest goes first. */
const MAX_PROCESSES = 10_000;
/** Bytes behind `[user=` within which a line end can belong to user or database: two names and `,db=`. */
const NAMES_LENGTH = 2 * MAX_NAME + 4;
/** The longest start-up packet that PostgreSQL takes (pqcomm.h): versions that don't cut names show at most so much. */
const LONGEST_PACKET = 10_000;
/** Prefixes that may be open at a time: more in a row are of one attack. */
const MAX_OPEN = 16;

/** A prefix that did not end in its line: what follows may still be the name that a client sent. */
interface OpenPrefix {
  /** Whose prefixes may end in what follows. */
  readonly processes: readonly number[];
  /** Since the names of the last of them began. */
  readonly bytes: number;
  /** Whether it ends in a session's id; absent in what earlier versions saved, which read no other. */
  readonly endsInSession?: boolean;
}

type SavedSession = readonly [process: number, session: string, user: string];

/** Plain JSON. */
export interface SavedStderrSessions {
  readonly announced: readonly (readonly [process: number, session: string])[];
  readonly authorized: readonly SavedSession[];
  /** Absent in what earlier versions saved. */
  readonly ended?: readonly SavedSession[];
  readonly authorizedSince: number | null;
  readonly sessionsNameProcesses: boolean;
  readonly forgotSome: boolean;
  readonly open: OpenPrefix | null;
}

/**
 * Which session each server process has, as the server itself has said. A client can write a whole line into this log, but not which
 * process it gets, nor that it was authorized.
 */
export class StderrSessions {
  /** By `connection received`, written before the client has said anything. */
  readonly #announced = new Map<number, string>();
  /** By `connection authorized`; where the log has no such lines, by use. */
  readonly #authorized = new Map<number, Required<KnownProcess>>();
  /** Those that a `disconnection` line ended. A session can raise such a line itself, and goes on: its next lines are its own all the same. */
  readonly #ended = new Map<number, Required<KnownProcess>>();
  /** Event time in seconds of the first `connection authorized`: sessions that began later have one, too. */
  #authorizedSince: number | undefined;
  /** Real sessions end in their process's id; a log of which that is known needs no benefit of the doubt. */
  #sessionsNameProcesses = false;
  #forgotSome = false;
  #open: OpenPrefix | undefined;

  known(process: number): KnownProcess | undefined {
    const authorized = this.#authorized.get(process);
    if (authorized !== undefined) return authorized;
    const session = this.#announced.get(process);
    return session === undefined ? this.#ended.get(process) : { session, user: undefined };
  }

  /** What a line with this prefix proves of its user. */
  judge({ process, session, user = '' }: Prefix): Proof {
    if (session === undefined) return PROOF.stderrPrefix;
    if (processOf(session) === process) this.#sessionsNameProcesses = true;
    else if (this.#sessionsNameProcesses) return PROOF.unknownSession;
    const known = this.known(process);
    if (known?.session === session) {
      if (known.user === user) return PROOF.stderrPrefix;
      // Where connections are not logged, a process id alone may by now be another session's.
      const mayBeOther = known.user === undefined || isReusable(session);
      return mayBeOther && this.#authorizedSince === undefined ? PROOF.stderrPrefix : PROOF.unknownSession;
    }
    // A process id is given again only to a later session.
    if (known !== undefined && startOf(session) <= startOf(known.session)) return PROOF.unknownSession;
    const wouldBeKnown = this.#authorizedSince !== undefined && startOf(session) >= this.#authorizedSince;
    return wouldBeKnown && !this.#forgotSome ? PROOF.unknownSession : PROOF.stderrPrefix;
  }

  /** The server has taken a connection: it knows no names yet. */
  announce({ process, session, user }: Prefix): void {
    if (session === undefined || user !== undefined) return;
    if (this.#authorized.get(process)?.session === session) return;
    this.#authorized.delete(process);
    this.#ended.delete(process);
    keepNewest(this.#announced, process, session);
  }

  /**
   * The server says that authentication has passed. `seconds`: since the epoch. A session can raise such a line itself; only where the
   * server has announced it, which no session can, does the line show that the log has one for each session.
   */
  authorize({ process, session, user }: Prefix, seconds: number): void {
    if (session === undefined || user === undefined) return;
    if (this.#announced.get(process) === session) this.#authorizedSince ??= seconds;
    this.use({ process, session, user });
  }

  /** A line of it was believed. */
  use({ process, session, user }: Pick<Prefix, 'process' | 'session' | 'user'>): void {
    if (session === undefined || user === undefined) return;
    this.#announced.delete(process);
    this.#ended.delete(process);
    if (keepNewest(this.#authorized, process, { session, user })) this.#forgotSome = true;
  }

  end(process: number): void {
    const ended = this.#authorized.get(process);
    this.#announced.delete(process);
    this.#authorized.delete(process);
    if (ended !== undefined) keepNewest(this.#ended, process, ended);
  }

  /**
   * Whether this record may be part of a name that a client sent: it follows a prefix that has not ended. That goes on up to the end of that
   * very prefix, or, behind what two names can hold, up to a line of a known session.
   * @param endsIn the sessions with which such a prefix may end in a text
   */
  swallows(text: string, bytes: number, prefix: Prefix | Unread, endsIn: (text: string) => readonly string[]): boolean {
    const open = this.#open;
    if (isUnread(prefix) && prefix.problem === 'unclosed-prefix') {
      const { process, namesAt, endsInSession } = prefix;
      // Its end may stand in a line that belongs to it by a tab.
      if (this.#areOf([process], endsIn(text))) return true;
      const processes = [...(open?.processes ?? []), process].slice(-MAX_OPEN);
      this.#open = { processes, bytes: bytes - namesAt, endsInSession };
      return true;
    }
    if (open === undefined) return false;
    const { endsInSession = true } = open;
    const isWithin =
      open.bytes <= NAMES_LENGTH ||
      (endsInSession && open.bytes <= LONGEST_PACKET && (isUnread(prefix) || !this.#isKnown(prefix)));
    if (!isWithin) {
      this.#open = undefined;
      return false;
    }
    const isEnd = this.#areOf(open.processes, endsIn(text));
    this.#open = isEnd ? undefined : { ...open, bytes: open.bytes + bytes };
    return true;
  }

  /** Whether one of the sessions is of one of these processes. */
  #areOf(processes: readonly number[], sessions: readonly string[]): boolean {
    return sessions.some(
      (session) =>
        processes.includes(processOf(session)) || processes.some((one) => this.known(one)?.session === session),
    );
  }

  #isKnown({ process, session, user }: Prefix): boolean {
    const known = this.#authorized.get(process);
    return known !== undefined && known.session === session && known.user === user;
  }

  save(): SavedStderrSessions {
    return {
      announced: [...this.#announced],
      authorized: savedOf(this.#authorized),
      ended: savedOf(this.#ended),
      authorizedSince: this.#authorizedSince ?? null,
      sessionsNameProcesses: this.#sessionsNameProcesses,
      forgotSome: this.#forgotSome,
      open: this.#open ?? null,
    };
  }

  load(saved: SavedStderrSessions): void {
    this.#announced.clear();
    this.#authorized.clear();
    for (const [process, session] of saved.announced) this.#announced.set(process, session);
    this.#ended.clear();
    for (const [process, session, user] of saved.authorized) this.#authorized.set(process, { session, user });
    for (const [process, session, user] of saved.ended ?? []) this.#ended.set(process, { session, user });
    this.#authorizedSince = saved.authorizedSince ?? undefined;
    this.#sessionsNameProcesses = saved.sessionsNameProcesses;
    this.#forgotSome = saved.forgotSome;
    this.#open = saved.open ?? undefined;
  }
}

const savedOf = (sessions: ReadonlyMap<number, Required<KnownProcess>>): SavedSession[] =>
  [...sessions].map(([process, { session, user }]) => [process, session, user ?? '']);

/** True where another one had to go. */
const keepNewest = <Value>(map: Map<number, Value>, process: number, value: Value): boolean => {
  map.delete(process);
  map.set(process, value);
  if (map.size <= MAX_PROCESSES) return false;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
  return true;
};
