import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import type { ResponseState, Row } from './state.ts';

/** What happened, as the record keeps it: who, what, to which credential, because of what, and when. No secrets. */
export interface AuditEvent {
  readonly type:
    | 'decided'
    | 'approved'
    | 'refused'
    | 'verified'
    | 'called'
    | 'failed'
    | 'expired'
    | 'reopened'
    | 'breaker-opened'
    | 'misuse-goes-on'
    | 'history'
    | 'halted'
    | 'resumed'
    | 'drill-passed'
    | 'drill-failed';
  /** `automatic` or a person's name. */
  readonly by: string;
  /** The alert's or the command's id. */
  readonly cause?: string;
  readonly credential?: string;
  readonly [detail: string]: unknown;
}

export interface AuditEntry extends AuditEvent {
  readonly seq: number;
  /** RFC 3339, wall clock. */
  readonly at: string;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly prev: string;
}

/** An entry's number, and its hash: with it, all entries up to it are fixed. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export interface RecordedEntry extends AuditEntry {
  readonly hash: string;
}

/** What is wrong with a trail; none = it is whole. `unpublished`: newest entries whose head was not written out yet. */
export interface AuditReport {
  readonly entries: number;
  readonly unpublished: number;
  readonly problems: readonly string[];
}

/** Which entries' heads stand in the head file. */
export interface HeadMark {
  /** The last one. */
  get(): number;
  set(seq: number): void;
  /** The last entry that can't be lost any more: no head behind it is written out. */
  safe(): number;
}

const START = '0'.repeat(64);
const MAX_PROBLEMS = 10;
const PUBLISHED = 'audit.published';
/** The newest head that somebody outside has taken. */
const ELSEWHERE = 'audit.elsewhere';

const hashOf = (entry: string): string => createHash('sha256').update(entry).digest('hex');

/**
 * The append-only record: each entry holds the hash of the one before, so that an edit shows. Each head (number and
 * hash) is also written to a file beside the store, so that a chain that was rewritten as a whole shows, too.
 */
export class AuditTrail {
  readonly #state: ResponseState;
  readonly #headFile: string;
  readonly #mark: HeadMark;
  readonly #isApart: boolean;

  /** `isApart`: whoever can change the store can't thereby change the head file. */
  constructor(state: ResponseState, headFile: string, mark = markInStore(state), isApart = false) {
    this.#state = state;
    this.#headFile = headFile;
    this.#mark = mark;
    this.#isApart = isApart;
  }

  /** Adds an entry; part of the transaction that runs, if one does. Call `publishHead` once that is over. */
  append(event: AuditEvent, now: number): void {
    this.#state.transaction(() => {
      const last = this.#state.first('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
      const seq = Number(last?.seq ?? 0) + 1;
      const entry = JSON.stringify({
        seq,
        at: new Date(now).toISOString(),
        prev: last?.hash ?? START,
        ...event,
      } satisfies Record<keyof AuditEntry, unknown>);
      this.#state.run('INSERT INTO audit (seq, entry, hash) VALUES (?, ?, ?)', seq, entry, hashOf(entry));
    });
  }

  /** Writes the heads that were not written yet, one line each: number and hash. Lines that somebody removed stay missing. */
  publishHead(): void {
    const unpublished = () =>
      this.#state.all(
        'SELECT seq, hash FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq',
        this.#mark.get(),
        this.#mark.safe(),
      );
    if (unpublished().length === 0) return; // asked often: takes no lock
    this.#state.transaction(() => {
      const rows = unpublished();
      if (rows.length === 0) return;
      appendFileSync(this.#headFile, rows.map(({ seq, hash }) => `${seq} ${hash}\n`).join(''), { mode: 0o600 });
      this.#mark.set(Number(rows.at(-1)?.seq));
    });
  }

  /** Entries after this one, oldest first. */
  after(seq: number): RecordedEntry[] {
    return this.#state
      .all('SELECT entry, hash FROM audit WHERE seq > ? ORDER BY seq', seq)
      .map((row) => ({ ...entryOf(row), hash: String(row.hash) }));
  }

  /** The newest entry that can't be lost any more, for others to keep. */
  get head(): AuditHead | undefined {
    return this.#headUpTo(this.#mark.safe());
  }

  get newest(): AuditHead | undefined {
    return this.#headUpTo(Number.MAX_SAFE_INTEGER);
  }

  #headUpTo(most: number): AuditHead | undefined {
    const row = this.#state.first('SELECT seq, hash FROM audit WHERE seq <= ? ORDER BY seq DESC LIMIT 1', most);
    return row && { seq: Number(row.seq), hash: String(row.hash) };
  }

  /** Somebody outside has taken this head: a webhook's receiver, or Elasticsearch. */
  keptElsewhere({ seq, hash }: AuditHead): void {
    this.#state.transaction(() => {
      if (seq > (this.#elsewhere?.seq ?? 0)) this.#state.setSetting(ELSEWHERE, { seq, hash });
    });
  }

  get #elsewhere(): AuditHead | undefined {
    return this.#state.setting(ELSEWHERE) as AuditHead | undefined;
  }

  /** The newest entry, where its hash is kept nowhere outside the store: whoever rewrites the store can take it back unseen. */
  get unkept(): number | undefined {
    const { last } = this;
    const isKept = (this.#elsewhere?.seq ?? 0) >= last || (this.#isApart && this.#mark.get() >= last);
    return isKept ? undefined : last;
  }

  /** The number of the newest entry. */
  get last(): number {
    return Number(this.#state.first('SELECT max(seq) AS seq FROM audit')?.seq ?? 0);
  }

  /** Everything that was recorded about one alert or command, oldest first. */
  ofCause(cause: string): AuditEntry[] {
    return this.#state.all('SELECT entry FROM audit WHERE cause = ? ORDER BY seq', cause).map(entryOf);
  }

  verify(): AuditReport {
    return this.#state.transaction(() => {
      const problems: string[] = [];
      const hashes = this.#verifyChain(problems);
      const heads = readHeads(this.#headFile);
      for (const { seq, hash } of heads) {
        const found = hashes.get(seq);
        if (found === undefined) problems.push(`entry ${seq} is gone; ${this.#headFile} has its hash`);
        else if (found !== hash) problems.push(`entry ${seq} is not the one whose hash ${this.#headFile} has`);
      }
      const outside = this.#elsewhere;
      if (outside !== undefined && hashes.get(outside.seq) !== outside.hash)
        problems.push(`entry ${outside.seq} is not the one whose hash was given to a webhook or Elasticsearch`);
      const published = this.#mark.get();
      const written = new Set(heads.map(({ seq }) => seq));
      for (let seq = 1; seq <= published && problems.length < MAX_PROBLEMS; seq++) {
        if (!written.has(seq)) problems.push(`${this.#headFile} has lost the line of entry ${seq}`);
      }
      return { entries: hashes.size, unpublished: hashes.size - published, problems: problems.slice(0, MAX_PROBLEMS) };
    });
  }

  #verifyChain(problems: string[]): Map<number, string> {
    const hashes = new Map<number, string>();
    let previous = START;
    for (const row of this.#state.all('SELECT seq, entry, hash FROM audit ORDER BY seq')) {
      const seq = Number(row.seq);
      const text = String(row.entry);
      const hash = hashOf(text);
      if (seq !== hashes.size + 1) problems.push(`entry ${hashes.size + 1} is missing`);
      if (hash !== row.hash) problems.push(`entry ${seq} was edited`);
      else if (!follows(text, seq, previous)) problems.push(`entry ${seq} does not follow the one before it`);
      previous = hash;
      hashes.set(seq, hash);
    }
    return hashes;
  }
}

/** What a person must know while the newest entry's hash stands only where the entry itself does. */
export const unkeptText = ({ unkept }: AuditTrail): string | undefined =>
  unkept === undefined
    ? undefined
    : `the hash of the newest entry of the record (${unkept}) is kept nowhere outside the store: set response.audit_head to a file outside the state folder, best where this machine can only append`;

const entryOf = (row: Row): AuditEntry => JSON.parse(String(row.entry));

const markInStore = (state: ResponseState): HeadMark => ({
  get: () => Number(state.setting(PUBLISHED) ?? 0),
  set: (seq) => state.setSetting(PUBLISHED, seq),
  safe: () => Number.MAX_SAFE_INTEGER,
});

/** For a trail that several processes take turns at, each with a head file of its own: what stands in this one's. */
export function markInFile(headFile: string, safe: () => number): HeadMark {
  let published = readHeads(headFile).reduce((last, { seq }) => Math.max(last, seq), 0);
  return {
    get: () => published,
    set(seq) {
      published = seq;
    },
    safe,
  };
}

function follows(text: string, seq: number, previous: string): boolean {
  try {
    const entry: Partial<AuditEntry> = JSON.parse(text);
    return entry.seq === seq && entry.prev === previous;
  } catch {
    return false; // not even JSON
  }
}

function readHeads(file: string): { seq: number; hash: string }[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const [, seq, hash] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(line) ?? [];
    if (hash === undefined) throw new UsageError(`${file}:${index + 1}: is not a number and a hash; restore the file`);
    return { seq: Number(seq), hash };
  });
}
