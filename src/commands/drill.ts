import type { Command } from 'commander';
import { drillKind } from '../drills/chosen.ts';
import type { DrillReport } from '../drills/drill.ts';
import { DRILL_KINDS } from '../drills/registry.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, jsonOption, withExample } from './options.ts';
import { asOption, type ResponseOptions, whoDecides, withResponse } from './response.ts';
import { table } from './table.ts';

const KINDS = DRILL_KINDS.map(({ id }) => id);

export function addDrill(program: Command, io: CommandIo): void {
  const command = program
    .command('drill [kind]')
    .summary('Exercises revocation on a credential made for it')
    .description(
      'Makes a credential of its own at an issuer, uses it, revokes it as any other would be (plan, outbox, revoker, read-back,\n' +
        'record), and uses it again: the drill has passed if the server refuses that, within the objective. No credential of an\n' +
        'agent is touched, so it runs in every mode, and counts against no limit. Without a kind: every drill of wayward.yaml\n' +
        `(drills:); kinds are ${KINDS.join(', ')}. Exit 1 if one does not pass; response.webhook is told then.\n` +
        'With Kafka the process that responds holds them, by its wayward.yaml; Ctrl-C ends the watching only.',
    )
    .addOption(asOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action((kind: string | undefined, options: ResponseOptions) => drill(kind, options, io));
  withExample(command, 'wayward drill postgres', 'wayward drill --json | jq .steps_ms');
}

async function drill(kind: string | undefined, options: ResponseOptions, io: CommandIo): Promise<void> {
  if (kind !== undefined) drillKind(kind); // refused before anybody is asked
  await withResponse(options, io, async ({ operator }) => {
    const reports = await operator.drill(kind, whoDecides(options.as));
    await print(reports, options, io);
    if (reports.some(({ passed }) => !passed)) io.exitCode = 1;
  });
}

async function print(reports: readonly DrillReport[], { json }: ResponseOptions, io: CommandIo): Promise<void> {
  if (json !== true && io.stdout.isTTY === true) {
    const rows = reports.map(({ kind, passed, took, objective, steps, note }) => [
      kind,
      passed ? 'passed' : 'FAILED',
      took === undefined ? '-' : `${took} ms`,
      `${objective} ms`,
      Object.entries(steps)
        .map(([step, ms]) => `${step} ${ms}`)
        .join(', '),
      note,
    ]);
    return write(io.stdout, table(['DRILL', 'RESULT', 'DEAD AFTER', 'OBJECTIVE', 'STEPS (MS)', 'PROOF'], rows));
  }
  for (const { cause, kind, canary, passed, note, took, objective, steps } of reports) {
    const times = { took_ms: took, objective_ms: objective, steps_ms: steps };
    await write(io.stdout, `${JSON.stringify({ drill: kind, passed, note, canary, ...times, cause })}\n`);
  }
}
