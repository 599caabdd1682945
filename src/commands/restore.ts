import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { type Restorable, restorablesOf } from '../response/restore.ts';
import { type Choice, chosenCredentials, repeatable } from './chosen-credentials.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, credentialsOption, jsonOption, withExample } from './options.ts';
import { asOption, type ResponseOptions, reportSteps, whoDecides, withResponse } from './response.ts';
import { table } from './table.ts';

interface RestoreOptions extends ResponseOptions, Choice {
  readonly execute?: boolean;
}

export function addRestore(program: Command, io: CommandIo): void {
  const command = program
    .command('restore')
    .summary('Undoes a revocation that can be undone')
    .description(
      'Shows which revocations of a credential, or of everything that an agent holds, can be undone; with --execute undoes\n' +
        'them, the last step first, and asks each issuer afterwards whether the credential may be used again. Only what\n' +
        'Wayward itself revoked, as its record says. Nothing is ever restored automatically.',
    )
    .addOption(repeatable('--agent <name>', 'everything that this agent holds'))
    .addOption(repeatable('--credential <id>', 'this credential'))
    .option('--execute', 'do it, instead of showing what would be done')
    .addOption(asOption())
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .action((options: RestoreOptions) => restore(options, io));
  withExample(
    command,
    'wayward restore --credential cred-billing-pg',
    'wayward restore --credential cred-billing-pg --execute --as ann',
  );
}

const restore = (options: RestoreOptions, io: CommandIo): Promise<void> =>
  withResponse(options, io, async ({ response, operator }) => {
    const ids = chosenCredentials(options, response.plan, 'restore');
    const restorables = restorablesOf(ids, response);
    if (options.execute !== true) return showPlan(restorables, options, io);

    const refused = restorables.filter(({ outcome }) => outcome === 'refused');
    for (const { step, outcome, because } of restorables) {
      if (outcome === 'nothing') io.stderr.write(`${step.credential.id}: nothing to undo: ${because}\n`);
      if (outcome === 'refused') io.stderr.write(`${step.credential.id}: NOT restored: ${because}\n`);
    }
    const wanted = restorables.filter(({ outcome }) => outcome === 'restore');
    const credentials = [...new Set(wanted.map(({ step }) => step.credential.id))];
    if (credentials.length > 0) {
      const executed = await operator.execute({ say: 'restore', by: whoDecides(options.as), credentials });
      await reportSteps(await operator.steps(executed), options, io);
    }
    if (refused.length > 0) {
      const names = refused.map(({ step }) => step.credential.id).join(', ');
      throw new UsageError(`not restored: ${names}; why stands above`);
    }
  });

async function showPlan(restorables: readonly Restorable[], { json }: RestoreOptions, io: CommandIo): Promise<void> {
  if (json !== true && io.stdout.isTTY === true) {
    const rows = restorables.map(({ step, outcome, because }) => [
      step.credential.id,
      outcome === 'restore' ? `undo: ${step.describe}` : outcome === 'refused' ? 'NOT' : 'nothing',
      because,
    ]);
    await write(io.stdout, table(['CREDENTIAL', 'WOULD', 'BECAUSE'], rows));
    io.stderr.write('Nothing was done. Add --execute to do it.\n');
    return;
  }
  for (const { step, outcome, because } of restorables) {
    const { credential, describe, undo } = step;
    const plan = { credential: credential.id, agent: credential.agent, outcome, because, revocation: describe, undo };
    await write(io.stdout, `${JSON.stringify(plan)}\n`);
  }
}
