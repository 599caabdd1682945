import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtOnce, runBuildStep } from './built-once.ts';

/**
 * What Maven makes of the project `test/servers/PROJECT`, once, in the user's cache: that project's `target` folder.
 * Throws MissingServer without Java or Maven.
 */
export async function mavenTarget(project: string, version: string): Promise<string> {
  await needed('java', ['-version'], 'openjdk-17-jdk-headless');
  const build = async (folder: string) => {
    process.stderr.write(`Fetching ${project} ${version} for the tests, once.\n`);
    cpSync(join(import.meta.dirname, project), folder, { recursive: true });
    await needed('mvn', ['--batch-mode', '--quiet', 'package'], 'maven', folder);
    writeFileSync(join(folder, 'built'), '');
  };
  // Two Mavens at once could spoil each other's downloads.
  const folder = await builtOnce(`${project}-${version}`, 'built', build, 'maven');
  return join(folder, 'target');
}

const needed = (command: string, args: readonly string[], debianPackage: string, cwd?: string): Promise<void> =>
  runBuildStep(command, args, {
    missing: `${command} is not here: install it (Debian: ${debianPackage})`,
    ...(cwd !== undefined && { cwd }),
  });
