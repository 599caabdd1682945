import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { COMPILED } from '../compiled.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'wayward.js');
/** As bin/wayward.js starts Node. */
export const NODE_FLAGS = ['--min-semi-space-size=32', '--max-semi-space-size=32'];
const READY_TIMEOUT_MS = 30_000;

/** Another command of Wayward, beside the running one or after it; what it printed. */
export async function waywardSays(
  config: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...args, '--config', config], {
    env: { PATH: process.env.PATH, ...COMPILED, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** One line of the service's own log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface RunningWayward {
  readonly pid: number;
  /** Its log so far. */
  readonly lines: readonly LogLine[];
  /** The first line of its log that fits, whether it stands there already or comes later. */
  line(fits: (line: LogLine) => boolean, timeout?: number): Promise<LogLine>;
  /** Its exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

/** `wayward run` as a process of its own, with the Node that runs the tests, so that a signal hits no launcher in between. */
export function spawnWayward(
  config: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): RunningWayward {
  const child = spawn(process.execPath, [...NODE_FLAGS, BIN, 'run', '--config', config, ...args], {
    env: { PATH: process.env.PATH, ...COMPILED, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  void gone.then(() => process.off('exit', killNow));
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stderr }).on('line', (text) => {
    lines.push(text.startsWith('{') ? JSON.parse(text) : { msg: text });
    for (const look of waiting) look();
  });
  return {
    pid: child.pid ?? -1,
    lines,
    ended: gone,
    line: (fits, timeout = READY_TIMEOUT_MS) => lineOf(child, lines, waiting, fits, timeout),
    stop: () => end(child, 'SIGTERM', gone),
    kill: async () => void (await end(child, 'SIGKILL', gone)),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals, gone: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  return gone;
}

function lineOf(
  child: ChildProcess,
  lines: readonly LogLine[],
  waiting: Set<() => void>,
  fits: (line: LogLine) => boolean,
  timeout: number,
): Promise<LogLine> {
  return new Promise((resolve, reject) => {
    const done = (outcome: () => void) => {
      waiting.delete(look);
      clearTimeout(timer);
      child.off('exit', died);
      outcome();
    };
    const log = () =>
      lines
        .slice(-20)
        .map((line) => JSON.stringify(line))
        .join('\n');
    const look = () => {
      const found = lines.find(fits);
      if (found !== undefined) done(() => resolve(found));
    };
    const died = () => done(() => reject(new Error(`wayward run ended early:\n${log()}`)));
    const timer = setTimeout(() => done(() => reject(new Error(`not in the log of wayward run:\n${log()}`))), timeout);
    child.once('exit', died);
    waiting.add(look);
    look();
  });
}
