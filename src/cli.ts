import { Command, CommanderError } from 'commander';
import { cleanLine } from './commands/clean-log.ts';
import { type CommandIo, EXIT_INTERRUPTED, EXIT_NOTHING_READ, EXIT_SERVER_MISSING } from './commands/io.ts';
import { NothingToReadError, ServerUnavailableError, UsageError } from './errors.ts';
import { saysAway } from './kafka/until-answered.ts';
import { scrubKnown } from './scrub.ts';
import { VERSION } from './version.ts';

/** Adds one command to the program; each lives in a file of its own that is only loaded when it is called. */
type AddCommand = (program: Command, io: CommandIo) => void;

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<AddCommand>;
}

/** One line a command. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'backtest',
    summary: 'What a set of detectors does on history, and how two of them differ',
    load: async () => (await import('./commands/backtest.ts')).addBacktest,
  },
  {
    name: 'credentials',
    summary: 'Inventory of the registry: age, rotation due; proposes one from logs',
    load: async () => (await import('./commands/credentials.ts')).addCredentials,
  },
  {
    name: 'dead-letters',
    summary: 'What could not be used: look at it, and replay it after a fix',
    load: async () => (await import('./commands/dead-letters.ts')).addDeadLetters,
  },
  {
    name: 'demo',
    summary: 'The shipped logs through the whole path: start here',
    load: async () => (await import('./commands/demo.ts')).addDemo,
  },
  {
    name: 'detectors',
    summary: 'Takes over Sigma rules as detectors',
    load: async () => (await import('./commands/detectors.ts')).addDetectors,
  },
  {
    name: 'explain',
    summary: 'What happened in an alert, and the records that it rests on',
    load: async () => (await import('./commands/explain.ts')).addExplain,
  },
  {
    name: 'fingerprint',
    summary: 'The fingerprint of a token, for the registry',
    load: async () => (await import('./commands/fingerprint.ts')).addFingerprint,
  },
  {
    name: 'init',
    summary: 'A first wayward.yaml and registry from your logs',
    load: async () => (await import('./commands/init.ts')).addInit,
  },
  {
    name: 'parse',
    summary: 'Events as NDJSON: what a format makes of a log',
    load: async () => (await import('./commands/parse.ts')).addParse,
  },
  {
    name: 'run',
    summary: 'The service: follows the sources of wayward.yaml and responds',
    load: async () => (await import('./commands/run.ts')).addRun,
  },
  {
    name: 'scan',
    summary: 'Reads logs, writes alerts',
    load: async () => (await import('./commands/scan.ts')).addScan,
  },
  {
    name: 'setup',
    summary: 'Makes the servers that Wayward writes to ready for it',
    load: async () => (await import('./commands/setup.ts')).addSetup,
  },
  {
    name: 'simulate',
    summary: 'Labelled logs of agents and attacks, for trying and measuring',
    load: async () => (await import('./commands/simulate.ts')).addSimulate,
  },
  {
    name: 'test',
    summary: 'Runs the tests inside the detectors',
    load: async () => (await import('./commands/test.ts')).addTest,
  },
  {
    name: 'tune',
    summary: 'Proposes severities for a budget, from your history and your verdicts',
    load: async () => (await import('./commands/tune.ts')).addTune,
  },
  {
    name: 'alerts',
    summary: 'The alerts in the local store: list, show, close',
    load: async () => (await import('./commands/alerts.ts')).addAlerts,
  },
  {
    name: 'revoke',
    summary: 'Emergency revocation of a credential, or of all that an agent holds',
    load: async () => (await import('./commands/revoke.ts')).addRevoke,
  },
  {
    name: 'restore',
    summary: 'Undoes a revocation that can be undone',
    load: async () => (await import('./commands/restore.ts')).addRestore,
  },
  {
    name: 'approve',
    summary: 'Lets a revocation that waits for a person be done',
    load: async () => (await import('./commands/approve.ts')).addApprove,
  },
  {
    name: 'halt',
    summary: 'The kill switch: stops all automatic response',
    load: async () => (await import('./commands/halt.ts')).addHalt,
  },
  {
    name: 'drill',
    summary: 'Exercises revocation on a credential made for it',
    load: async () => (await import('./commands/drill.ts')).addDrill,
  },
  {
    name: 'reload',
    summary: 'Has the service take the registry and the detectors anew',
    load: async () => (await import('./commands/reload.ts')).addReload,
  },
  {
    name: 'rotate',
    summary: 'Rotates a credential, or all that are due',
    load: async () => (await import('./commands/rotate.ts')).addRotate,
  },
  {
    name: 'audit',
    summary: 'Whether the record of every response is whole',
    load: async () => (await import('./commands/audit.ts')).addAudit,
  },
];

const EXIT_USAGE = 2;
/** An error of ours (sysexits: EX_SOFTWARE), so that it is never taken for findings (1). */
const EXIT_BUG = 70;
/** A terminal's Ctrl-C may arrive twice: from the terminal and passed on by the launcher. */
const SAME_INTERRUPT_MS = 1_000;

/** Runs one command line. Returns the exit code; never throws. */
export async function runCli(args: readonly string[], io: CommandIo): Promise<number> {
  try {
    const program = await createProgram(args, io);
    await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return io.exitCode;
  } catch (error) {
    return report(error, io);
  }
}

/** The process around it: signals, a closed pipe, the exit code. */
export async function runProcess(args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  let interruptedAt = 0;
  const interrupt = () => {
    const now = Date.now();
    if (stop.signal.aborted && now - interruptedAt > SAME_INTERRUPT_MS) process.exit(EXIT_INTERRUPTED);
    if (!stop.signal.aborted) interruptedAt = now;
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  let hangup = interrupt;
  process.on('SIGHUP', () => hangup());
  // `wayward … | head` closes stdout early: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT_BUG));
  process.stderr.on('error', () => process.exit(EXIT_BUG));
  process.on('uncaughtException', (error) => {
    process.stderr.write(`wayward: internal error: ${cleanLine(stackOf(error))}\n`);
    process.exit(EXIT_BUG);
  });
  const { stdin, stdout, stderr, env } = process;
  const hasTerminal = [stdin, stdout, stderr].some(({ isTTY }) => isTTY === true);
  const onHangup = (listener: () => void): void => {
    if (!hasTerminal) hangup = listener;
  };
  process.exitCode = await runCli(args, { stdin, stdout, stderr, env, signal: stop.signal, onHangup, exitCode: 0 });
}

async function createProgram(args: readonly string[], io: CommandIo): Promise<Command> {
  const program = new Command('wayward')
    .description('Watches how AI agents use their credentials, and pulls back the ones that go astray.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('Run with --help to see what is possible.')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .exitOverride();
  const wanted = args[0] === 'help' ? args[1] : args[0];
  for (const { name, summary, load } of COMMANDS) {
    if (name === wanted) (await load())(program, io);
    else program.command(name).summary(summary).description(summary);
  }
  return program.addHelpText('after', '\nEach command has its own help with an example: wayward COMMAND --help');
}

function report(thrown: unknown, io: CommandIo): number {
  const error = saysAway(thrown)
    ? new ServerUnavailableError('Kafka went away in the middle; try again once its brokers are back', {
        cause: thrown,
      })
    : thrown;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE; // has said what is wrong
  if (io.signal.aborted && error instanceof Error && error.name === 'AbortError') return EXIT_INTERRUPTED;
  const known = [UsageError, ServerUnavailableError, NothingToReadError].some((kind) => error instanceof kind);
  const text = describe(error);
  io.stderr.write(known ? `${scrubKnown(text)}\n` : `wayward: internal error: ${cleanLine(text)}\n`);
  if (io.env.WAYWARD_DEBUG === '1') io.stderr.write(`${cleanLine(stackOf(error))}\n`);
  else if (!known) io.stderr.write('Set WAYWARD_DEBUG=1 to see where it happened.\n');
  if (error instanceof UsageError) return EXIT_USAGE;
  if (error instanceof NothingToReadError) return EXIT_NOTHING_READ;
  return error instanceof ServerUnavailableError ? EXIT_SERVER_MISSING : EXIT_BUG;
}

/** `message: cause`, since a server error without its cause helps nobody. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return error instanceof ServerUnavailableError && cause instanceof Error
    ? `${error.message}: ${cause.message}`
    : error.message;
}

/** Where it happened, and what caused it. Of the error itself nothing: clients hang requests and settings on theirs. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack = error.message, cause } = error;
  return cause instanceof Error ? `${stack}\ncaused by ${stackOf(cause)}` : stack;
}
