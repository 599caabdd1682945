import { isCsvlogStart, isWholeCsvlogRecord, looksLikeCsvlogStart } from '../csvlog-start.ts';
import { isSeverity, wordsIn } from '../postgres-words.ts';
import { findPrefix } from './find-prefix.ts';
import type { Origin } from './format.ts';
import { isQuotedAudit } from './pgauditlogtofile.ts';
import { withoutCloudwatchTime } from './stderr-prefix.ts';

/** How PostgreSQL begins most lines of its stderr log: time, process, and then whatever `log_line_prefix` has. */
const STDERR_START = /^\ufeff?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})? [^\s",]{1,40} \[\d{1,10}\] \S/;
/** Far enough for any prefix. */
const HEAD = 1_024;

/** Whether a line begins as in a stderr log, with whatever `log_line_prefix`: what can be read of it, and one of the server's words. */
const isStderrStart = (line: string): boolean => {
  if (STDERR_START.test(line)) return true;
  const head = withoutCloudwatchTime(line.slice(0, HEAD));
  const [first] = wordsIn(head, 1);
  return first !== undefined && isSeverity(first.word) && findPrefix(head.slice(0, first.start)) !== undefined;
};
/** `postgresql.csv`, also rotated (`.csv.1`, `.csv-20261123`) and packed. */
const CSV_FILE = /\.csv(?:[.-]\d[\d._-]*)?(?:\.gz)?$/i;

const isCsvFile = (name: string): boolean => CSV_FILE.test(name);

const isBlank = (line: string): boolean => line.trim() === '';

/**
 * csvlog: the file's name says so, or the first line begins a record. So does, where the head of the log was cut off, a later line
 * that no client can have written; only a stderr log may hold such a line in a name, so there the lines behind it must be csvlog, too.
 */
export const detectCsvlog = (lines: readonly string[], source: Origin): number => {
  const first = lines.find((line) => !isBlank(line));
  if (first === undefined) return 0;
  // pgauditlogtofile may be told to write into a file of that name, too; behind a head that was cut off, its line may be a client's.
  if (source.fromStart && isQuotedAudit(first)) return 0;
  if (isCsvFile(source.name) || looksLikeCsvlogStart(first)) return 1;
  const at = lines.findIndex((line) => isCsvlogStart(line));
  return at !== -1 && (!isStderrStart(first) || isCsvlogFrom(lines, at)) ? 1 : 0;
};

/** stderr: only PostgreSQL writes the first line of a file; further on a client's text may look the same. */
export const detectStderr = (lines: readonly string[], source: Origin): number => {
  const first = lines.find((line) => !isBlank(line)) ?? '';
  return source.fromStart && isStderrStart(first) && !isCsvFile(source.name) ? 1 : 0;
};

/** Whether all lines from `at` on are records of csvlog, at least one of them whole. */
const isCsvlogFrom = (lines: readonly string[], at: number): boolean => {
  let record: string[] = [];
  let isQuoted = false;
  let hasWhole = false;
  for (const line of lines.slice(at)) {
    if (!isQuoted && !isBlank(line) && !looksLikeCsvlogStart(line)) return false;
    record.push(line);
    if ((line.split('"').length - 1) % 2 === 1) isQuoted = !isQuoted;
    if (isQuoted) continue;
    hasWhole ||= isWholeCsvlogRecord(record.join('\n'));
    record = [];
  }
  return hasWhole;
};
