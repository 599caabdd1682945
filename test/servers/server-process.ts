import { type SpawnOptions, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './ended.ts';
import { watched } from './watched.ts';

interface ServerProgram {
  /** For messages. */
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly options?: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;
  /** Removed when it has ended. */
  readonly folder: string;
  /** To be ready, milliseconds. */
  readonly timeout?: number;
  /** What ends it in good order, and what ends it at once, where it is not SIGTERM and SIGKILL. */
  readonly signals?: { readonly stop: NodeJS.Signals; readonly kill: NodeJS.Signals };
}

interface ServerProcess<Ready> {
  /** What the last look gave. */
  readonly ready: Ready;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 30;
const MOST_SAID = 2_000;

/**
 * Starts a server in a process of its own, which ends with this one, however this one ends, and looks until it is ready: until `look` does not reject.
 * @throws Error with what the server said last, where it ends or is not ready in time
 */
export async function startServerProcess<Ready>(
  program: ServerProgram,
  look: () => Promise<Ready>,
): Promise<ServerProcess<Ready>> {
  const { name, binary, args, options, folder, timeout = READY_TIMEOUT_MS } = program;
  const signals = program.signals ?? { stop: 'SIGTERM', kill: 'SIGKILL' };
  const server = watched(
    spawn(binary, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], detached: true }),
    signals.kill,
  );
  let said = '';
  server.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST_SAID);
  });
  const stop = async () => {
    await ended(server, signals.stop);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + timeout; ; await sleep(LOOK_EVERY_MS)) {
    try {
      return { ready: await look(), stop };
    } catch (error) {
      if (server.exitCode === null && Date.now() < deadline) continue;
      await stop();
      throw new Error(`${name} did not start: ${said}`, { cause: error });
    }
  }
}

/** A look that is good once this address is answered with success. */
export async function answers(url: string): Promise<void> {
  const { ok, status } = await fetch(url);
  if (!ok) throw new Error(`${url} is answered with ${status}`);
}
