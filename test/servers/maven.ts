import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD_TIMEOUT_MS, builtOnce } from './built-once.ts';
import { MissingServer } from './require-server.ts';

/**
 * What Maven makes of the project `test/servers/PROJECT`, once, in the user's cache: that project's `target` folder.
 * Throws MissingServer without Java or Maven.
 */
export async function mavenTarget(project: string, version: string): Promise<string> {
  await needed('java', ['-version'], 'openjdk-17-jdk-headless');
  const build = async (folder: string) => {
    process.stderr.write(`Fetching ${project} ${version} for the tests, once.\n`);
    cpSync(join(import.meta.dirname, project), folder, { recursive: true });
    const options = { cwd: folder, timeout: BUILD_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    await needed('mvn', ['--batch-mode', '--quiet', 'package'], 'maven', options);
    writeFileSync(join(folder, 'built'), '');
  };
  // Two Mavens at once could spoil each other's downloads.
  const folder = await builtOnce(`${project}-${version}`, 'built', build, 'maven');
  return join(folder, 'target');
}

async function needed(command: string, args: string[], debianPackage: string, options = {}): Promise<void> {
  try {
    await promisify(execFile)(command, args, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MissingServer(`${command} is not here: install it (Debian: ${debianPackage})`);
  }
}
