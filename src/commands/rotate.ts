import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import { dueBy } from '../rotation/due.ts';
import { planRotation, type RotationPlan } from '../rotation/plan.ts';
import { rotationsIn } from '../rotation/rotations.ts';
import { chosenCredentials, repeatable } from './chosen-credentials.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, credentialsOption, jsonOption, withExample } from './options.ts';
import { asOption, type ResponseOptions, reportSteps, whoDecides, withResponse } from './response.ts';
import { printable, table } from './table.ts';

interface RotateOptions extends ResponseOptions {
  readonly credential?: readonly string[];
  readonly due?: boolean;
  readonly execute?: boolean;
}

export function addRotate(program: Command, io: CommandIo): void {
  const command = program
    .command('rotate')
    .summary('Rotates a credential, or all that are due')
    .description(
      'Shows how a credential, or every one that is due, would be rotated; with --execute does it. The old secret is given up\n' +
        'only once the new one is proven, and a rotation that was interrupted goes on where it was. What is due but has no\n' +
        'rotate: entry in the registry is listed, for a person to rotate. With Kafka the process that responds does it, and this\n' +
        'one watches; Ctrl-C ends the watching only.',
    )
    .addOption(repeatable('--credential <id>', 'this credential, due or not'))
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
  if ((options.credential === undefined) === (options.due !== true))
    throw new UsageError('say what to rotate: --credential ID, or --due');
  await withResponse(options, io, async ({ response, registry, operator }) => {
    for (const deed of rotationsIn(response.state)) registry.did(deed);
    const plans = chosen(options, response);
    if (options.execute !== true) return showPlan(plans, options, io);
    const credentials = plans.map(({ credential }) => credential.id);
    if (credentials.length === 0) return;
    const executed = await operator.execute({ say: 'rotate', by: whoDecides(options.as), credentials });
    const { refused = [] } = executed.answer;
    for (const { credential, because } of refused)
      io.stderr.write(`${printable(`${credential}: NOT rotated: ${because}`)}\n`);
    await reportSteps(await operator.rotations(executed), options, io);
    if (refused.length > 0) {
      const names = refused.map(({ credential }) => credential).join(', ');
      throw new UsageError(`not rotated: ${names}; why stands above`);
    }
  });
}

const chosen = ({ credential }: RotateOptions, response: ResponseContext): readonly RotationPlan[] =>
  credential === undefined
    ? dueBy(response.now(), response)
    : chosenCredentials({ credential }, response.plan, 'rotate').flatMap((id) => {
        const found = response.plan.credentials.get(id);
        return found === undefined ? [] : [planRotation(found, response)];
      });

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
