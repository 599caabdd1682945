import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A file in such a folder. */
export function temporaryFile(name: string, text: string | Buffer, mode = 0o600): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text, { mode });
  return file;
}

/** The lines of the error that `work` throws, with the file's path written as FILE. */
export function problemsOf(file: string, work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof Error && error.name === 'UsageError')
      return error.message.replaceAll(file, 'FILE').split('\n');
    throw error;
  }
  throw new Error('no error');
}
