/**
 * Fills the generated tables in docs/*.md from the registries, and writes the schema of detector files for editors, so that neither can disagree
 * with the code.
 *
 *   node scripts/docs.ts           rewrite them
 *   node scripts/docs.ts --check   exit 1 and name the files that would change
 *
 * A table stands between `<!-- generated: NAME -->` and `<!-- /generated -->`; NAME is a key of TABLES.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { globSync } from 'tinyglobby';
import { DASHBOARDS } from '../dashboards/source/objects.ts';
import { loadDetectors, SHIPPED_DETECTORS } from '../src/config/detector-files.ts';
import { kinds } from '../src/detectors/registry.ts';
import { DRILL_KINDS } from '../src/drills/registry.ts';
import { envelopes } from '../src/formats/envelopes/registry.ts';
import { formats } from '../src/formats/registry.ts';
import { METRICS, type MetricDefinition } from '../src/ops/metric-list.ts';
import { REVOKERS } from '../src/revokers/registry.ts';
import { ROTATORS } from '../src/rotation/registry.ts';
import { SECRET_WRITERS } from '../src/rotation/secret-writers/registry.ts';
import { SINKS } from '../src/sinks/registry.ts';
import { editorSchema } from './editor-schema.ts';

/** Files that are generated whole. */
const FILES: Readonly<Record<string, () => string>> = {
  'detectors/schema.json': () => `${JSON.stringify(editorSchema(), undefined, 2)}\n`,
};

/** One line here for each registry that the docs show. */
const TABLES: Readonly<Record<string, () => string>> = {
  dashboards: () =>
    table(
      ['dashboard', 'what it answers', 'opens with'],
      DASHBOARDS.map(({ title, description, past }) => [`Wayward: ${title}`, description, `the last ${past}`]),
    ),
  formats: () =>
    table(
      ['`--format`', 'what it reads', '`event.dataset`', 'what proves an identity'],
      formats.map(({ id, title, dataset, proof }) => [`\`${id}\``, title, `\`${dataset}\``, proof]),
    ),
  envelopes: () =>
    table(
      ['envelope', 'what it is'],
      envelopes.map(({ id, title }) => [`\`${id}\``, title]),
    ),
  sinks: () =>
    table(
      ['key', 'sink', 'gets', 'promises', 'tested against'],
      SINKS.map(({ id, title, about: { gets, promises, tested } }) => [`\`${id}\``, title, gets, promises, tested]),
    ),
  'formats-about': () =>
    table(
      ['`--format`', 'how to switch it on', 'what it can’t tell', 'written against'],
      formats.flatMap(({ id, about }) =>
        about === undefined ? [] : [[`\`${id}\``, about.switchOn, about.cannotTell, about.evidence]],
      ),
    ),
  'detector-kinds': () =>
    table(
      ['`kind:`', 'what it flags', 'needs a baseline'],
      kinds.map(({ id, title, baseline }) => [`\`${id}\``, title, baseline ? 'yes' : 'no']),
    ),
  detectors: () =>
    table(
      ['detector', 'what the SOC reads', 'ATT&CK', 'OWASP'],
      loadDetectors(SHIPPED_DETECTORS).map(({ detector: { id, title, threat, advice } }) => [
        `[\`${id}\`](../detectors/${id}.yaml)`,
        title,
        threat.join(', '),
        (advice?.owasp ?? []).join(', '),
      ]),
    ),
  metrics: () =>
    table(
      ['metric', 'kind', 'labels', 'what it tells', 'in the health stream'],
      Object.values(METRICS).map(({ name, kind, labels = [], help, health }: MetricDefinition) => [
        `\`${name}\``,
        kind,
        labels.map((label) => `\`${label}\``).join(', '),
        help,
        health === undefined ? '' : `\`${health}\``,
      ]),
    ),
  drills: () =>
    table(
      [
        '`with:`',
        'the canary',
        'what proves that it is dead',
        'what the account of the revoker needs besides',
        'own fields',
      ],
      DRILL_KINDS.map(({ id, title, proof, needs, fields }) => [
        `\`${id}\``,
        title,
        proof,
        needs,
        Object.keys(fields)
          .map((field) => `\`${field}\``)
          .join(', '),
      ]),
    ),
  revokers: () =>
    table(
      [
        '`with:`',
        'revokes',
        'locks out',
        'how to undo it',
        'what it cannot stop',
        'what its account needs',
        'tested against',
      ],
      REVOKERS.map(({ id, title, locksOut, undo, cannotStop, needs, testedAgainst }) => [
        `\`${id}\``,
        title,
        locksOut === false ? 'no' : 'yes',
        undo,
        cannotStop,
        needs,
        testedAgainst,
      ]),
    ),
  'secret-writers': () =>
    table(
      [
        '`secret:`',
        'where a secret is kept',
        'account',
        'the pending value',
        'what its account needs',
        'tested against',
      ],
      SECRET_WRITERS.map(({ example, title, account, pending, needs, testedAgainst }) => [
        `\`${example}\``,
        title,
        `\`revokers.${account}\``,
        pending,
        needs,
        testedAgainst,
      ]),
    ),
  rotators: () =>
    table(
      ['`with:`', 'rotates', 'what proves the new secret', 'meanwhile', 'what its accounts need', 'tested against'],
      ROTATORS.map(({ id, title, proof, meanwhile, needs, testedAgainst }) => [
        `\`${id}\``,
        title,
        proof,
        meanwhile,
        needs,
        testedAgainst,
      ]),
    ),
};

const REGION = /(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(header) + line(header.map(() => '---')) + rows.map(line).join('');
}

function fill(file: string, text: string): string {
  return text.replace(REGION, (_region, opening: string, name: string, closing: string) => {
    const generate = TABLES[name];
    if (!generate)
      throw new Error(`${file}: no table is called "${name}"; there are: ${Object.keys(TABLES).join(', ')}`);
    return `${opening}\n${generate()}\n${closing}`;
  });
}

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const path of globSync(['docs/**/*.md', 'README.md'], { cwd: root, absolute: true }).sort()) {
  const file = relative(root, path);
  const before = readFileSync(path, 'utf8');
  keep(file, before, fill(file, before));
}
for (const [file, generate] of Object.entries(FILES)) {
  const path = join(root, file);
  keep(file, existsSync(path) ? readFileSync(path, 'utf8') : '', generate());
}

function keep(file: string, before: string, after: string): void {
  if (after === before) return;
  stale.push(file);
  if (!check) writeFileSync(join(root, file), after);
}

if (check && stale.length > 0) {
  console.error(`Out of date with the registries: ${stale.join(', ')}. Run: npm run docs:write`);
  process.exitCode = 1;
} else {
  console.log(stale.length > 0 ? `Rewritten: ${stale.join(', ')}` : 'The docs agree with the registries.');
}
