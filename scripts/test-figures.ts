/**
 * test-figures REPORT...: of vitest's JSON reports, `passed failed skipped` on stdout, and the slowest files on stderr. A report that
 * is not there is a run that did not get as far: one failure.
 */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Milliseconds since 1970. */
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly unknown[];
  }[];
}

const SHOWN = 20;

const given = process.argv.slice(2);
const reports = given.filter((file) => existsSync(file)).map((file): Report => JSON.parse(readFileSync(file, 'utf8')));
const files = reports.flatMap(({ testResults }) => testResults);
const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
// A file that could not even be loaded has no tests to count.
const unloaded = files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
const failed = sum(({ numFailedTests }) => numFailedTests) + unloaded.length + given.length - reports.length;

const seconds = ({ startTime, endTime }: (typeof files)[number]): number => (endTime - startTime) / 1_000;
console.error(`The ${SHOWN} slowest files, seconds:`);
for (const file of files.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SHOWN))
  console.error(`${seconds(file).toFixed(1).padStart(7)}  ${relative(process.cwd(), file.name)}`);
const skipped = sum(({ numPendingTests, numTodoTests }) => numPendingTests + numTodoTests);
console.log(
  sum(({ numPassedTests }) => numPassedTests),
  failed,
  skipped,
);
