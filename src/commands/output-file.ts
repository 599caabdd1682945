import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
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
 * Standard output, or a file that is replaced only on completion.
 * @throws UsageError if the file cannot be written
 */
export function outputTo(file: string | undefined, io: CommandIo): CommandOutput {
  if (file === undefined)
    return { write: (text) => write(io.stdout, text), finish: async () => undefined, discard: () => undefined };
  const partial = `${file}.partial`;
  const handle = open(partial, file);
  let unfinished = true;
  return {
    write: async (text) => {
      writeSync(handle, text);
    },
    finish: async () => {
      fsyncSync(handle);
      closeSync(handle);
      unfinished = false;
      renameSync(partial, file);
    },
    discard: () => {
      if (!unfinished) return;
      closeSync(handle);
      unfinished = false;
      rmSync(partial, { force: true });
    },
  };
}

const open = (partial: string, file: string): number => {
  try {
    return openSync(partial, 'w', 0o600);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`--out ${file}: cannot be written (${code}); name a file in a folder of yours`, { cause });
  }
};
