import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Source } from '../../src/sources/source.ts';

export interface Folder {
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Buffer) => string;
  readonly remove: () => void;
}

/** A folder of its own for a test. */
export const temporaryFolder = (): Folder => {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-sources-'));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Everything that a source gives until it ends. */
export const readAll = async (source: Source, size?: number): Promise<string> => {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = await source.read(size);
    if (chunk === 'end') return Buffer.concat(chunks).toString('latin1');
    if (chunk !== 'caught-up') chunks.push(chunk);
  }
};
