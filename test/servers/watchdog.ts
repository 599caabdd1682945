import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './watched.ts';

/**
 * A process beside the one that starts servers, which ends them and removes their folders once that one is gone, however it ended:
 * its standard input ends then. Started by `watched.ts`, in a process group of its own, so that Ctrl-C does not reach it.
 */
const MILD_MS = 2_000;
const HARD_MS = 5_000;
const LOOK_EVERY_MS = 50;

const servers = new Map<number, NodeJS.Signals>();
const folders = new Set<string>();

/** To its whole group, where it leads one. False where there is nobody any more. */
function signalTo(pid: number, name: NodeJS.Signals | 0): boolean {
  for (const target of [-pid, pid]) {
    try {
      return process.kill(target, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  return false;
}

async function gone(patience: number): Promise<void> {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline && [...servers.keys()].some((pid) => signalTo(pid, 0))) await sleep(LOOK_EVERY_MS);
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
for await (const line of createInterface({ input: process.stdin })) {
  const order: Order = JSON.parse(line);
  if ('folder' in order) folders.add(order.folder);
  else if ('signal' in order) servers.set(order.pid, order.signal);
  // Its children may have outlived it.
  else if (!signalTo(order.pid, 0)) servers.delete(order.pid);
}
for (const [pid, name] of servers) signalTo(pid, name);
await gone(MILD_MS);
for (const pid of servers.keys()) signalTo(pid, 'SIGKILL');
await gone(HARD_MS);
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
