import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { ServerUnavailableError } from '../errors.ts';
import { createResponse, createWorker } from '../pipeline/response.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { timesOf } from '../response/record.ts';
import { Store } from '../sinks/store.ts';
import { type CommandIo, write } from './io.ts';
import { loadSetup, type SetupOptions, secretContext } from './options.ts';
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

interface OpenResponse {
  readonly response: ResponseContext;
  readonly store: Store;
  /** Needed before calls to issuers. @throws UsageError for a secret that can't be had */
  fetchSecrets(): Promise<void>;
}

/** Runs `work` with response and the local store of the configuration; closes the store. */
export async function withResponse(
  options: SetupOptions,
  io: CommandIo,
  work: (open: OpenResponse) => void | Promise<void>,
): Promise<void> {
  const { config, registry, fetchSecrets: ofRegistry } = loadSetup(options, io);
  const store = new Store(config.state);
  const fetchSecrets = () => config.resolveSecrets(['response', 'revokers'], secretContext(io));
  try {
    await work({ response: createResponse(config, registry, store, ofRegistry), store, fetchSecrets });
  } finally {
    store.close();
  }
}

const POLL_MS = 100;

/** Makes the decided steps of an alert or order, shows how they go, and waits for their end, or for Ctrl-C. */
export async function carryOut(cause: string, response: ResponseContext, io: CommandIo): Promise<OutboxStep[]> {
  const errors: unknown[] = [];
  const worker = createWorker({
    context: response,
    cause,
    onStep: (step) => io.stderr.write(`${progressOf(step)}\n`),
    onError: (error) => errors.push(error),
  });
  for (;;) {
    await worker.drain();
    if (errors.length > 0) throw errors[0];
    const steps = response.outbox.ofCause(cause).filter(({ action }) => action !== 'notify');
    const isOver = steps.every(({ doneAt, state }) => doneAt !== undefined || state === 'planned');
    if (isOver || io.signal.aborted) return steps;
    await sleep(POLL_MS);
  }
}

function progressOf({ credential, state, note, attempts, doneAt }: OutboxStep): string {
  if (doneAt === undefined && note !== undefined)
    return `${credential}: attempt ${attempts} failed, trying again: ${note}`;
  return `${credential}: ${state}${note === undefined ? '' : `: ${note}`}`;
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
    ({ state, doneAt }) => doneAt === undefined || state === 'failed' || state === 'expired',
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
