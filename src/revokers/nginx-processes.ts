import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';

const PAUSE_MS = 20;
/** All of them are started in one go, also after a crash or another reload. */
const SETTLING_MS = 50;
const SETTLED_WITHIN_MS = 3_000;
const TITLE = 'nginx: ';

/** A process: its number is given anew one day, its number and start are not. */
export interface RunningProcess {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly started: string;
}

interface Found extends RunningProcess {
  readonly parent: number;
  readonly title: string;
}

/**
 * The master process that a pid file names: https://nginx.org/en/docs/control.html. Asks Linux's /proc.
 * @throws CallError where it names no running nginx, as an old file may, and while a binary upgrade leaves two masters
 */
export function masterOf(pidFile: string): RunningProcess {
  if (!existsSync('/proc/self/stat')) throw new CallError("nginx's workers are only seen on Linux, in /proc", false);
  const pid = pidIn(pidFile);
  const found = pid === undefined ? undefined : find(pid);
  if (found === undefined || !found.title.startsWith(`${TITLE}master process`))
    throw new CallError(
      `${pidFile} names no nginx that runs on this machine: is it started, and is it its pid file?`,
      true,
    );
  // The old master goes on with the old map: https://nginx.org/en/docs/control.html#upgrade
  const old = pidIn(`${pidFile}.oldbin`);
  if (old !== undefined && find(old) !== undefined)
    throw new CallError('a binary upgrade of nginx is under way: end it first (QUIT to the old master)', true);
  return found;
}

/**
 * The workers that a master has, those that are shutting down included, at a moment when it starts no more of them.
 * @throws CallError where there is none yet, or there are always new ones
 */
export async function workersOf(master: RunningProcess): Promise<RunningProcess[]> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  let before = seenWorkers(master);
  for (;;) {
    await sleep(SETTLING_MS);
    const now = seenWorkers(master);
    if (now.length > 0 && now.every((worker) => before.some((other) => isSame(worker, other)))) return now;
    if (Date.now() > deadline) throw new CallError(`nginx (${master.pid}) is still starting its workers`, true);
    before = now;
  }
}

const isSame = (a: RunningProcess, b: RunningProcess): boolean => a.pid === b.pid && a.started === b.started;

const seenWorkers = ({ pid }: RunningProcess): RunningProcess[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => find(Number(name)) ?? [])
    .filter(({ parent, title }) => parent === pid && title.startsWith(`${TITLE}worker process`));

/** Whether each of them has ended or does so once its connections are closed: its reload has come through. */
export const areEnding = (processes: readonly RunningProcess[]): boolean =>
  processes.every(({ pid, started }) => {
    const found = find(pid);
    return found?.started !== started || found.title.includes('is shutting down');
  });

/** Waits until `areEnding`; whether they are by then. */
export async function comeToEnd(processes: readonly RunningProcess[], deadline: number): Promise<boolean> {
  while (!areEnding(processes)) {
    if (Date.now() > deadline) return false;
    await sleep(PAUSE_MS);
  }
  return true;
}

/** Waits until they have ended; gives those that still run then. */
export async function stillRunning(processes: readonly RunningProcess[], deadline: number): Promise<RunningProcess[]> {
  for (;;) {
    const left = processes.filter(({ pid, started }) => find(pid)?.started === started);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(PAUSE_MS);
  }
}

function pidIn(file: string): number | undefined {
  try {
    const pid = Number(/^\s*(\d{1,9})\s*$/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw new CallError(`${file} cannot be read (${code})`, false);
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. Undefined where it has ended. */
function find(pid: number): Found | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold anything, spaces and parentheses included.
    const [state = '', parent = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined; // ended, and its parent has not looked yet
    const title = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, parent: Number(parent), started: rest[17] ?? '', title };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH'].includes(code)) return undefined;
    throw new CallError(`/proc/${pid} cannot be read (${code})`, false);
  }
}
