import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../errors.ts';
import { buildWorld, type SimulatedWorld } from '../simulate/world/build.ts';
import { configOf, formOf, LOG_FORMS, logLines, registryOf } from '../simulate/world/files.ts';
import { labelsOf } from '../simulate/world/labels.ts';
import { ARCHETYPES_TABLE, ATTACKS_TABLE, type Choice, optionsOf, SURPRISES_TABLE } from '../simulate/world/options.ts';
import { STRENGTHS, type Strength, type System } from '../simulate/world/world.ts';
import { type CommandIo, EXIT_INTERRUPTED, warn, write } from './io.ts';
import { parseTime, withExample } from './options.ts';
import { Progress } from './progress.ts';
import { table } from './table.ts';

interface SimulateOptions extends Choice {
  readonly formats: readonly string[];
  readonly list?: boolean;
}

export function addSimulate(program: Command, io: CommandIo): void {
  const command = program
    .command('simulate')
    .summary('Labelled logs of agents and attacks, for trying and measuring')
    .description(
      'Writes some weeks in the life of made-up agents into a folder: logs as real servers write them, the credential\n' +
        'registry, wayward.yaml, and labels.json, which says what was an attack and what only looked like one. The same\n' +
        'options give the same bytes. Three tables say what can be in it (--list): archetypes of agents, attack classes,\n' +
        'and benign surprises. Each attack is there once a strength; leaving a surprise out changes nothing but that surprise.',
    )
    .argument('[folder]', 'where to write; made if it is not there, and must be empty')
    .addOption(
      new Option('--seed <number>', 'another seed, other agents and attacks').default(1).argParser(wholeNumber(0)),
    )
    .addOption(new Option('--from <time>', 'the first day, 2026-09-28 for example').argParser(parseTime))
    .addOption(new Option('--days <number>', 'how long').default(42).argParser(wholeNumber(1)))
    .addOption(
      new Option('--quiet-days <number>', 'days before the first attack or surprise')
        .default(21)
        .argParser(wholeNumber(0)),
    )
    .addOption(new Option('--scale <factor>', 'members of each group, times this').default(1).argParser(positive))
    .addOption(
      new Option('--archetypes <ids>', 'which agents: all, or ids with commas; -ID for all but that').default('all'),
    )
    .addOption(new Option('--attacks <ids>', 'which attacks: all, none, or ids; -ID for all but that').default('all'))
    .addOption(
      new Option('--surprises <ids>', 'which surprises: all, none, or ids; -ID for all but that').default('all'),
    )
    .addOption(
      new Option('--strengths <which>', `how careful attackers are: ${STRENGTHS.join(', ')}`)
        .default([...STRENGTHS], 'both')
        .argParser(strengths),
    )
    .addOption(
      new Option(
        '--formats <ids>',
        `of the logs, one a system: ${Object.values(LOG_FORMS)
          .flatMap((forms) => Object.keys(forms))
          .join(', ')}`,
      )
        .default([], 'nginx-json,pgaudit-json,vault-audit')
        .argParser((text: string) => text.split(',')),
    )
    .addOption(new Option('--list', 'the archetypes, attacks and surprises, and nothing is written'))
    .action((folder: string | undefined, options: SimulateOptions) => simulate(folder, options, io));
  withExample(
    command,
    'wayward simulate world --seed 7    # and it says how to scan it',
    'wayward simulate calm --seed 7 --attacks none --surprises none',
    'wayward simulate with --seed 7 --attacks none --surprises outage    # compare: --surprises none',
    'wayward simulate all-but --seed 7 --surprises -dst,-holiday --formats nginx-combined,pgaudit-csv',
    'wayward simulate spring --from 2027-03-01 --attacks off-hours,export --strengths careful',
  );
}

async function simulate(folder: string | undefined, options: SimulateOptions, io: CommandIo): Promise<void> {
  if (options.list) return write(io.stdout, tables());
  if (folder === undefined) throw new UsageError('wayward simulate FOLDER: name a folder to write to, or --list');
  const world = buildWorld(optionsOf(options));
  const systems = new Set(world.agents.map(({ archetype }) => archetype.system));
  const forms = formsOf(options.formats, systems);
  emptyFolder(folder);
  const counts = await writeLogs(folder, world, forms, io);
  if (io.signal.aborted) {
    io.exitCode = EXIT_INTERRUPTED;
    warn(io, `${folder}: stopped before the end; its logs are not whole, and labels.json is not there`);
    return;
  }
  writeFileSync(join(folder, 'credentials.yaml'), registryOf(world));
  writeFileSync(join(folder, 'wayward.yaml'), configOf(forms));
  writeFileSync(join(folder, 'labels.json'), `${JSON.stringify(labelsOf(world), undefined, 1)}\n`);
  const lines = [...counts].map(([system, count]) => `${fileOf(system, forms)} ${count.toLocaleString('en-US')}`);
  warn(
    io,
    `${folder}: ${world.agents.length} agents, ${world.incidents.length} attacks, ${world.changes.length} surprises; lines: ${lines.join(', ')}`,
  );
  warn(io, `read it: cd ${folder} && ${scanCommand(forms)}`);
}

async function writeLogs(
  folder: string,
  world: SimulatedWorld,
  forms: ReadonlyMap<System, string>,
  io: CommandIo,
): Promise<Map<System, number>> {
  const files = new Map(
    [...forms].map(([system, form]) => [system, openSync(join(folder, formOf(system, form).file), 'wx')]),
  );
  const counts = new Map<System, number>();
  let total = 0;
  const progress = new Progress(io.stderr, () => total);
  try {
    for (const { system, lines } of logLines(world, forms)) {
      if (io.signal.aborted) break;
      if (lines.length > 0) writeSync(files.get(system) as number, `${lines.join('\n')}\n`);
      counts.set(system, (counts.get(system) ?? 0) + lines.length);
      total += lines.length;
      progress.tick();
    }
  } finally {
    progress.end();
    for (const file of files.values()) closeSync(file);
  }
  return counts;
}

const fileOf = (system: System, forms: ReadonlyMap<System, string>): string =>
  formOf(system, forms.get(system) ?? '').file;

/** What is known of the identities is an option there, since it is no part of a log. */
function scanCommand(forms: ReadonlyMap<System, string>): string {
  const files = [...forms.keys()].map((system) => fileOf(system, forms));
  const identities = [...forms].flatMap(([system, form]) => formOf(system, form).identity ?? []);
  const options = identities.map((identity) => `--identity ${identity} `).join('');
  return `wayward scan --config wayward.yaml ${options}--json ${files.join(' ')}`;
}

function formsOf(wanted: readonly string[], systems: ReadonlySet<System>): Map<System, string> {
  const all = Object.entries(LOG_FORMS) as [System, (typeof LOG_FORMS)[System]][];
  const unknown = wanted.find((id) => !all.some(([, forms]) => Object.hasOwn(forms, id)));
  if (unknown !== undefined)
    throw new UsageError(
      `--formats ${unknown}: is none of ${all.flatMap(([, forms]) => Object.keys(forms)).join(', ')}`,
    );
  return new Map(
    all
      .filter(([system]) => systems.has(system))
      .map(([system, forms]) => [
        system,
        wanted.find((id) => Object.hasOwn(forms, id)) ?? (Object.keys(forms)[0] as string),
      ]),
  );
}

function emptyFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return;
  } catch (cause) {
    throw new UsageError(
      `${folder}: cannot be written to (${(cause as NodeJS.ErrnoException).code}); name a folder of yours`,
      { cause },
    );
  }
  throw new UsageError(`${folder}: is not empty; name a new folder, since a world is written whole`);
}

const tables = (): string =>
  [
    table(['ARCHETYPE', 'MEMBERS', 'SYSTEM', 'WHAT'], ARCHETYPES_TABLE),
    table(['ATTACK', 'WHAT'], ATTACKS_TABLE),
    table(['SURPRISE', 'WHAT'], SURPRISES_TABLE),
    '',
  ].join('\n\n');

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Write a whole number from ${least} on.`);
    return value;
  };

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1_000)) throw new InvalidArgumentError('Write a number above 0, at most 1000.');
  return value;
}

function strengths(text: string): Strength[] {
  const wanted = text.split(',');
  const unknown = wanted.find((one) => !STRENGTHS.some((strength) => strength === one));
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is none of ${STRENGTHS.join(', ')}.`);
  return STRENGTHS.filter((strength) => wanted.includes(strength));
}
