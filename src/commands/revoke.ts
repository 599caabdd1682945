import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { whyNever } from '../response/guards.ts';
import { type Ladder, laddersFor, type PlanStep } from '../response/plan.ts';
import { type Choice, chosenCredentials, repeatable } from './chosen-credentials.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, credentialsOption, jsonOption, withExample } from './options.ts';
import { asOption, type ResponseOptions, reportSteps, whoDecides, withResponse } from './response.ts';
import { table } from './table.ts';

interface RevokeOptions extends ResponseOptions, Choice {
  readonly execute?: boolean;
  readonly final?: boolean;
}

export function addRevoke(program: Command, io: CommandIo): void {
  const command = program
    .command('revoke')
    .summary('Emergency revocation of a credential, or of all that an agent holds')
    .description(
      'Shows how a credential, or everything that an agent holds, would be revoked, issuer first; with --execute does it,\n' +
        'and asks each issuer afterwards whether the credential is dead. Protected credentials are never touched.\n' +
        'Of a credential with several steps the first is made, the mildest; --final makes all of them, in their order.\n' +
        'Limits, modes and the halt are for automatic response; they do not stand in the way here.',
    )
    .addOption(repeatable('--agent <name>', 'everything that this agent holds'))
    .addOption(repeatable('--credential <id>', 'this credential'))
    .option('--final', 'every step of each credential, also what cannot be undone')
    .option('--execute', 'do it, instead of showing the plan')
    .addOption(asOption())
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .action((options: RevokeOptions) => revoke(options, io));
  withExample(command, 'wayward revoke --agent billing-agent-1', 'wayward revoke --agent billing-agent-1 --execute');
}

const revoke = (options: RevokeOptions, io: CommandIo): Promise<void> =>
  withResponse(options, io, async ({ response, operator }) => {
    const ids = chosenCredentials(options, response.plan, 'revoke');
    const final = options.final === true;
    const ladders = laddersFor(ids, response.plan);
    if (options.execute !== true) {
      const never = (step: PlanStep) => whyNever(step, response.config);
      return showPlan(final ? ladders.flat() : ladders.map(([first]) => first), never, options, io);
    }
    const executed = await operator.execute({
      ...{ say: 'revoke', by: whoDecides(options.as) },
      ...{ credentials: [...ids], final },
    });
    const { alreadyDead = [], refused = [] } = executed.answer;
    for (const credential of alreadyDead) io.stderr.write(`${credential}: is dead already, as recorded\n`);
    for (const { credential, because } of refused) io.stderr.write(`${credential}: NOT revoked: ${because}\n`);
    const steps = await operator.steps(executed);
    if (!final) for (const ladder of ladders) sayWhatIsLeft(ladder, io);
    await reportSteps(steps, options, io);
    if (refused.length > 0) {
      const names = refused.map(({ credential }) => credential).join(', ');
      throw new UsageError(`not revoked: ${names}; what to change stands above`);
    }
  });

function sayWhatIsLeft([{ credential }, ...later]: Ladder, io: CommandIo): void {
  if (later.length === 0) return;
  const steps = later.map(({ describe }) => describe).join('; then ');
  io.stderr.write(`${credential.id}: if misuse goes on: ${steps} (wayward revoke --final makes every step)\n`);
}

async function showPlan(
  steps: readonly PlanStep[],
  never: (step: PlanStep) => string | undefined,
  { json }: RevokeOptions,
  io: CommandIo,
): Promise<void> {
  if (json !== true && io.stdout.isTTY === true) {
    const rows = steps.map((step, index) => {
      const because = never(step);
      return [
        `${index + 1}`,
        step.credential.id,
        because === undefined ? step.describe : `NOT: ${because}`,
        step.later.join('; ') || '-',
        step.undo || '-',
      ];
    });
    await write(io.stdout, table(['STEP', 'CREDENTIAL', 'WOULD', 'THEN, IF MISUSE GOES ON', 'TO UNDO'], rows));
    io.stderr.write('Nothing was done. Add --execute to do it.\n');
    return;
  }
  for (const step of steps) {
    const { credential, describe, reversible, undo, later } = step;
    const plan = {
      credential: credential.id,
      agent: credential.agent,
      would: describe,
      reversible,
      undo,
      afterwards: later.length === 0 ? undefined : later,
      refused: never(step),
    };
    await write(io.stdout, `${JSON.stringify(plan)}\n`);
  }
}
