import { z } from 'zod';
import { durationSchema } from '../config/duration.ts';
import { CallError } from '../errors.ts';
import type { CallContext, Verification } from '../response/action.ts';
import { defineRevoker } from './revoker.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
/** With the read-back, a step stays within the 20 s that each call has. */
const MAX_TIMEOUT_MS = 15_000;

/** A shorter value of a variable, such as `1`, is no secret. */
const MIN_SECRET = 6;

const PLACEHOLDER = /\{(\w{1,64})\}/g;
const name = z.string().regex(/^[\w-]{1,64}$/);

/** The program itself is fixed; its arguments may hold `{parameter}`. */
const argvSchema = z
  .array(z.string().min(1).max(1024))
  .min(1)
  .max(64)
  .refine(
    ([file = '']) => file.search(PLACEHOLDER) === -1,
    'has a parameter in the name of its program; write that out',
  )
  .refine((argv) => !argv.join('').includes('\0'), 'has a NUL character; write it without');

const commandSchema = z.strictObject({
  run: argvSchema,
  /** Exit code 0: dead, 1: not dead. */
  verify: argvSchema.optional(),
  /** Undoes `run`. */
  undo: argvSchema.optional(),
  timeout: durationSchema
    .refine((timeout) => timeout <= MAX_TIMEOUT_MS, 'is longer than 15s, the longest that a call may take')
    .default(DEFAULT_TIMEOUT_MS),
  /** Variables that it gets of Wayward's own environment, beside PATH. */
  env: z.array(z.string().regex(/^[A-Za-z_]\w{0,127}$/)).default([]),
});

/** Not empty, no leading dash (an option), no space, quote, control character, or way up (`..`). */
const parameter = z
  .string()
  .regex(
    /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_.:@/=+,-]{0,127}$/,
    'may hold letters, digits and _.:@/=+,- only, begins with a letter or digit, and has no ".."; write it so',
  );

/**
 * A local program for what has no revoker of its own, such as an egress block. What may run stands in the configuration;
 * the registry names one of these and gives its parameters.
 */
export const command = defineRevoker({
  id: 'command',
  title: 'Local command',
  reversible: false,
  undo: 'its undo:, where the configuration names one',
  cannotStop: 'anything that the command leaves undone',
  locksOut: false,
  needs: 'a program that may be run twice without harm, and the rights that it needs',
  testedAgainst: 'local programs',
  settingsSchema: z.record(name, commandSchema),
  specSchema: z.strictObject({
    with: z.literal('command'),
    command: name,
    parameters: z.record(name, parameter).default({}),
  }),
  describe({ command, parameters }) {
    const given = Object.entries(parameters).map(([key, value]) => ` ${key}=${value}`);
    return `run the command "${command}"${given.join('')}`;
  },
  issuerOf: ({ command }) => command,
  reversibleWith: (commands, { command }) => commandNamed(commands, command)?.undo !== undefined,
  prepare(commands, { command, parameters }) {
    const call = async (what: 'run' | 'verify' | 'undo', context: CallContext): Promise<ProgramEnd | undefined> => {
      const allowed = commandNamed(commands, command);
      if (allowed === undefined)
        throw new CallError(`there is no command "${command}" under revokers.command in the configuration`, false);
      const template = allowed[what];
      if (template === undefined) return undefined;
      checkParameters(command, [...allowed.run, ...(allowed.verify ?? []), ...(allowed.undo ?? [])], parameters);
      const ours = inherited(allowed.env);
      return runProgram({
        name: `command "${command}" (${what})`,
        argv: template.map((argument) => argument.replaceAll(PLACEHOLDER, (_all, key) => parameters[key] ?? '')),
        env: { ...ours, ...environmentOf(context) },
        secrets: Object.values(ours).filter((value) => value.length >= MIN_SECRET),
        timeoutMs: allowed.timeout,
      });
    };
    const succeed = async (what: 'run' | 'undo', context: CallContext): Promise<void> => {
      const end = await call(what, context);
      if (end !== undefined && end.code !== 0) throw failed(command, what, end);
    };
    return {
      revoke: (context) => succeed('run', context),
      ...(commandNamed(commands, command)?.undo && { restore: (context: CallContext) => succeed('undo', context) }),
      async verify(context) {
        const end = await call('verify', context);
        return end === undefined ? undefined : readVerification(command, end);
      },
    };
  },
});

const commandNamed = <T>(commands: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(commands, name) ? commands[name] : undefined;

/** @throws CallError for a parameter that an argument needs and the registry lacks, or the other way round */
function checkParameters(command: string, argv: readonly string[], given: Readonly<Record<string, string>>): void {
  const used = new Set(argv.flatMap((argument) => [...argument.matchAll(PLACEHOLDER)].map(([, key]) => String(key))));
  for (const key of used) {
    if (!Object.hasOwn(given, key))
      throw new CallError(`command "${command}" needs the parameter "${key}": add it to the revoke entry`, false);
  }
  for (const key of Object.keys(given)) {
    if (!used.has(key))
      throw new CallError(`command "${command}" has no {${key}} in its arguments: remove the parameter`, false);
  }
}

const inherited = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]])));

/** Names of the registry may hold anything, so they come as variables, never as arguments. */
const environmentOf = ({ key, credential, agent }: CallContext): Record<string, string> => ({
  WAYWARD_KEY: key,
  WAYWARD_CREDENTIAL: credential,
  WAYWARD_AGENT: agent,
});

function readVerification(command: string, end: ProgramEnd): Verification {
  if (end.code !== 0 && end.code !== 1) throw failed(command, 'verify', end);
  const dead = end.code === 0;
  const said = end.output === '' ? '' : `: ${end.output}`;
  return { dead, alive: !dead, proof: `"${command}" (verify) says that it is ${dead ? 'dead' : 'not dead'}${said}` };
}

const failed = (command: string, what: string, { code, output }: ProgramEnd): CallError =>
  new CallError(`command "${command}" (${what}) ended with ${code}${output === '' ? '' : `: ${output}`}`, true);
