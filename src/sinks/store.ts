import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import { APPLICATION_ID, MIGRATIONS } from './store-schema.ts';

export type Row = Record<string, SQLOutputValue>;

/** How long a write waits for another process of ours (`wayward run` beside `wayward halt`), ms. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * A store: one SQLite file in the state folder; several processes may have it open. Without a name it is the local store,
 * `wayward.db`; with one it holds a copy of what stands elsewhere, and a power cut may take its last writes.
 * Everything is synchronous. The folder is made with mode 0700, the file with 0600.
 */
export class Store {
  readonly #folder: string;
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * This and all else: @throws UsageError when the file is damaged, not ours, not writable, or made by a newer Wayward;
   * ServerUnavailableError when the disk is full or fails
   */
  constructor(folder: string, name?: string) {
    this.#folder = folder;
    const file = privateFile(folder, name ?? 'wayward.db');
    this.#file = file;
    this.#database = opened(file);
    try {
      migrate(this.#database, file);
      if (name !== undefined) this.#database.exec('PRAGMA synchronous = NORMAL');
    } catch (error) {
      this.#database.close();
      throw explained(error, file);
    }
  }

  /** Runs `work` as one transaction, whole or not at all. Inside another one it becomes part of that. */
  transaction<T>(work: () => T): T {
    if (this.#database.isTransaction) return work();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw explained(error, this.#file);
    }
  }

  /** Runs one statement; returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#ask(() => Number(this.#prepare(sql).run(...values).changes));
  }

  first(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#ask(() => this.#prepare(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#ask(() => this.#prepare(sql).all(...values));
  }

  /** Keeps a snapshot under a name, in place of the one before. */
  saveCheckpoint(name: string, data: Uint8Array | string): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.run('INSERT OR REPLACE INTO checkpoints (name, at, data) VALUES (?, ?, ?)', name, Date.now(), bytes);
  }

  loadCheckpoint(name: string): Buffer | undefined {
    const data = this.first('SELECT data FROM checkpoints WHERE name = ?', name)?.data;
    return data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : undefined;
  }

  /** A setting's JSON value; undefined where it is not set. */
  setting(name: string): unknown {
    const value = this.first('SELECT value FROM settings WHERE name = ?', name)?.value;
    return typeof value === 'string' ? JSON.parse(value) : undefined;
  }

  /** Sets it, or removes it where the value is undefined. */
  setSetting(name: string, value: unknown): void {
    if (value === undefined) this.run('DELETE FROM settings WHERE name = ?', name);
    else this.run('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', name, JSON.stringify(value));
  }

  /** Notes every change from now on. Returns what hands over those since the last time, as bytes for `apply`; undefined for none. */
  recordChanges(): () => Uint8Array | undefined {
    let session = this.#database.createSession();
    return () => {
      const changes = session.changeset();
      if (changes.length === 0) return undefined;
      session.close();
      session = this.#database.createSession();
      return changes;
    };
  }

  /** Makes the changes that another store recorded. @throws Error where they don't follow what is here */
  apply(changes: Uint8Array): void {
    if (!this.#ask(() => this.#database.applyChangeset(changes)))
      throw new Error('recorded changes do not fit this store');
  }

  /** A copy of it under another name in its folder, in place of what is there. */
  async copy(name: string): Promise<Store> {
    removeStore(this.#folder, name);
    await backup(this.#database, join(this.#folder, name));
    return new Store(this.#folder, name);
  }

  close(): void {
    this.#database.close();
  }

  #ask<Answer>(question: () => Answer): Answer {
    try {
      return question();
    } catch (error) {
      throw explained(error, this.#file);
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function opened(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw explained(error, file);
  }
}

/** Removes a store's file with those that SQLite keeps beside it. */
export function removeStore(folder: string, name: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `${name}${end}`), { force: true });
}

function privateFile(folder: string, name: string): string {
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600)); // SQLite gives its -wal and -shm files the same mode
    chmodSync(file, 0o600);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${file}: cannot be written (${code}); choose a state folder that this user owns`, { cause });
  }
  return file;
}

/** Makes the schema, or brings it up to date. A file that isn't ours is refused before anything is written to it. */
function migrate(database: DatabaseSync, file: string): void {
  checkOurs(database, file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('BEGIN IMMEDIATE'); // two processes may start at once: the second one finds it done
  for (const step of MIGRATIONS.slice(pragma(database, 'user_version'))) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}

function checkOurs(database: DatabaseSync, file: string): void {
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isEmpty && pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new UsageError(`${file}: is not a store of Wayward; choose another state folder`);
  }
  const version = pragma(database, 'user_version');
  if (version > MIGRATIONS.length) {
    const versions = `schema ${version}, this one knows ${MIGRATIONS.length}`;
    throw new UsageError(
      `${file}: was made by a newer Wayward (${versions}); upgrade Wayward or choose another state folder`,
    );
  }
}

const pragma = (database: DatabaseSync, name: string): number =>
  Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);

/** https://www.sqlite.org/rescode.html */
const DAMAGE = new Set([11 /* SQLITE_CORRUPT */, 26 /* SQLITE_NOTADB */]);
const DISK = new Map([
  [8, 'it cannot be written any more (is the disk mounted read-only?)'], // SQLITE_READONLY
  [10, 'the disk fails (see the log of the system)'], // SQLITE_IOERR
  [13, 'the disk is full'], // SQLITE_FULL
  [14, 'it cannot be opened any more'], // SQLITE_CANTOPEN
]);

/** What SQLite could not do, for a person. */
function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const code = Number(error.errcode) & 0xff; // the rest says more of the same
  if (DAMAGE.has(code))
    return new UsageError(
      `${file}: is damaged; move it and its -wal and -shm files away (a new one is made) or restore a copy`,
      { cause: error },
    );
  const trouble = DISK.get(code);
  return trouble === undefined
    ? error
    : new ServerUnavailableError(`${file}: ${trouble}; mend that and start again: what was saved is whole`, {
        cause: error,
      });
}
