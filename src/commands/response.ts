import { userInfo } from 'node:os';
import { Option } from 'commander';
import type { Registry } from '../attribution/registry.ts';
import { ServerUnavailableError } from '../errors.ts';
import { createResponse } from '../pipeline/response.ts';
import { breakerText } from '../response/breaker-page.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { timesOf } from '../response/record.ts';
import { isWell } from '../rotation/rotations.ts';
import { Store } from '../sinks/store.ts';
import { type CommandIo, write } from './io.ts';
import { withKafkaResponse } from './kafka-response.ts';
import { localOperator } from './local-operator.ts';
import type { Operator } from './operator.ts';
import { loadSetup, type SetupOptions } from './options.ts';
import { table } from './table.ts';

/** What the commands around response share. */
export interface ResponseOptions extends SetupOptions {
  readonly as?: string;
  readonly json?: boolean;
}

export const asOption = () => new Option('--as <name>', 'who decides, for the record (default: this user)');

export const whoDecides = (name: string | undefined): string => name ?? thisUser();

function thisUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.()}`; // a container's user need not have a name
  }
}

export interface OpenResponse {
  /** To look at; what a person decides, the operator executes. */
  readonly response: ResponseContext;
  readonly store: Store;
  readonly registry: Registry;
  readonly operator: Operator;
  /** Where people look at alerts, if anywhere. */
  readonly console: string | undefined;
}

/** Runs `work` with response as configured, on the local store or, with `kafka:`, on what the responders have written. */
export async function withResponse(
  options: SetupOptions,
  io: CommandIo,
  work: (open: OpenResponse) => void | Promise<void>,
): Promise<void> {
  const setup = loadSetup(options, io);
  const { config, registry } = setup;
  if (config.kafka !== undefined) return withKafkaResponse(setup, config.kafka, io, work);
  const store = new Store(config.state);
  try {
    const response = createResponse(config, registry, store, setup.fetchSecrets);
    await work({
      response,
      store,
      registry,
      console: config.console?.url,
      operator: localOperator({ setup, response, store, io }),
    });
  } finally {
    store.close();
  }
}

/** Says on stderr that the breaker is open, and how to go on; nothing while it is not. */
export function sayBreaker(response: ResponseContext, io: CommandIo): void {
  const text = breakerText(response);
  if (text !== undefined) io.stderr.write(`${text}\n`);
}

/** Prints how the steps ended. @throws ServerUnavailableError (exit 3) unless every one got through */
export async function reportSteps(
  steps: readonly OutboxStep[],
  options: ResponseOptions,
  io: CommandIo,
): Promise<void> {
  if (options.json === true || io.stdout.isTTY !== true) {
    for (const step of steps) await write(io.stdout, `${JSON.stringify(stepDocument(step))}\n`);
  } else if (steps.length > 0) {
    const rows = steps.map((step) => [step.credential, step.state, tookText(step), step.note ?? '']);
    await write(io.stdout, table(['CREDENTIAL', 'STATE', 'TOOK', 'PROOF'], rows));
  }
  const unfinished = steps.filter(
    (step) => (step.doneAt === undefined && !isWell(step)) || step.state === 'failed' || step.state === 'expired',
  );
  if (unfinished.length > 0) {
    const names = unfinished.map(({ credential, state }) => `${credential} (${state})`).join(', ');
    throw new ServerUnavailableError(`${unfinished.length} of ${steps.length} steps did not get through: ${names}`);
  }
}

const tookText = ({ alertAt, doneAt }: OutboxStep): string => (doneAt === undefined ? '-' : `${doneAt - alertAt} ms`);

/** One step as `--json` prints it. */
export const stepDocument = (step: OutboxStep): Record<string, unknown> => ({
  credential: step.credential,
  agent: step.agent,
  action: step.detail,
  state: step.state,
  note: step.note,
  by: step.decidedBy,
  attempts: step.attempts,
  times: timesOf(step),
});
