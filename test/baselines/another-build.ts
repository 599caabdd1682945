import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type * as BaselinesModule from '../../src/baselines/baselines.ts';
import type * as SavedStates from '../../src/baselines/saved-states.ts';
import type * as StateModule from '../../src/baselines/state.ts';
import type * as DetectorFiles from '../../src/config/detector-files.ts';
import type * as CoreModule from '../../src/pipeline/core.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a build of Wayward is asked for here. */
export interface Build {
  readonly state: typeof StateModule;
  readonly baselines: typeof BaselinesModule;
  readonly savedStates: typeof SavedStates;
  readonly core: typeof CoreModule;
  readonly detectorFiles: typeof DetectorFiles;
}

export const loadBuild = async (src: string): Promise<Build> => ({
  state: await import(join(src, 'baselines', 'state.ts')),
  baselines: await import(join(src, 'baselines', 'baselines.ts')),
  savedStates: await import(join(src, 'baselines', 'saved-states.ts')),
  core: await import(join(src, 'pipeline', 'core.ts')),
  detectorFiles: await import(join(src, 'config', 'detector-files.ts')),
});

export const thisBuild = (): Promise<Build> => loadBuild(join(ROOT, 'src'));

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A build of its own, in which some text of its baselines is another one: file, what stands there, what is there instead. */
export function anotherBuild(
  ...changes: readonly (readonly [file: string, from: string, to: string])[]
): Promise<Build> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-'));
  folders.push(folder);
  const src = join(folder, 'src');
  cpSync(join(ROOT, 'src'), src, { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, from, to] of changes) {
    const file = join(src, 'baselines', name);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    writeFileSync(file, text.replace(from, to));
  }
  return loadBuild(src);
}
