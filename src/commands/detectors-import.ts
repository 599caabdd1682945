import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { globSync } from 'tinyglobby';
import { stringify } from 'yaml';
import { LOCAL } from '../config/detector-files.ts';
import { checkDetector, detectorSchema, type WrittenDetector } from '../config/detector-schema.ts';
import { DEFAULT_CONFIG } from '../config/wayward-yaml.ts';
import { checkYaml } from '../config/yaml-file.ts';
import { NothingToReadError, UsageError } from '../errors.ts';
import type { ImportedDetector } from '../sigma/imported.ts';
import { LOG_SOURCE_NAMES } from '../sigma/log-sources.ts';
import { rulesIn } from '../sigma/rule.ts';
import { isRule, type Translated, translate } from '../sigma/translate.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, withExample } from './options.ts';
import { printable } from './table.ts';

interface ImportOptions {
  readonly config?: string;
  readonly out?: string;
}

export function addDetectorsImport(detectors: Command, io: CommandIo): void {
  const command = detectors
    .command('import')
    .summary('Makes detectors of Sigma rules')
    .description(
      `Makes a detector of kind match of each Sigma rule (detections and correlations) and says what could not be said.\nLog sources: ${LOG_SOURCE_NAMES}.\nThe detectors only observe until you take "stage: observe" out of them. Files that are there are left alone. Exit 4 if no rule could be taken over.`,
    )
    .argument('<rules...>', 'files of rules, or patterns such as "rules/cloud/**/*.yml"')
    .addOption(configOption())
    .addOption(new Option('--out <dir>', 'folder to write to (default: detectors/local beside the configuration)'))
    .action((rules: string[], options: ImportOptions) => importRules(rules, options, io));
  withExample(
    command,
    'wayward detectors import rules/web/*.yml',
    'wayward detectors import rule.yml --out /tmp/tried',
  );
}

async function importRules(patterns: readonly string[], options: ImportOptions, io: CommandIo): Promise<void> {
  const folder = options.out ?? join(dirname(resolve(options.config ?? DEFAULT_CONFIG)), 'detectors', LOCAL);
  const rules = filesOf(patterns).flatMap(readRules);
  const translated = translate(rules);
  const taken = new Set<string>();
  let written = 0;
  for (const one of translated) {
    const lines = [...linesOf(one, 'left out', one.leftOut), ...linesOf(one, 'a little different', one.notes)];
    const files = one.detectors.map((detector) => fileOf(detector, folder, taken));
    for (const [index, file] of files.entries()) {
      const detector = { ...(one.detectors[index] as ImportedDetector), id: file.id };
      if (existsSync(file.path)) {
        lines.push(`  kept as it is: ${file.path}`);
        continue;
      }
      mkdirSync(folder, { recursive: true });
      writeFileSync(file.path, textOf(detector, one));
      lines.push(`  wrote ${file.path}`);
    }
    written += files.length;
    const state = one.detectors.length > 0 ? 'taken over' : one.problems.length > 0 ? 'NOT taken over' : 'no detector';
    lines.push(...linesOf(one, "can't be said", one.problems));
    await write(
      io.stdout,
      `${printable(`${state}: ${one.rule.title}${one.rule.id === undefined ? '' : ` (${one.rule.id})`}`)}\n`,
    );
    for (const line of lines) await write(io.stdout, `${printable(line)}\n`);
  }
  const failed = translated.filter(({ problems, detectors }) => problems.length > 0 && detectors.length === 0).length;
  await write(io.stdout, `${translated.length} rules, ${written} detectors, ${failed} rules could not be said\n`);
  if (written === 0) throw new NothingToReadError('no rule could be taken over; what is said above tells why');
}

const linesOf = ({ problems }: Translated, what: string, texts: readonly string[]): string[] =>
  texts.map((text) => `  ${what}${problems.length > 0 && what === 'left out' ? ', too' : ''}: ${text}`);

function filesOf(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => {
    if (existsSync(pattern) && !/[*?{[]/.test(pattern)) return [pattern];
    const found = globSync(pattern, { onlyFiles: true, expandDirectories: false }).sort();
    if (found.length === 0) throw new UsageError(`${pattern}: no such file; write the path of a Sigma rule`);
    return found;
  });
}

function readRules(file: string) {
  try {
    const rules = rulesIn(readFileSync(file, 'utf8')).filter(isRule);
    if (rules.length > 0) return rules;
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : 'cannot be read'}`, { cause });
  }
  throw new UsageError(`${file}: is no Sigma rule; it has neither detection: nor correlation:`);
}

/** Two rules of one title are two files. */
function fileOf({ id }: ImportedDetector, folder: string, taken: Set<string>): { id: string; path: string } {
  let own = id;
  for (let count = 2; taken.has(own); count++) own = `${id.slice(0, 59)}-${count}`;
  taken.add(own);
  return { id: own, path: join(folder, `${own}.yaml`) };
}

/** @throws Error where we would write what we would not read: our own mistake */
function textOf(detector: ImportedDetector, { leftOut, notes }: Translated): string {
  const said = [...leftOut.map((text) => `left out: ${text}`), ...notes].map((text) => `# ${printable(text)}\n`);
  const text = said.join('') + stringify(detector, { lineWidth: 0 });
  checkYaml<WrittenDetector>(text, `${detector.id}.yaml`, detectorSchema, { check: checkDetector });
  return text;
}
