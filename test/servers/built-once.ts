import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MissingServer } from './require-server.ts';
import { watched } from './watched.ts';

/** The longest that a build may take. */
const BUILD_TIMEOUT_MS = 20 * 60_000;
const LOOK_EVERY_MS = 200;
/** SQLITE_BUSY, https://www.sqlite.org/rescode.html */
const BUSY = 5;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** A build takes minutes and downloads a lot: a test run begins one in CI only, `npm run servers:fetch` because it was asked to. */
const mayBuild = () => process.env.CI === 'true' || process.env.WAYWARD_TEST_FETCH === '1';

/** As the XDG Base Directory Specification has it: what is empty or relative counts as not set. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME = '' } = process.env;
  return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'wayward-test');
}

/**
 * Builds a server once for all tests of this machine, in a folder of the user's cache, whose path it returns.
 * `product` is the file that `build` makes last: once it is there, the folder is complete. Builds with the same `turn` are
 * done one after the other, in whatever process. @throws MissingServer where it is not built and none asked for that
 */
export async function builtOnce(
  name: string,
  product: string,
  build: (folder: string) => Promise<void>,
  turn = name,
): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  const isBuilt = () => existsSync(join(folder, product));
  if (isBuilt()) return folder;
  if (!mayBuild()) throw new MissingServer(`${name} is not here: npm run servers:fetch builds or downloads it, once`);
  mkdirSync(folder, { recursive: true });
  const letGo = await locked(join(cache, `${turn}.lock`));
  try {
    if (!isBuilt()) await build(folder);
  } finally {
    letGo();
  }
  return folder;
}

interface BuildStep {
  /** What to install, should the program not be there. */
  readonly missing: string;
  /** Its failure means the same: a module that it needs is not there, or what it fetches is not for this machine. */
  readonly failureIsMissing?: boolean;
  readonly cwd?: string;
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one program of a build to its end. @throws MissingServer */
export async function runBuildStep(file: string, args: readonly string[], step: BuildStep): Promise<void> {
  const { missing, failureIsMissing = false, cwd, env } = step;
  const options = { cwd, env: { ...process.env, ...env }, timeout: BUILD_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  try {
    const running = promisify(execFile)(file, [...args], options);
    watched(running.child);
    await running;
  } catch (cause) {
    if (!failureIsMissing && (cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new MissingServer(missing, { cause });
  }
}

/**
 * Waits for a lock and takes it; returns how to let go of it. It is SQLite's on a file, which the system ends with the process
 * that has it, however that ends: a lock with a process id in it could be another process's by the time that somebody looks.
 */
async function locked(file: string): Promise<() => void> {
  for (;;) {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec('BEGIN EXCLUSIVE');
      return () => database.close();
    } catch (error) {
      database.close();
      if (!(error instanceof Error && 'errcode' in error && Number(error.errcode) === BUSY)) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}
