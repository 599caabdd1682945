import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallError } from '../errors.ts';

const PAUSE_MS = 20;
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
 * The workers that a master has, those that are shutting down included, at a moment when it starts no more of them: it has nothing
 * to do, before and after they were counted. How long it takes for that says nothing: one may be forked late.
 * @throws CallError where there is none yet, or there are always new ones
 */
export async function workersOf(master: RunningProcess): Promise<RunningProcess[]> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const before = isIdle(master) ? seenWorkers(master) : [];
    await sleep(PAUSE_MS);
    const now = seenWorkers(master);
    if (now.length > 0 && isSameSet(now, before) && isIdle(master)) return now;
    if (Date.now() > deadline) throw new CallError(`nginx (${master.pid}) is still starting its workers`, true);
  }
}

/** Those workers of a master that are shutting down at the moment. */
export const endingWorkers = (master: RunningProcess): RunningProcess[] => seenWorkers(master).filter(isEnding);

/**
 * Whether a master waits for signals, and none is on its way: it blocks them from before its first worker on, but for these waits, so that it
 * has done by then what it was told before. https://github.com/nginx/nginx/blob/release-1.22.1/src/os/unix/ngx_process_cycle.c
 * (ngx_master_process_cycle), https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
function isIdle({ pid }: RunningProcess): boolean {
  const status = readProc(pid, 'status') ?? '';
  return ['SigBlk', 'SigPnd', 'ShdPnd'].every((name) => new RegExp(`^${name}:\\t0+$`, 'm').test(status));
}

const isSameSet = (some: readonly RunningProcess[], others: readonly RunningProcess[]): boolean =>
  some.length === others.length &&
  some.every(({ pid, started }) => others.some((other) => other.pid === pid && other.started === started));

const seenWorkers = ({ pid }: RunningProcess): Found[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => find(Number(name)) ?? [])
    .filter(({ parent, title }) => parent === pid && title.startsWith(`${TITLE}worker process`));

const isEnding = ({ title }: Found): boolean => title.includes('is shutting down');

/** Whether each of them has ended or does so once its connections are closed: its reload has come through. */
export const areEnding = (processes: readonly RunningProcess[]): boolean =>
  processes.every(({ pid, started }) => {
    const found = find(pid);
    return found?.started !== started || isEnding(found);
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
  const stat = readProc(pid, 'stat');
  const title = readProc(pid, 'cmdline')?.replaceAll('\0', ' ');
  if (stat === undefined || title === undefined) return undefined;
  // The name before it may hold anything, spaces and parentheses included.
  const [state = '', parent = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z') return undefined; // ended, and its parent has not looked yet
  return { pid, parent: Number(parent), started: rest[17] ?? '', title };
}

/** Undefined where it has ended. */
function readProc(pid: number, file: 'stat' | 'status' | 'cmdline'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH'].includes(code)) return undefined;
    throw new CallError(`/proc/${pid} cannot be read (${code})`, false);
  }
}
