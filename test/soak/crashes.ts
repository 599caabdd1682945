import { join } from 'node:path';
import { runTests } from '../attacks/report.ts';
import { CRASH_ISSUERS } from '../response/crashes/issuers.ts';
import { MissingServer } from '../servers/require-server.ts';
import type { LongForm, Piece, SoakContext } from './form.ts';

/** Rotations are killed before and after each of their calls; the files of tests that do it. */
const ROTATIONS: Readonly<Record<string, number>> = {
  'response/rotation': 60,
  'rotation/aws-access-key': 60,
  'rotation/aws-secrets-manager': 60,
  'rotation/mariadb-password': 150,
  'rotation/postgres-password': 60,
  'rotation/secret-managers': 60,
};
const ROOT = join(import.meta.dirname, '..', '..');

/** Those tests of a file whose full name fits. */
const tests = (name: string, seconds: number, file: string, pattern: string): Piece => ({
  name,
  seconds,
  async run({ signal }: SoakContext) {
    const report = await runTests([file, '-t', pattern], { folder: ROOT, signal });
    const made = report.tests.filter(({ status }) => status === 'passed' || status === 'failed');
    if (report.unloaded.length > 0) return [`not loaded: ${report.unloaded.join(', ')}`];
    if (made.length === 0) throw new MissingServer('its tests were skipped: the reason is above');
    return made.filter(({ status }) => status === 'failed').map(({ title }) => title);
  },
});

export const crashes: LongForm = {
  about: 'responders and rotations are killed at every point with every issuer: the next one ends it, once',
  pieces: [
    ...CRASH_ISSUERS.flatMap(([revokers]) =>
      revokers.map((revoker) => tests(revoker, 60, 'test/response/crashes/crashes', ` ${revoker}: killed `)),
    ),
    ...Object.entries(ROTATIONS).map(([file, seconds]) =>
      tests(file, seconds, `test/${file}.`, 'killed before and after each of its calls'),
    ),
    tests('drill', 60, 'test/drills/postgres.', 'killed in the middle'),
  ],
};
