import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createRegistry, type Registry } from '../attribution/registry.ts';
import { parseDuration } from '../config/duration.ts';
import { dayInstead, parseInstant } from '../config/instant.ts';
import { loadCredentials } from '../config/registry-file.ts';
import { type LoadedRules, loadRules, type RulesPlace } from '../config/rules.ts';
import { resolveSecrets } from '../config/secrets.ts';
import { DEFAULT_CONFIG, loadConfig, type WaywardConfig } from '../config/wayward-yaml.ts';
import { CallError, UsageError } from '../errors.ts';
import { IDENTITY_SOURCES } from '../formats/http.ts';
import { logLinePrefixProblem } from '../formats/log-line-prefix.ts';
import { timezoneProblem } from '../formats/postgres-settings.ts';
import { type CommandIo, warn } from './io.ts';

/** The options that several commands share, written once. Add one with `command.addOption(configOption())`. */
export const configOption = () =>
  new Option('--config <file>', `configuration (default: ${DEFAULT_CONFIG}, if there is one)`);

export const credentialsOption = () =>
  new Option('--credentials <file>', 'credential registry: YAML, JSON or NDJSON (default: as configured)');

export const detectorsOption = () =>
  new Option(
    '--detectors <dir>',
    'folder of detectors, instead of those that come with Wayward (default: as configured)',
  );

export const formatOption = () => new Option('--format <id>', 'format of the logs (default: found from their content)');

export const identityOption = () =>
  new Option(
    '--identity <how>',
    'what is known of the names in HTTP logs: from-key-map (looked up by the key that was checked) or authenticated (logged only once that passed)',
  ).choices(IDENTITY_SOURCES);

export const logLinePrefixOption = () =>
  new Option(
    '--log-line-prefix <text>',
    "the logs are PostgreSQL's stderr logs with this log_line_prefix (default: worked out from the log)",
  ).argParser(checkedBy(logLinePrefixProblem));

export const logTimezoneOption = () =>
  new Option(
    '--log-timezone <zone>',
    "PostgreSQL's log_timezone, such as Europe/Berlin (default: only UTC and offsets are read)",
  ).argParser(checkedBy(timezoneProblem));

const checkedBy =
  (problemWith: (text: string) => string | undefined) =>
  (text: string): string => {
    const problem = problemWith(text);
    if (problem !== undefined) throw new InvalidArgumentError(problem);
    return text;
  };

export const sinceOption = () =>
  new Option('--since <time>', 'only events from this time on: 2026-09-01T00:00:00Z, 2026-09-01, or 7d ago').argParser(
    parseTime,
  );

/** Of commands that learn from what was before, too. */
const sinceReportOption = () =>
  new Option(
    '--since <time>',
    'report what was going on at this time or later, and learn from all: 2026-09-01T00:00:00Z, 2026-09-01, or 7d ago',
  ).argParser(parseTime);

export const untilOption = () =>
  new Option('--until <time>', 'only events before this time, written like --since').argParser(parseTime);

export const deadLettersOption = () =>
  new Option('--dead-letters <file>', 'where to write what could not be used, one JSON object a record');

export const elasticsearchOption = () =>
  new Option(
    '--elasticsearch <index>',
    'read the events of an index, data stream or pattern, too, from the server of elasticsearch: in wayward.yaml; ECS unless --format',
  );

const authensorOption = () =>
  new Option(
    '--authensor',
    'read the receipts of authensor: in wayward.yaml, too, up to the one that is the newest now',
  );

export const kafkaOption = () =>
  new Option(
    '--kafka',
    'read the raw topics of kafka: in wayward.yaml, too, from their beginning to where they end now',
  );

export const jsonOption = () => new Option('--json', 'print JSON, also on a terminal');

/** What a command that judges history asks for: which history, how its logs are read, and by which detectors. */
export const withHistory = (command: Command): Command =>
  [
    authensorOption(),
    configOption(),
    credentialsOption(),
    detectorsOption(),
    elasticsearchOption(),
    formatOption(),
    identityOption(),
    logLinePrefixOption(),
    logTimezoneOption(),
    sinceReportOption(),
    untilOption(),
  ].reduce(
    (sum, option) => sum.addOption(option),
    command.argument('[files...]', 'log files, folders, patterns such as "logs/*.gz", or - for standard input'),
  );

/** What `configOption` and `credentialsOption` give. */
export interface SetupOptions {
  readonly config?: string;
  readonly credentials?: string;
}

export interface Setup {
  readonly config: WaywardConfig;
  readonly registry: Registry;
  /** Fetches the secrets that a `revoke` entry of the registry refers to; relative paths start at its file. @throws CallError */
  readonly fetchSecrets: (spec: unknown) => Promise<void>;
}

/**
 * The configuration and the registry that a command works with; says on stderr where the registry is ambiguous.
 * Secrets are not fetched yet: `config.resolveSecrets([...], secretContext(io))` fetches those that are needed.
 * @throws UsageError with file, line, what is wrong and what to write
 */
export function loadSetup(options: SetupOptions, io: CommandIo): Setup {
  const { file, ...opened } = openSetup(options, io);
  const registry = createRegistry(file === undefined ? [] : loadCredentials(file));
  warnOf(registry, file, io);
  return { ...opened, registry };
}

/** The same with what the registry is judged by. @throws UsageError as `loadSetup` does */
export function loadSetupAndRules(options: SetupOptions & { readonly detectors?: string }, io: CommandIo): RunSetup {
  const { file, ...opened } = openSetup(options, io);
  const place = { credentials: file, detectors: options.detectors ?? opened.config.detectors };
  const rules = loadRules(place);
  warnOf(rules.registry, file, io);
  return { ...opened, registry: rules.registry, rules, place };
}

/** What `run` works with, which can take its rules anew. */
export interface RunSetup extends Setup {
  readonly rules: LoadedRules;
  readonly place: RulesPlace;
}

function openSetup(options: SetupOptions, io: CommandIo): Omit<Setup, 'registry'> & { readonly file?: string } {
  const config = loadConfig(options.config);
  const file = options.credentials ?? config.credentials;
  const context = {
    ...secretContext(io),
    folder: dirname(resolve(file ?? '')),
    providers: config.secretProviders,
  };
  const errorAt = (path: readonly PropertyKey[], message: string) =>
    new CallError(`${path.join('.')} in its revoke: entry ${message}`, true);
  const fetchSecrets: Setup['fetchSecrets'] = (spec) => resolveSecrets(spec, context, errorAt);
  return { config, fetchSecrets, ...(file !== undefined && { file }) };
}

const warnOf = ({ warnings }: Registry, file: string | undefined, io: CommandIo): void => {
  for (const warning of warnings) warn(io, `${file}: ${warning}`);
};

export const secretContext = (io: CommandIo) => ({ env: io.env, warn: (message: string) => warn(io, message) });

/** The end of a command's help: what to type. */
export const withExample = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText(
    'after',
    `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`,
  );

/** A time as options take it, to milliseconds since the epoch; a duration counts back from now. */
export function parseTime(written: string): number {
  const ago = parseDuration(written.replace(/ ago$/, ''));
  const time = ago === undefined ? parseInstant(written) : Date.now() - ago;
  const instead = dayInstead(written);
  if (time === undefined && instead !== undefined)
    throw new InvalidArgumentError(`No calendar has this day; write ${instead}.`);
  if (time === undefined)
    throw new InvalidArgumentError('Write a time with its zone, such as 2026-09-01T00:00:00Z, or 7d.');
  return time;
}

/**
 * Whether anything can lie between `--since` and `--until`.
 * @throws UsageError if not
 */
export function checkSpan(since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY): void {
  if (since >= until) throw new UsageError('--since is not before --until: no event lies between; exchange them');
}
