import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { glob, isDynamicPattern } from 'tinyglobby';
import { NothingToReadError } from '../errors.ts';
import { FileSource } from './file.ts';
import { HandlePool } from './handle-pool.ts';
import type { Source, SourcePosition } from './source.ts';
import { StreamSource } from './stream.ts';

/** What the user named cannot be opened: wrong usage (exit 2). */
export class SourceNotFound extends Error {
  override readonly name = 'SourceNotFound';
}

export interface OpenOptions {
  /** What `-` reads. */
  readonly stdin: Readable;
  /** Where to go on after a restart, by name. */
  readonly resume?: ReadonlyMap<string, SourcePosition>;
  readonly signal?: AbortSignal;
}

/**
 * The sources that a command line names: files, folders with all that is in them, patterns such as `logs/*.gz`, and `-` for standard input. A file
 * named twice is read once. Nothing is opened yet. Throws `SourceNotFound` for a file that doesn't exist, NothingToReadError for a pattern that fits none.
 */
export const openSources = async (names: readonly string[], options: OpenOptions): Promise<Source[]> => {
  const pool = new HandlePool();
  const sources = new Map<string, Source>();
  for (const name of names) {
    if (name === '-') {
      if (!sources.has('-')) sources.set('-', new StreamSource('-', options.stdin, options));
      continue;
    }
    for (const path of await filesOf(name)) {
      if (!sources.has(resolve(path))) sources.set(resolve(path), await openFile(path, pool, options));
    }
  }
  return [...sources.values()];
};

const statOf = async (path: string): Promise<Stats | undefined> => {
  try {
    return await stat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new SourceNotFound(`${path} cannot be opened (${error instanceof Error ? error.message : 'unknown error'}).`);
  }
};

/** A name that exists is itself, even if it looks like a pattern. */
const filesOf = async (name: string): Promise<string[]> => {
  const stats = await statOf(name);
  if (stats?.isDirectory() === true) return filesIn(name);
  if (stats !== undefined) return [name];
  if (!isDynamicPattern(name)) throw new SourceNotFound(`${name}: there is no such file.`);
  const found = await glob(name, { absolute: isAbsolute(name), dot: true, expandDirectories: false });
  if (found.length === 0) throw new NothingToReadError(`${name}: no file fits this pattern`);
  return found.sort();
};

/** Hidden files are no logs, and a link to a folder may lead around in a circle. An empty folder is told of when it is read. */
const filesIn = async (folder: string): Promise<string[]> => {
  const found = await glob('**/*', { cwd: folder, followSymbolicLinks: false, expandDirectories: false });
  return found.length === 0 ? [folder] : found.sort().map((path) => join(folder, path));
};

const openFile = async (path: string, pool: HandlePool, { resume, signal }: OpenOptions): Promise<Source> => {
  const stats = await statOf(path);
  // A pipe, such as a shell's <(…), can be read only once and not from a position.
  if (stats?.isFIFO() === true || stats?.isCharacterDevice() === true) {
    return new StreamSource(path, createReadStream(path), signal === undefined ? {} : { signal });
  }
  return new FileSource(path, pool, resume?.get(path));
};
