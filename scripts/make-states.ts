import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVER } from './upgrade/at-work.ts';
import { bringDriver, checkOut } from './upgrade/build.ts';
import { keepKafka } from './upgrade/keep-kafka.ts';
import { keepLocal } from './upgrade/keep-local.ts';

/**
 * Keeps what a commit stores, made by its own code, so that every later version can be tried on it:
 * node scripts/make-states.ts COMMIT. Writes test/fixtures/states/COMMIT; the README.md there says what is in it.
 */

const ROOT = join(import.meta.dirname, '..');
/** Paths of logs stand in what is kept: these say nothing of this machine. */
const WORK = '/tmp/wayward-kept-states';

const [written] = process.argv.slice(2);
if (written === undefined) throw new Error('write the commit: node scripts/make-states.ts COMMIT');
mkdirSync(WORK);
const build = checkOut(written, join(WORK, 'tree'));
try {
  if (!existsSync(join(build.tree, DRIVER))) bringDriver(build.tree);
  const kept = join(ROOT, 'test', 'fixtures', 'states', build.commit);
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  keepLocal(build, WORK, kept);
  await keepKafka(build, WORK, kept);
  const bytes = readdirSync(kept).reduce((sum, name) => sum + statSync(join(kept, name)).size, 0);
  console.log(`${kept}: ${readdirSync(kept).join(', ')}; ${Math.round(bytes / 1024)} KB`);
} finally {
  build.remove();
  rmSync(WORK, { recursive: true, force: true });
}
