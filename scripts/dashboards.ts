/**
 * Writes dashboards/wayward.ndjson, which `wayward setup kibana` imports, from dashboards/source/.
 *
 *   node scripts/dashboards.ts           rewrite it
 *   node scripts/dashboards.ts --check   exit 1 if it would change
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asNdjson, savedObjects } from '../dashboards/source/objects.ts';

const file = join(import.meta.dirname, '..', 'dashboards', 'wayward.ndjson');
const objects = savedObjects();
const now = asNdjson(objects);
const isStale = !existsSync(file) || readFileSync(file, 'utf8') !== now;

if (!process.argv.includes('--check')) {
  writeFileSync(file, now);
  console.log(`${isStale ? 'Rewritten' : 'Unchanged'}: dashboards/wayward.ndjson, ${objects.length} objects.`);
} else if (isStale) {
  console.error('dashboards/wayward.ndjson is out of date with dashboards/source/. Run: npm run dashboards');
  process.exitCode = 1;
} else {
  console.log('dashboards/wayward.ndjson agrees with its source.');
}
