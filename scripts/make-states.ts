import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DRIVER } from './upgrade/at-work.ts';
import { checkOut } from './upgrade/build.ts';
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
  // Its own, where it has one, since that follows the code there.
  if (!existsSync(join(build.tree, DRIVER))) cpSync(join(ROOT, DRIVER), join(build.tree, DRIVER), { recursive: true });
  const kept = join(ROOT, 'test', 'fixtures', 'states', build.commit);
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  keepLocal(build, WORK, kept);
  const bytes = readdirSync(kept).reduce((sum, name) => sum + statSync(join(kept, name)).size, 0);
  console.log(`${kept}: ${readdirSync(kept).join(', ')}; ${Math.round(bytes / 1024)} KB`);
} finally {
  build.remove();
  rmSync(WORK, { recursive: true, force: true });
}
