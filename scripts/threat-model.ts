/**
 * Writes the table of docs/threat-model.md from what the attack tests measured.
 *
 *   npm run threat-model                              runs test/attacks, and rewrites the table
 *   npm run threat-model -- --report FILE             takes vitest's JSON report of a run that was made already
 *   npm run threat-model -- --report FILE --check     exit 1 where the table says something else than the report
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { AttackRow } from '../test/attacks/attack.ts';
import { type Report, type ReportedTest, readReport, runTests } from '../test/attacks/report.ts';

const USAGE = 'npm run threat-model -- [--report FILE] [--check]';
const HEADINGS = ['point', 'attack', 'the attacker has', 'records', 'test', 'findings', 'responses'];
const REGION = /(<!-- measured: attacks -->\n)[\s\S]*?(<!-- \/measured -->)/;

/** Rewrites or compares the table; the exit code. */
function update(file: string, report: Report, isCheck: boolean): number {
  const measured = report.tests.filter((test) => test.attack !== undefined || test.isControl);
  const bad = measured
    .filter(({ status }) => status !== 'passed')
    .map(
      ({ file, title, attack }) => `${file}: ${attack === undefined ? title : cellsOf({ file, attack }).join(', ')}`,
    );
  if (measured.length === 0) bad.push('the report has no attack test');
  if (bad.length > 0) {
    console.error(`Not every attack test passed:\n${bad.map((title) => `  ${title}`).join('\n')}`);
    return 1;
  }
  const before = readFileSync(file, 'utf8');
  if (!REGION.test(before)) throw new Error(`${file} has no <!-- measured: attacks --> … <!-- /measured -->`);
  const after = before.replace(REGION, (_, opening: string, closing: string) => {
    return `${opening}\n${tableOf(measured)}\n${closing}`;
  });
  if (after === before) {
    console.log('docs/threat-model.md agrees with the attack tests.');
    return 0;
  }
  if (!isCheck) writeFileSync(file, after);
  const say = isCheck ? console.error : console.log;
  say(isCheck ? `docs/threat-model.md is out of date. Run: npm run threat-model` : 'Rewritten: docs/threat-model.md');
  return isCheck ? 1 : 0;
}

function tableOf(tests: readonly ReportedTest[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  const rows = tests.flatMap(({ file, attack }) => (attack === undefined ? [] : [{ file, attack }]));
  rows.sort((a, b) => placeOf(a.attack) - placeOf(b.attack));
  return line(HEADINGS) + line(HEADINGS.map(() => '---')) + rows.map((row) => line(cellsOf(row))).join('');
}

/** Vault comes last. */
const placeOf = ({ point }: AttackRow): number => (point === 'vault' ? Number.POSITIVE_INFINITY : point);

const cellsOf = ({ file, attack }: { file: string; attack: AttackRow }): string[] => [
  attack.point === 'vault' ? 'Vault' : String(attack.point),
  attack.attack,
  attack.attacker,
  attack.records.toLocaleString('en-US'),
  attack.log === undefined ? file : `${file}, ${attack.log}`,
  String(attack.findings),
  String(attack.responses),
];

const { values } = parseArgs({
  options: { report: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help) console.log(USAGE);
else {
  const root = join(import.meta.dirname, '..');
  const report =
    values.report === undefined ? await runTests(['test/attacks'], { folder: root }) : readReport(values.report);
  process.exitCode = update(join(root, 'docs', 'threat-model.md'), report, values.check === true);
}
