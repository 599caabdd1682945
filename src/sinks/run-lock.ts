import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UsageError } from '../errors.ts';

/** SQLITE_BUSY, https://www.sqlite.org/rescode.html */
const BUSY = 5;

/**
 * Makes sure that one state folder has one `wayward run`: two would save their positions over each other. The lock is
 * SQLite's on a file of its own, so it ends with the process, however that ends. Other commands need none.
 * Returns how to let go of it.
 * @throws UsageError while another process holds it
 */
export function lockForRun(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'run.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && 'errcode' in error && Number(error.errcode) === BUSY)) throw error;
    throw new UsageError(
      `${folder}: another wayward run works with this state folder; stop it, or choose another folder`,
    );
  }
  return () => database.close();
}
