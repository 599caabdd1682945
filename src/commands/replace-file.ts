import { existsSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/**
 * Puts text in the place of a file, all or nothing; a link stays one, and who may read it stays the same.
 * @param check throws where the new file, whose path it gets, must not take the place
 */
export function replaceFile(file: string, text: string, check: (written: string) => void): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const partial = `${target}.${process.pid}.partial`;
  const mode = existsSync(target) ? statSync(target).mode & 0o777 : 0o600;
  try {
    writeFileSync(partial, text, { flag: 'wx', mode });
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
  try {
    check(partial);
    renameSync(partial, target);
  } catch (cause) {
    rmSync(partial, { force: true });
    throw cause;
  }
}

export const cannotWrite = (file: string, cause: unknown): UsageError =>
  new UsageError(
    `${file}: cannot be written (${(cause as NodeJS.ErrnoException).code}); name a file in a folder of yours`,
    { cause },
  );
