import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder } from '../config/temp.ts';
import type { StepsOutcome } from './kept/go-on.ts';
import type { Learned } from './kept/learned.ts';
import type { LeftSteps } from './kept/leave-steps.ts';
import { LOGS } from './kept/logs.ts';

const STATES = join(import.meta.dirname, '..', 'fixtures', 'states');

/** Commits whose states are kept. */
export const KEPT_COMMITS = readdirSync(STATES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A file that is kept of a commit. */
export const keptFile = (commit: string, name: string): string => join(STATES, commit, name);

export interface KeptState {
  /** Its files, and its store in `state/`. */
  readonly folder: string;
  readonly left: LeftSteps;
  /** What the version that wrote it made of it. */
  readonly expected: { readonly learned: Learned; readonly learnedAfter: Learned; readonly wentOn: StepsOutcome };
}

/** A copy of what is kept of a commit, for one test. */
export function keptState(commit: string, store = 'wayward.db'): KeptState {
  const kept = join(STATES, commit);
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  for (const name of ['wayward.yaml', 'cases.yaml', 'agents.yaml']) cpSync(join(kept, name), join(folder, name));
  for (const name of ['fingerprint.key', 'audit-head', 'dead-letters.ndjson']) {
    if (existsSync(join(kept, name))) writeFileSync(join(state, name), readFileSync(join(kept, name)), { mode: 0o600 });
  }
  writeFileSync(join(state, 'wayward.db'), unpacked(join(kept, `${store}.gz`)), { mode: 0o600 });
  for (const log of LOGS) writeFileSync(join(folder, `next-${log}`), unpacked(join(kept, `${log}.gz`)));
  return {
    folder,
    left: JSON.parse(readFileSync(join(kept, 'left.json'), 'utf8')),
    expected: JSON.parse(unpacked(join(kept, 'expected.json.gz')).toString()),
  };
}

const unpacked = (file: string): Buffer => gunzipSync(readFileSync(file));
