import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const LOCKED_AT_MOST_MS = 5_000;
const PAUSE_MS = 20;
/** SQLITE_BUSY, https://www.sqlite.org/rescode.html */
const BUSY = 5;

/** What no later attempt gets past, and what a person does about it. */
const PERMANENT: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there: make it as docs/issuers.md says',
  EACCES: 'Wayward may not: give it the right to read the file and to write in its folder',
  EPERM: 'Wayward may not keep its owner and mode: run it as the owner of the file',
  EROFS: 'it is mounted read-only',
  EBUSY: 'it is a mount of its own: mount its folder instead',
  EISDIR: 'it is a folder',
  ENOTDIR: 'its folder is a file',
  ELOOP: 'its links lead in a circle',
};

/** A file that another program reads, while no other Wayward changes it. */
export interface HeldFile {
  readonly text: string;
  /** Writes all or nothing, also when the machine stops in the middle; mode and owner stay. @throws CallError where somebody else changed it meanwhile */
  replace(text: string): Promise<void>;
}

/** The file's text. @throws CallError */
export const readText = (path: string): Promise<string> => explained(path, 'read', async () => (await read(path)).text);

/**
 * Work on a file that Wayward shares with people and other programs. Everybody who uses this waits for each other.
 * @throws CallError
 */
export const holdFile = <T>(path: string, work: (file: HeldFile) => Promise<T>): Promise<T> =>
  explained(path, 'changed', async () => {
    const file = await realpath(path); // a link stays one
    const unlock = await lock(file);
    try {
      let known = await read(file);
      return await work({
        text: known.text,
        async replace(text) {
          if (text !== known.text) known = await replace(file, known, text);
        },
      });
    } finally {
      unlock();
    }
  });

interface Version {
  readonly text: string;
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  readonly size: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
}

async function replace(file: string, known: Version, text: string): Promise<Version> {
  const temporary = beside(file, 'new');
  await rm(temporary, { force: true }); // of a process that was killed: the lock is ours
  try {
    await write(temporary, text, known);
    const { ino, mtimeNs, size } = await read(file);
    if (ino !== known.ino || mtimeNs !== known.mtimeNs || size !== known.size)
      throw new CallError(`${file} was changed by somebody else at the same time`, true);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  await using(dirname(file), (folder) => folder.sync());
  return read(file);
}

/** Hidden, so that an `include *` of the folder takes no notice. */
const beside = (file: string, what: string): string => join(dirname(file), `.${basename(file)}.wayward-${what}`);

async function write(file: string, text: string, { mode, uid, gid }: Version): Promise<void> {
  const handle = await open(file, 'wx', 0o600); // readable to others only once it is theirs
  try {
    const made = await handle.stat({ bigint: true });
    if (made.uid !== uid || made.gid !== gid) await handle.chown(Number(uid), Number(gid));
    await handle.chmod(Number(mode & 0o7777n));
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const read = (file: string): Promise<Version> =>
  using(file, async (handle) => {
    const { ino, mtimeNs, size, mode, uid, gid } = await handle.stat({ bigint: true });
    if (size > MAX_BYTES) throw new CallError(`${file} is larger than 4 MiB`, false);
    const bytes = await handle.readFile();
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text, ino, mtimeNs, size, mode, uid, gid };
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new CallError(`${file} is not UTF-8 text`, false);
    }
  });

async function using<T>(path: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    return await work(handle);
  } finally {
    await handle.close();
  }
}

/** SQLite's lock on a file of its own, since it ends with the process, however that ends. */
async function lock(file: string): Promise<() => void> {
  const deadline = Date.now() + LOCKED_AT_MOST_MS;
  const database = openLock(file);
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && Number(error.errcode) === BUSY;
      if (isBusy && Date.now() < deadline) {
        await sleep(PAUSE_MS);
        continue;
      }
      database.close();
      throw isBusy ? new CallError(`${file} is being changed by another Wayward`, true) : lockError(file);
    }
  }
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(beside(file, 'lock'), { timeout: 0 });
  } catch {
    throw lockError(file); // SQLite tells no more than that it can't be opened
  }
}

const lockError = (file: string): CallError =>
  new CallError(`${file} cannot be locked: Wayward must be able to write ${beside(file, 'lock')}`, false);

async function explained<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallError || !(error instanceof Error && 'code' in error)) throw error;
    const code = String(error.code);
    const why = PERMANENT[code];
    throw new CallError(`${path} cannot be ${what} (${code})${why === undefined ? '' : `: ${why}`}`, why === undefined);
  }
}
