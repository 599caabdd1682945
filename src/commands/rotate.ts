import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { createResponse } from '../pipeline/response.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { dueBy } from '../rotation/due.ts';
import { planRotation, type RotationPlan } from '../rotation/plan.ts';
import { isWell, makeRotations, orderRotation, rotationsIn, underWay } from '../rotation/rotations.ts';
import { Store } from '../sinks/store.ts';
import { chosenCredentials } from './chosen-credentials.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, credentialsOption, jsonOption, loadSetup, secretContext, withExample } from './options.ts';
import { asOption, type ResponseOptions, reportSteps, whoDecides } from './response.ts';
import { table } from './table.ts';

interface RotateOptions extends ResponseOptions {
  readonly credential?: string;
  readonly due?: boolean;
  readonly execute?: boolean;
}

const POLL_MS = 100;
/** Then it goes on in `wayward run`, or at the next call. */
const PATIENCE_MS = 60_000;

export function addRotate(program: Command, io: CommandIo): void {
  const command = program
    .command('rotate')
    .summary('Rotates a credential, or all that are due')
    .description(
      'Shows how a credential, or every one that is due, would be rotated; with --execute does it. The old secret is given up\n' +
        'only once the new one is proven, and a rotation that was interrupted goes on where it was. What is due but has no\n' +
        'rotate: entry in the registry is listed, for a person to rotate.',
    )
    .option('--credential <id>', 'this credential, due or not')
    .option('--due', 'every credential that is due')
    .option('--execute', 'do it, instead of showing the plan')
    .addOption(asOption())
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .action((options: RotateOptions) => rotate(options, io));
  withExample(command, 'wayward rotate --due', 'wayward rotate --credential cred-billing-pg --execute');
}

async function rotate(options: RotateOptions, io: CommandIo): Promise<void> {
  const { config, registry } = loadSetup(options, io);
  if ((options.credential === undefined) === (options.due !== true))
    throw new UsageError('say what to rotate: --credential ID, or --due');
  if (config.kafka !== undefined)
    throw new UsageError(
      'with kafka: the process that responds rotates; write rotation: { mode: auto } in wayward.yaml',
    );
  const store = new Store(config.state);
  try {
    for (const [id, at] of rotationsIn(store)) registry.rotated(id, at);
    const response = createResponse(config, registry, store);
    const plans = chosen(options, response);
    if (options.execute !== true) return await showPlan(plans, options, io);
    await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    await execute(plans, options, response, io);
  } finally {
    store.close();
  }
}

const chosen = ({ credential }: RotateOptions, response: ResponseContext): readonly RotationPlan[] =>
  credential === undefined
    ? dueBy(response.now(), response)
    : chosenCredentials({ credential }, response.plan, 'rotate').flatMap((id) => {
        const found = response.plan.credentials.get(id);
        return found === undefined ? [] : [planRotation(found, response)];
      });

async function execute(
  plans: readonly RotationPlan[],
  options: RotateOptions,
  response: ResponseContext,
  io: CommandIo,
): Promise<void> {
  const cause = `rotation-${randomUUID()}`;
  const steps: OutboxStep[] = [];
  for (const plan of plans) {
    const { credential, blocked } = plan;
    if (blocked !== undefined) {
      io.stderr.write(`${credential.id}: NOT rotated: ${blocked}\n`);
      continue;
    }
    orderRotation(plan, cause, whoDecides(options.as), response);
    const key = underWay(credential.id, response.state);
    const step = key === undefined ? undefined : await carriedOut(key, response, io);
    if (step !== undefined) steps.push(step);
  }
  await reportSteps(steps, options, io);
  const refused = plans.filter(({ blocked }) => blocked !== undefined).map(({ credential }) => credential.id);
  if (refused.length > 0) throw new UsageError(`not rotated: ${refused.join(', ')}; why stands above`);
}

/** Waits for its end, whoever makes it: this process, or a `wayward run` beside it; or until it only has to wait, maybe for hours. */
async function carriedOut(key: string, response: ResponseContext, io: CommandIo): Promise<OutboxStep | undefined> {
  const onStep = ({ credential, state, note }: OutboxStep) => {
    io.stderr.write(`${credential}: ${state}${note === undefined ? '' : `: ${note}`}\n`);
  };
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
    await makeRotations({ response, onStep }, key);
    const step = response.outbox.step(key);
    if (step === undefined || step.doneAt !== undefined || isWell(step) || io.signal.aborted || Date.now() > end)
      return step;
  }
}

async function showPlan(plans: readonly RotationPlan[], { json }: RotateOptions, io: CommandIo): Promise<void> {
  const due = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  if (json !== true && io.stdout.isTTY === true) {
    const rows = plans.map(({ credential, dueAt, describe, blocked }) => [
      credential.id,
      due(dueAt)?.slice(0, 10) ?? '-',
      blocked === undefined ? describe : `NOT: ${blocked}`,
    ]);
    await write(io.stdout, rows.length === 0 ? 'Nothing is due.\n' : table(['CREDENTIAL', 'DUE', 'WOULD'], rows));
    io.stderr.write('Nothing was done. Add --execute to do it.\n');
    return;
  }
  for (const { credential, dueAt, describe, blocked } of plans) {
    const plan = {
      credential: credential.id,
      agent: credential.agent,
      due: due(dueAt),
      would: describe,
      refused: blocked,
    };
    await write(io.stdout, `${JSON.stringify(plan)}\n`);
  }
}
