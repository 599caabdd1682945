import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processOf } from './process-table.ts';

/** What the watchdog is told, a line of JSON each. */
export type Order =
  | { readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly pid: number; readonly ended: true }
  | { readonly folder: string };

const WATCHDOG = join(import.meta.dirname, 'watchdog.ts');

let orders: Socket | undefined;

function tell(order: Order): void {
  orders ??= startWatchdog();
  orders.write(`${JSON.stringify(order)}\n`);
}

function startWatchdog(): Socket {
  const watchdog = spawn(process.execPath, [WATCHDOG], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  watchdog.unref();
  const { stdin } = watchdog;
  if (stdin instanceof Socket) return stdin.unref();
  throw new Error('the watchdog has no pipe');
}

/**
 * A process that must not outlive this one, however this one ends: SIGKILL, too. Start it with `detached: true`, so that
 * it leads a group of its own and its children end with it. `end` is what ends it at once and whole.
 */
export function watched<Child extends ChildProcess>(child: Child, end: NodeJS.Signals = 'SIGKILL'): Child {
  const { pid } = child;
  if (pid === undefined) return child; // it could not be started; its `error` says why
  tell({ pid, signal: end });
  child.once('exit', () => tell({ pid, ended: true }));
  const list = process.env.WAYWARD_TEST_PROCESSES;
  if (list !== undefined)
    appendFileSync(list, `${pid} ${processOf(pid)?.startedAt ?? 0} ${child.spawnfile}\n`, { mode: 0o600 });
  return child;
}

/** A folder for a server's files, which goes with this process at the latest. */
export function watchedFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `wayward-${name}-`));
  tell({ folder });
  return folder;
}
