/**
 * Shows that tests fail on an earlier commit: checks it out beside this one, puts the tests of this one into it, and runs them there.
 *
 *   node scripts/fails-before.ts                                  each list below, on the commit before what it shows was mended
 *   node scripts/fails-before.ts BASE TEST FILE OR FOLDER …       these tests on that commit
 *
 * Helpers that the tests import are taken along, but for those that need more of src/ than is there, and docs/, whose configuration some use; src/ stays
 * that of BASE. Exit code 1 where an attack does not succeed there, or no test of a file fails; attacks that BASE withstood already (`heldBefore`),
 * innocent mistakes and controls need not fail.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { globSync } from 'tinyglobby';
import { type Report, type ReportedTest, runTests } from '../test/attacks/report.ts';

const USAGE = 'node scripts/fails-before.ts [BASE TEST FILE OR FOLDER …]';
const IMPORT = /(?:from|import)\s*\(?'(\.{1,2}\/[^']+)'/g;
/** Folders and files whose tests show what was not so before, by the commit where it was not. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '22cac3c': ['test/attacks'],
  '0876e81': [
    ...['test/evasion', 'test/pipeline/late.test.ts', 'test/pipeline/unreadable.test.ts'],
    ...['test/pipeline/lossless.test.ts', 'test/pipeline/envelopes.test.ts'],
    ...['test/response/audit-elsewhere.test.ts', 'test/config/webhook.test.ts'],
    ...['test/formats/log-line-prefix.test.ts', 'test/formats/postgres-words.test.ts', 'test/formats/pgaudit.test.ts'],
    'test/formats/relations.test.ts',
    ...['test/formats/combined.test.ts', 'test/formats/vault-audit.test.ts'],
  ],
  d1133e8: [
    ...['test/detectors/failing.test.ts', 'test/baselines/day-of-upgrade.test.ts', 'test/baselines/hours.test.ts'],
    'test/evasion/evasions.long.test.ts',
  ],
  '34e76d4': [
    ...['test/formats/gateways.test.ts', 'test/formats/vendors.test.ts', 'test/pipeline/otlp.test.ts'],
    ...['test/cli/every-sample.test.ts', 'test/detectors/api-version.test.ts', 'test/detectors/new-area.test.ts'],
    ...['test/pipeline/late-together.test.ts', 'test/kafka/partition-slot.test.ts', 'test/detectors/match.test.ts'],
    'test/config/detector-files.test.ts',
  ],
  '1690e90': [
    ...['test/backtest/backtest.test.ts', 'test/backtest/kept-scan.test.ts', 'test/backtest/stored-history.test.ts'],
    ...['test/cli/observe.test.ts', 'test/cli/changed.test.ts'],
    ...['test/alerts/campaign.test.ts', 'test/cli/reload.test.ts', 'test/cli/demo-llm.test.ts'],
    ...['test/pipeline/receipt-chain.test.ts', 'test/pipeline/late-peers.test.ts', 'test/pipeline/merge.test.ts'],
    'test/pipeline/pending.test.ts',
  ],
  '3e72131': [
    ...['test/formats/as-documented.test.ts', 'test/cli/from-a-folder.test.ts', 'test/sources/open.test.ts'],
    ...['test/detectors/other-client.test.ts', 'test/detectors/many-actions.test.ts'],
    ...['test/discovery', 'test/alerts/happened.test.ts', 'test/cli/never-silent.test.ts'],
    'test/authensor/command.test.ts',
  ],
};
const root = join(import.meta.dirname, '..');

async function failsBefore(base: string, tests: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const temporary = mkdtempSync(join(tmpdir(), 'wayward-before-'));
  const folder = join(temporary, 'wayward');
  try {
    git('worktree', 'add', '--quiet', '--detach', folder, base);
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const file of withImports(tests)) {
      if (needsMore(file, folder)) continue;
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(join(root, file), join(folder, file));
    }
    const env = { WAYWARD_TEST_BASE: '1' };
    return printed(await runTests(tests, { folder, env, signal: interrupted.signal }));
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
    git('worktree', 'prune');
  }
}

const git = (...args: readonly string[]): void =>
  void execFileSync('git', ['-C', root, ...args], { stdio: ['ignore', 2, 2] });

/** The files of these tests, the helpers under test/ that they import, and the pages whose configuration they use, relative to the root. */
function withImports(tests: readonly string[]): Set<string> {
  const files = new Set(globSync('docs/*.md', { cwd: root }));
  const add = (file: string): void => {
    const path = relative(root, file);
    if (files.has(path) || !path.startsWith('test/') || !existsSync(file)) return;
    files.add(path);
    for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) add(resolve(dirname(file), imported));
  };
  for (const test of tests) {
    const path = resolve(root, test);
    if (statSync(path).isFile()) add(path);
    else for (const file of globSync('**/*.ts', { cwd: path, absolute: true })) add(file);
  }
  return files;
}

/** Whether a helper imports what is not in the sources of `folder`, where an earlier form of the helper may do. */
const needsMore = (file: string, folder: string): boolean =>
  file.endsWith('.ts') &&
  existsSync(join(folder, file)) &&
  [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)]
    .map(([, imported = '']) => relative(root, resolve(root, dirname(file), imported)))
    .some((path) => path.startsWith('src/') && !existsSync(join(folder, path)));

/** One line a test, and the exit code. */
function printed({ tests, unloaded }: Report): number {
  for (const file of unloaded) console.log(`not loaded          ${file}`);
  for (const test of tests) console.log(`${outcomeOf(test).padEnd(20)}${test.file}: ${test.title}`);
  const wrong = tests.filter((test) => [DOES_NOT_FAIL, DID_NOT_RUN].includes(outcomeOf(test)));
  const failing = tests.filter(({ status }) => status === 'failed');
  // Of attacks, each has to fail or to say why not; of other tests, some of a file.
  const ordinary = new Set(tests.filter((test) => outcomeOf(test) === 'passes').map(({ file }) => file));
  const without = [...ordinary].filter((name) => !failing.some(({ file }) => file === name));
  for (const file of without) console.log(`no test fails       ${file}`);
  console.log(`${tests.length} tests: ${failing.length} fail there, ${wrong.length} do not fail and should.`);
  return wrong.length + unloaded.length + without.length === 0 && failing.length > 0 ? 0 : 1;
}

const DOES_NOT_FAIL = 'DOES NOT FAIL';
const DID_NOT_RUN = 'DID NOT RUN';

function outcomeOf({ status, attack, isControl }: ReportedTest): string {
  if (status === 'failed') return 'fails';
  if (status !== 'passed') return DID_NOT_RUN;
  if (isControl) return 'passes: a control';
  if (attack?.point === 7) return 'passes: a mistake';
  if (attack?.heldBefore !== undefined) return 'passes: held before';
  return attack === undefined ? 'passes' : DOES_NOT_FAIL;
}

const { values, positionals } = parseArgs({ options: { help: { type: 'boolean' } }, allowPositionals: true });
const [base, ...tests] = positionals;
if (values.help) console.log(USAGE);
else if (base !== undefined && tests.length === 0) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  for (const [commit, listed] of base === undefined ? Object.entries(LISTS) : [[base, tests] as const]) {
    console.log(`on ${commit}:`);
    process.exitCode = Math.max(Number(process.exitCode ?? 0), await failsBefore(commit, listed));
  }
}
