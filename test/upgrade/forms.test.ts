import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { LAYOUT_ID } from '../../src/baselines/state.ts';
import { MIGRATIONS } from '../../src/sinks/store-schema.ts';
import { KEPT_COMMITS, keptFile, keptState } from './kept-state.ts';

/** The forms in which a kept store has things, as it was written. */
function formsIn(commit: string) {
  const database = new DatabaseSync(join(keptState(commit).folder, 'state', 'wayward.db'), { readOnly: true });
  const schema = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  const hasLayouts = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'layouts'").get() !== undefined;
  const layouts = hasLayouts ? database.prepare('SELECT DISTINCT layout FROM baselines').all() : [];
  database.close();
  return { schema, layouts: layouts.map(({ layout }) => String(layout)) };
}

test('what is stored now is kept, too: after a change of a stored form, run node scripts/make-states.ts for its commit', () => {
  const kept = KEPT_COMMITS.map(formsIn);
  expect(kept.map(({ schema }) => schema)).toContain(MIGRATIONS.length);
  expect(kept.flatMap(({ layouts }) => layouts)).toContain(LAYOUT_ID);
});

test('of each commit, what is on Kafka is kept beside its store', () => {
  expect(KEPT_COMMITS.filter((commit) => !existsSync(keptFile(commit, 'kafka.ndjson.gz')))).toEqual([]);
});
