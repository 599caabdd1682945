import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { createRegistry } from '../attribution/registry.ts';
import { loadCredentials } from '../config/registry-file.ts';
import { DEFAULT_CONFIG, loadConfig, type WaywardConfig } from '../config/wayward-yaml.ts';
import { Discovery } from '../discovery/discovery.ts';
import { type Proposal, proposalsOf } from '../discovery/proposal.ts';
import { entriesText } from '../discovery/registry-text.ts';
import { NothingToReadError, UsageError } from '../errors.ts';
import type { IdentitySource } from '../formats/http.ts';
import { asksForProof, configText, switchOnLines } from './init-text.ts';
import { type CommandIo, EXIT_INTERRUPTED, write } from './io.ts';
import { countsLine, type Logs, openConfigured } from './logs.ts';
import { type LookedAt, lookAtLogs } from './look-at-logs.ts';
import { identityOption, withExample } from './options.ts';
import { explanation } from './parse.ts';
import { readHistory } from './read-history.ts';
import { cannotWrite, replaceFile } from './replace-file.ts';
import { printable } from './table.ts';

interface InitOptions {
  readonly config?: string;
  readonly credentials?: string;
  readonly identity?: IdentitySource;
  readonly explain?: boolean;
}

export function addInit(program: Command, io: CommandIo): void {
  const command = program
    .command('init')
    .summary('A first wayward.yaml and registry from your logs')
    .description(
      'Reads logs, finds their formats or proposes a description of them, tries it, proposes the registry from who used what, and writes a\n' +
        'commented wayward.yaml. On a terminal it asks for what is not given. It never overwrites a file.',
    )
    .argument('[files...]', 'log files, or patterns such as "logs/*.gz"')
    .addOption(new Option('--config <file>', 'configuration to write').default(DEFAULT_CONFIG))
    .addOption(
      new Option('--credentials <file>', 'registry to write (default: credentials.yaml beside the configuration)'),
    )
    .addOption(identityOption())
    .option('--explain', 'print how an example of each log was read, and which rule gave which field')
    .action((files: string[], options: InitOptions & { config: string }) => init(files, options, io));
  withExample(
    command,
    'wayward init --identity from-key-map /var/log/nginx/access.json /var/log/postgresql/postgresql.json',
    'wayward init "export/*.gz" && wayward scan "export/*.gz"',
  );
}

async function init(files: readonly string[], options: InitOptions & { config: string }, io: CommandIo): Promise<void> {
  const { config: file } = options;
  const folder = dirname(resolve(file));
  const registryFile = options.credentials ?? resolve(folder, 'credentials.yaml');
  if (existsSync(file))
    throw new UsageError(`${file}: is there already, and init overwrites nothing; name another with --config`);
  const names = files.length > 0 ? files : await askFor(io);
  if (names.includes('-')) throw new UsageError('init writes down where logs are; name files instead of -');
  const draft = (text: string): WaywardConfig => draftOf(file, text);
  const looked = await lookAtLogs(names, options.identity, draft(''), io);
  if (!looked.some(({ counts }) => counts.events > 0)) throw nothingUsable(looked);
  const identity = options.identity ?? (await askForIdentity(looked, io));
  const text = configText(looked, folder, identity, registryFile);
  const hasRegistry = existsSync(registryFile);
  // The one that is to be written is what is tried.
  const config = draft(hasRegistry ? text : text.replace(/^credentials: .*\n/m, ''));
  const discovery = new Discovery(createRegistry(hasRegistry ? loadCredentials(registryFile) : []));
  const logs = await openConfigured(config, io);
  await readAll(logs, discovery, io);
  if (io.signal.aborted) {
    io.exitCode = EXIT_INTERRUPTED;
    return;
  }
  const proposals = proposalsOf(discovery, hasRegistry ? loadCredentials(registryFile) : []);
  if (!hasRegistry) writeNew(registryFile, registryText(proposals));
  writeNew(file, text);
  await tell(
    looked,
    { file, registryFile, hasRegistry, proposals, logs, explain: options.explain === true, identity },
    io,
  );
}

/** The configuration that a text would be, without leaving a file. */
function draftOf(file: string, text: string): WaywardConfig {
  const partial = `${resolve(file)}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
  try {
    return loadConfig(partial);
  } finally {
    rmSync(partial, { force: true });
  }
}

const writeNew = (file: string, text: string): void => replaceFile(file, text, () => undefined);

const registryText = (proposals: readonly Proposal[]): string =>
  '# Proposed by wayward init from who used what: look at agents and peer groups, add owners. docs/configuration.md\n' +
  (proposals.length === 0 ? 'credentials: []\n' : `credentials:\n${entriesText(proposals)}`);

async function readAll(logs: Logs, discovery: Discovery, io: CommandIo): Promise<void> {
  try {
    await readHistory(
      logs,
      [
        {
          process: (batch) => {
            for (const { use } of batch) if (use.reading === undefined) discovery.note(use);
          },
          end: () => undefined,
        },
      ],
      undefined,
      io,
    );
  } finally {
    logs.close();
  }
}

async function askFor(io: CommandIo): Promise<string[]> {
  if (io.stdin.isTTY !== true) throw new UsageError('no logs were named; write their paths');
  const answer = await ask('Which logs? Paths or patterns, with spaces between: ', io);
  const names = answer.split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('no logs were named; write their paths');
  return names;
}

/** Asked only where the answer decides whether anything in the logs counts. */
async function askForIdentity(logs: readonly LookedAt[], io: CommandIo): Promise<IdentitySource | undefined> {
  if (
    io.stdin.isTTY !== true ||
    !logs.some(({ counts, guessed }) => guessed === undefined && asksForProof(counts.proofs))
  )
    return undefined;
  const answer = await ask(
    'Nothing in these HTTP logs proves the names in them. Does the server look a name up by the key that it checked (k), or log it only\n' +
      'once it was authenticated (a)? Enter if you do not know: ',
    io,
  );
  const [first] = answer.trim().toLowerCase();
  return first === 'k' ? 'from-key-map' : first === 'a' ? 'authenticated' : undefined;
}

async function ask(question: string, io: CommandIo): Promise<string> {
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return await terminal.question(question, { signal: io.signal });
  } finally {
    terminal.close();
  }
}

const nothingUsable = (logs: readonly LookedAt[]): NothingToReadError =>
  new NothingToReadError(
    `${logs
      .map(({ name, advice }) => `${printable(name)}: ${advice ?? 'no record of it could be used.'}`)
      .join(
        '\n',
      )}\nNothing was written. Which logs are read, and how to describe others: docs/sources.md, docs/formats-language.md`,
  );

interface Outcome {
  readonly file: string;
  readonly registryFile: string;
  readonly hasRegistry: boolean;
  readonly proposals: readonly Proposal[];
  readonly logs: Logs;
  readonly explain: boolean;
  readonly identity: IdentitySource | undefined;
}

async function tell(looked: readonly LookedAt[], outcome: Outcome, io: CommandIo): Promise<void> {
  const { file, registryFile, hasRegistry, proposals, logs, explain, identity } = outcome;
  const lines = looked.flatMap(({ name, format, guessed, counts, example, advice }) => [
    counts.events === 0
      ? `${name}: not used. ${advice ?? 'No record of it could be used.'}`
      : `${name}: ${guessed === undefined ? (format ?? 'several formats') : `a description was guessed: look at formats: in ${file}`}`,
    ...(example !== undefined && (explain || guessed !== undefined)
      ? [`  ${JSON.stringify(explanation(example))}`]
      : []),
    ...(guessed?.doubts ?? []).map((doubt) => `  look at: ${doubt}`),
  ]);
  const registry = hasRegistry
    ? `${shown(registryFile)}: was there, and is as it was; ${proposals.length} credentials of these logs are not in it: wayward credentials discover`
    : `${shown(registryFile)}: written, ${proposals.length} credentials`;
  const usable = looked.filter(({ counts }) => counts.events > 0);
  const next = usable.map(({ name }) => JSON.stringify(name)).join(' ');
  const configured = file === DEFAULT_CONFIG ? '' : ` --config ${file}`;
  const said = identity === undefined ? '' : ` --identity ${identity}`;
  await write(
    io.stdout,
    [
      ...lines,
      ...switchOnLines(looked),
      `${countsLine(logs.merge.counts)}`,
      `${shown(file)}: written`,
      registry,
      '',
      'Next:',
      `  wayward scan${configured}${said} ${next}`,
      `  wayward run${configured}`,
      '',
    ]
      .map(printable)
      .join('\n'),
  );
}

const shown = (file: string): string => relative('', resolve(file));
