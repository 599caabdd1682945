import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MissingServer } from './require-server.ts';

/** Where Debian puts servers' programs: not all of it is on the PATH of a user. */
const DEBIAN_FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/lib/postgresql/*/bin'];

/**
 * The path of a server's program: in Debian's folders, the newest version first, else on the PATH; with
 * `WAYWARD_TEST_ONLY_PATH=1` on the PATH alone, so that an installed one can be hidden. @throws MissingServer, which says what to install
 */
export function findProgram(name: string, debianPackages: string): string {
  const debian = process.env.WAYWARD_TEST_ONLY_PATH === '1' ? [] : DEBIAN_FOLDERS.flatMap(newestFirst);
  const folders = [...debian, ...(process.env.PATH ?? '').split(delimiter)].filter((folder) => folder !== '');
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new MissingServer(`${name} is not installed (Debian: ${debianPackages})`);
  return found;
}

const newestFirst = (pattern: string): string[] =>
  globSync(pattern).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
