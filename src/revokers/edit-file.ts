import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const LOCKED_AT_MOST_MS = 5_000;
/** SQLITE_BUSY, https://www.sqlite.org/rescode.html */
const BUSY = 5;
/** What no later attempt gets past. */
const PERMANENT: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOTDIR', 'ELOOP']);

/** The file's text. @throws CallError */
export const readText = (path: string): Promise<string> =>
  explained(path, 'read', async () => {
    const handle = await open(path, 'r');
    try {
      return await textOf(handle, path);
    } finally {
      await handle.close();
    }
  });

/**
 * Replaces a file by what `edit` makes of its text: all or nothing, also when the process or the machine stops in the middle.
 * Mode and owner stay. Two processes that use this wait for each other; a change by anybody else in between is kept.
 * @throws CallError
 */
export const editFile = (path: string, edit: (text: string) => string): Promise<void> =>
  explained(path, 'changed', async () => {
    const file = await realpath(path); // a link stays one
    const unlock = await lock(file);
    try {
      await replace(file, edit);
    } finally {
      unlock();
    }
  });

async function replace(file: string, edit: (text: string) => string): Promise<void> {
  const old = await open(file, 'r');
  try {
    const before = await old.stat({ bigint: true });
    const text = await textOf(old, file);
    const next = edit(text);
    if (next === text) return;
    const temporary = beside(file, 'new');
    await rm(temporary, { force: true }); // of a process that was killed: the lock is ours
    await write(temporary, next, {
      mode: Number(before.mode & 0o7777n),
      uid: Number(before.uid),
      gid: Number(before.gid),
    });
    const now = await statOf(file);
    if (now.ino !== before.ino || now.mtimeNs !== before.mtimeNs || now.size !== before.size) {
      await rm(temporary, { force: true });
      throw new CallError(`${file} was changed by somebody else at the same time`, true);
    }
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } finally {
    await old.close();
  }
}

/** Hidden, so that an `include *` of the folder takes no notice. */
const beside = (file: string, what: string): string => join(dirname(file), `.${basename(file)}.wayward-${what}`);

interface Owner {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

async function write(file: string, text: string, { mode, uid, gid }: Owner): Promise<void> {
  const handle = await open(file, 'wx', 0o600); // readable to others only once it is theirs
  try {
    const made = await handle.stat();
    if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid);
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function statOf(file: string) {
  const handle = await open(file, 'r');
  try {
    return await handle.stat({ bigint: true });
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function textOf(handle: FileHandle, path: string): Promise<string> {
  if ((await handle.stat()).size > MAX_BYTES) throw new CallError(`${path} is larger than 16 MiB`, false);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await handle.readFile());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CallError(`${path} is not UTF-8 text`, false);
  }
}

/** SQLite's lock on a file of its own, since it ends with the process, however that ends. */
async function lock(file: string): Promise<() => void> {
  const deadline = Date.now() + LOCKED_AT_MOST_MS;
  const database = new DatabaseSync(beside(file, 'lock'), { timeout: 0 });
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && Number(error.errcode) === BUSY;
      if (isBusy && Date.now() < deadline) {
        await sleep(20);
        continue;
      }
      database.close();
      throw isBusy ? new CallError(`${file} is locked by another process`, true) : error;
    }
  }
}

async function explained<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CallError(`${path} cannot be ${what} (${code})`, !PERMANENT.has(code));
  }
}
