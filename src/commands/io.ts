import type { Readable, Writable } from 'node:stream';
import { printable } from './table.ts';

/** Ctrl-C or SIGTERM ended it before its work was done (128 + SIGINT, as shells count). */
export const EXIT_INTERRUPTED = 130;

/** A server that is needed is not there. */
export const EXIT_SERVER_MISSING = 3;

/** There is nothing to read where logs were to be. */
export const EXIT_NOTHING_READ = 4;

/** A place for output; `isTTY` and `columns` are there on a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command may touch of the outside: handed in, so that a test can run it without a process. */
export interface CommandIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Data and nothing else. */
  readonly stdout: Output;
  /** Progress, warnings, summaries, errors. */
  readonly stderr: Output;
  /** Aborted by Ctrl-C and SIGTERM: finish what must be finished, then return. */
  readonly signal: AbortSignal;
  /** Has this called at each SIGHUP, which stops who does not ask. A terminal that is closed still stops it. */
  readonly onHangup?: (listener: () => void) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** 0 unless a command sets it: 1 for `--fail-on`. Errors are thrown (errors.ts). */
  exitCode: number;
}

/** Writes and waits while the other end is slow, so that output never piles up in memory. */
export async function write(output: Output, text: string | Uint8Array): Promise<void> {
  if (output.write(text) || output.destroyed) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error) => {
      for (const event of ['drain', 'close', 'error']) output.off(event, settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    for (const event of ['drain', 'close', 'error']) output.once(event, settle);
  });
}

/** One line for a person, to stderr; a file's name may hold what would steer a terminal. */
export const warn = (io: CommandIo, message: string): void => {
  io.stderr.write(`wayward: ${printable(message)}\n`);
};
