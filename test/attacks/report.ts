import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { AttackRow } from './attack.ts';

/** One test as vitest's JSON reporter has it, of a file that ran. */
export interface ReportedTest {
  /** The test file's name, without `.test.ts` or `.servers.test.ts`. */
  readonly file: string;
  readonly title: string;
  readonly status: string;
  readonly attack: AttackRow | undefined;
  readonly isControl: boolean;
}

export interface Report {
  readonly tests: readonly ReportedTest[];
  /** Files without a test that ran: vitest could not load them. */
  readonly unloaded: readonly string[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta?: { readonly attack?: AttackRow; readonly control?: true };
    }[];
  }[];
}

/** Reads the report of a run, in an order that does not depend on which file ended first. */
export function readReport(file: string): Report {
  const { testResults }: VitestReport = JSON.parse(readFileSync(file, 'utf8'));
  const byName = [...testResults].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    tests: byName.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, status, meta }) => ({
        ...{ file: basename(name).replace(/([.]servers)?[.]test[.]ts$/, ''), title: fullName, status },
        ...{ attack: meta?.attack, isControl: meta?.control === true },
      })),
    ),
    unloaded: byName.filter(({ assertionResults }) => assertionResults.length === 0).map(({ name }) => basename(name)),
  };
}

/** Runs these tests with vitest, in that folder. `signal` ends it. */
export async function runTests(
  tests: readonly string[],
  { folder, env = {}, signal }: { folder: string; env?: Readonly<Record<string, string>>; signal?: AbortSignal },
): Promise<Report> {
  const temporary = mkdtempSync(join(tmpdir(), 'wayward-report-'));
  const file = join(temporary, 'report.json');
  const vitest = join(folder, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const child = spawn(process.execPath, [vitest, 'run', ...tests, ...reporters], {
      ...{ cwd: folder, env: { ...process.env, ...env } },
      // Its words go to stderr, so that stdout has only what the script itself prints.
      stdio: ['ignore', 2, 2],
    });
    const endIt = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', endIt);
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
    });
    signal?.removeEventListener('abort', endIt);
    signal?.throwIfAborted();
    return readReport(file);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
