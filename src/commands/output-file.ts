import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { UsageError } from '../errors.ts';
import { type CommandIo, write } from './io.ts';

/** Where a command's data goes. */
export interface CommandOutput {
  write(text: string): Promise<void>;
  /** All is written: a file takes its place now. */
  finish(): Promise<void>;
  /** Removes an unfinished file; does nothing after `finish`. */
  discard(): void;
}

/**
 * Standard output, or a file that is replaced only on completion; what is no plain file, such as a pipe, is written to at once.
 * @throws UsageError if the file cannot be written
 */
export function outputTo(file: string | undefined, io: CommandIo): CommandOutput {
  if (file === undefined)
    return { write: (text) => write(io.stdout, text), finish: async () => undefined, discard: () => undefined };
  const old = statOf(file);
  if (file === '' || old?.isDirectory()) throw new UsageError(`--out ${file}: is no file; name a file to write`);
  const target = old === undefined ? file : realpathSync(file);
  // A name of its own, so that two runs don't write into one file; exclusive, so that no link leads elsewhere.
  const partial = old === undefined || old.isFile() ? `${target}.${process.pid}.partial` : undefined;
  const handle = orUsage(file, () => openSync(partial ?? target, partial === undefined ? 'w' : 'wx', 0o600));
  let unfinished = true;
  const close = (): void => {
    closeSync(handle);
    unfinished = false;
  };
  return {
    write: async (text) => orUsage(file, () => writeAll(handle, Buffer.from(text))),
    finish: async () =>
      orUsage(file, () => {
        if (partial !== undefined) fsyncSync(handle);
        close();
        if (partial !== undefined) renameSync(partial, target);
      }),
    discard: () => {
      if (!unfinished) return;
      close();
      if (partial !== undefined) rmSync(partial, { force: true });
    },
  };
}

const statOf = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false });

const writeAll = (handle: number, bytes: Buffer): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
};

function orUsage<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`--out ${file}: cannot be written (${code}); name a file in a folder of yours`, { cause });
  }
}
