import type { Command } from 'commander';
import type { ResponseContext } from '../response/context.ts';
import { alertIdOf } from './alert-id.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, credentialsOption, jsonOption, withExample } from './options.ts';
import {
  asOption,
  type ResponseOptions,
  reportSteps,
  sayBreaker,
  stepDocument,
  whoDecides,
  withResponse,
} from './response.ts';
import { table } from './table.ts';

export function addApprove(program: Command, io: CommandIo): void {
  const command = program
    .command('approve [alert]')
    .summary('Lets a revocation that waits for a person be done')
    .description(
      'Approves what waits because of an alert (its id, or the first characters of it), does it and shows the proof.\n' +
        'Without an alert: lists what waits. What nobody approves in time (response.approval_timeout) is not done.',
    )
    .addOption(asOption())
    .addOption(configOption())
    .addOption(credentialsOption())
    .addOption(jsonOption())
    .action((alert: string | undefined, options: ResponseOptions) => run(alert, options, io));
  withExample(command, 'wayward approve', 'wayward approve 5f2a91 --as ann');
}

const run = (written: string | undefined, options: ResponseOptions, io: CommandIo): Promise<void> =>
  withResponse(options, io, async ({ response, store, operator }) => {
    if (written === undefined) return listWaiting(response, options, io);
    const alert = alertIdOf(written, store);
    const executed = await operator.execute({ say: 'approve', by: whoDecides(options.as), alert });
    await reportSteps(await operator.steps(executed), options, io);
  });

async function listWaiting(response: ResponseContext, { json }: ResponseOptions, io: CommandIo): Promise<void> {
  sayBreaker(response, io);
  const now = response.now();
  const waiting = response.outbox.waiting().filter(({ expiresAt }) => expiresAt !== undefined && expiresAt > now);
  if (json === true || io.stdout.isTTY !== true) {
    for (const step of waiting)
      await write(io.stdout, `${JSON.stringify({ alert: step.cause, ...stepDocument(step) })}\n`);
    return;
  }
  const minutes = (time = now) => `${Math.ceil((time - now) / 60_000)} min`;
  const rows = waiting.map((step) => [step.cause, step.credential, step.detail, minutes(step.expiresAt)]);
  await write(
    io.stdout,
    rows.length === 0 ? 'Nothing waits.\n' : table(['ALERT', 'CREDENTIAL', 'WOULD', 'TIME LEFT'], rows),
  );
}
