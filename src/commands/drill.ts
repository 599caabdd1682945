import type { Command } from 'commander';
import { nearest } from '../config/nearest.ts';
import type { WaywardConfig } from '../config/wayward-yaml.ts';
import { type Drill, drillWithDefaults } from '../drills/config.ts';
import { type DrillReport, holdDrill } from '../drills/drill.ts';
import { DRILL_KINDS } from '../drills/registry.ts';
import { UsageError } from '../errors.ts';
import { createDrillWorker, createResponse, createWorker } from '../pipeline/response.ts';
import type { ResponseContext } from '../response/context.ts';
import { Store } from '../sinks/store.ts';
import { type CommandIo, write } from './io.ts';
import { configOption, jsonOption, loadSetup, secretContext, withExample } from './options.ts';
import { asOption, type ResponseOptions, whoDecides } from './response.ts';
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
        `(drills:); kinds are ${KINDS.join(', ')}. Exit 1 if one does not pass; response.webhook is told then.`,
    )
    .addOption(asOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .action((kind: string | undefined, options: ResponseOptions) => drill(kind, options, io));
  withExample(command, 'wayward drill postgres', 'wayward drill --json | jq .steps_ms');
}

async function drill(kind: string | undefined, options: ResponseOptions, io: CommandIo): Promise<void> {
  const { config, registry, fetchSecrets } = loadSetup(options, io);
  const drills = kind === undefined ? configured(config) : ofKind(kind, config);
  if (config.kafka !== undefined)
    throw new UsageError(
      'with kafka: the process that responds holds the drills; write schedule: "0 4 * * *" to each of drills: in wayward.yaml',
    );
  await config.resolveSecrets(['response', 'revokers', 'drills'], secretContext(io));
  const store = new Store(config.state);
  try {
    const response = createResponse(config, registry, store, fetchSecrets);
    const reports: DrillReport[] = [];
    for (const each of drills) {
      if (io.signal.aborted) break;
      const report = await holdDrill(each, whoDecides(options.as), {
        response,
        worker: createDrillWorker(),
        signal: io.signal,
      });
      reports.push(report);
      await tellWebhook(report, response);
    }
    await print(reports, options, io);
    if (reports.some(({ passed }) => !passed)) io.exitCode = 1;
  } finally {
    store.close();
  }
}

function configured({ drills }: WaywardConfig): readonly Drill[] {
  if (drills.length > 0) return drills;
  throw new UsageError(
    `wayward.yaml: no drills; write drills: [{ with: ${KINDS[0]} }], or name one: ${KINDS.join(', ')}`,
  );
}

/** Those of wayward.yaml; else one that needs nothing from there but the revoker's settings. */
function ofKind(written: string, { drills }: WaywardConfig): readonly Drill[] {
  const kind = DRILL_KINDS.find(({ id }) => id === written);
  if (kind === undefined) {
    const guess = nearest(written, KINDS);
    throw new UsageError(`no drill "${written}"; write ${guess ?? `one of ${KINDS.join(', ')}`}`);
  }
  const found = drills.filter((drill) => drill.with === kind.id);
  if (found.length > 0) return found;
  const made = drillWithDefaults(kind);
  if (made !== undefined) return [made];
  const fields = Object.keys(kind.fields).join(', ');
  throw new UsageError(`wayward.yaml: drills: has no { with: ${kind.id} }; write one with its ${fields}`);
}

/** The one that did not pass, now: nobody else may be there to do it. */
async function tellWebhook({ cause, passed }: DrillReport, response: ResponseContext): Promise<void> {
  if (passed) return;
  const errors: unknown[] = [];
  await createWorker({ context: response, cause, onError: (error) => errors.push(error) }).drain();
  if (errors.length > 0) throw errors[0];
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
