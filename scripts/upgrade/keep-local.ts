import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { LOGS } from '../../test/upgrade/kept/logs.ts';
import { AtWork, dayAfter } from './at-work.ts';
import type { Build } from './build.ts';

/** A local store and the files beside it, and what the commit itself makes of them. */
export function keepLocal(build: Build, work: string, kept: string): void {
  const place = newFolder(work, 'local');
  const commit = new AtWork(build, place);
  commit.learn('history');
  commit.close('support-bot-3/gateway', 'benign');
  commit.close('hr-onboarding/gateway', 'true');
  commit.learn('nothing'); // takes the closings in
  commit.close('support-bot-1/gateway', 'benign'); // nobody has taken this one in
  const learned = commit.driven('learned');
  commit.driven('leave');
  const halted = newFolder(work, 'halted');
  new AtWork(build, halted).driven('leave-halted');

  const dayFolder = copied(place, join(work, 'day-after'));
  const day = new AtWork(build, dayFolder);
  day.close('billing-agent-2/postgres', 'benign');
  day.learn('next');
  const learnedAfter = day.driven('learned');
  const wentOn = new AtWork(build, copied(place, join(work, 'steps'))).driven('go-on');

  for (const name of ['wayward.yaml', 'cases.yaml', 'agents.yaml', 'left.json'])
    cpSync(join(place, name), join(kept, name));
  for (const name of ['fingerprint.key', 'audit-head', 'dead-letters.ndjson'])
    cpSync(join(place, 'state', name), join(kept, name));
  writeFileSync(join(kept, 'wayward.db.gz'), packed(place));
  writeFileSync(join(kept, 'halted.db.gz'), packed(halted));
  for (const log of LOGS) writeFileSync(join(kept, `${log}.gz`), dayAfter(log));
  writeFileSync(join(kept, 'expected.json.gz'), gzipSync(JSON.stringify({ learned, learnedAfter, wentOn })));
}

function newFolder(work: string, name: string): string {
  const folder = join(work, name);
  mkdirSync(folder);
  return folder;
}

function copied(from: string, to: string): string {
  cpSync(from, to, { recursive: true });
  return to;
}

/** The store of a folder as one file: its log written back, nothing in it that was deleted. */
function packed(folder: string): Buffer {
  const file = join(folder, 'state', 'wayward.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; VACUUM');
  database.close();
  return gzipSync(readFileSync(file), { level: 9 });
}
