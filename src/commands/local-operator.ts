import { randomUUID } from 'node:crypto';
import { chosenDrills } from '../drills/chosen.ts';
import type { OperatorCommand } from '../operator/command.ts';
import { prepareCommand } from '../operator/execute.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { Store } from '../sinks/store.ts';
import { carryOut } from './carry-out.ts';
import { holdDrills } from './hold-drills.ts';
import type { CommandIo } from './io.ts';
import type { Operator } from './operator.ts';
import { type Setup, secretContext } from './options.ts';
import { rotateHere } from './rotate-here.ts';

interface LocalOperatorOptions {
  readonly setup: Setup;
  readonly response: ResponseContext;
  readonly store: Store;
  readonly io: CommandIo;
}

/** They ask no issuer. */
const WITHOUT_SECRETS: ReadonlySet<OperatorCommand['say']> = new Set(['halt', 'resume', 'close']);

/** Executes commands in the local store and makes their steps itself, beside a `wayward run` or without one. */
export const localOperator = ({ setup: { config }, response, store, io }: LocalOperatorOptions): Operator => ({
  async execute(newCommand) {
    const command: OperatorCommand = { ...newCommand, id: randomUUID() };
    if (!WITHOUT_SECRETS.has(command.say)) await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    const act = await prepareCommand(command, response.now(), { store, response, drills: config.drills });
    let answer = {};
    store.transaction(() => {
      answer = act();
    });
    response.audit.publishHead();
    return { command, answer };
  },
  steps: async ({ answer: { cause } }): Promise<OutboxStep[]> =>
    cause === undefined ? [] : carryOut(cause, response, io),
  rotations: ({ answer: { rotations = [] } }) => rotateHere(rotations, response, io),
  async drill(kind, by) {
    const drills = chosenDrills(kind, config.drills);
    await config.resolveSecrets(['response', 'revokers', 'drills'], secretContext(io));
    return holdDrills(drills, by, response, io);
  },
});
