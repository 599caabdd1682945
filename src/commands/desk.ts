import type { Alert } from '../alerts/alert.ts';
import { chosenDrills } from '../drills/chosen.ts';
import type { DrillReport } from '../drills/drill.ts';
import { closeAlert } from '../pipeline/close-alert.ts';
import type { ResponseContext } from '../response/context.ts';
import { approve, halt, orderSteps, resume } from '../response/control.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { finalPlanFor, planFor } from '../response/plan.ts';
import { orderRestore, type Restorable } from '../response/restore.ts';
import type { RotationPlan } from '../rotation/plan.ts';
import type { Store } from '../sinks/store.ts';
import type { Closing } from '../sinks/store-alerts.ts';
import { carryOut } from './carry-out.ts';
import { holdDrills } from './hold-drills.ts';
import type { CommandIo } from './io.ts';
import { type Setup, secretContext } from './options.ts';
import { type RotationOrder, rotateHere } from './rotate-here.ts';

/** Where people's decisions go: into the local store, or to the responder on Kafka. `by` is who decides. */
export interface Desk {
  halt(by: string): Promise<void>;
  resume(by: string): Promise<void>;
  close(alert: Alert, closing: Pick<Closing, 'verdict' | 'because' | 'by'>): Promise<void>;
  /** Gives the steps as they ended, as `restore` does. */
  approve(alert: string, by: string): Promise<OutboxStep[]>;
  /** Each credential's first step, or with `final` all of them. */
  revoke(credentials: readonly string[], final: boolean, by: string): Promise<RevokeOrder>;
  restore(restorables: readonly Restorable[], by: string): Promise<OutboxStep[]>;
  rotate(plans: readonly RotationPlan[], by: string): Promise<RotationOrder>;
  /** Of a kind, or all that are configured. */
  drill(kind: string | undefined, by: string): Promise<readonly DrillReport[]>;
}

interface RevokeOrder {
  readonly refused: readonly { readonly credential: string; readonly because: string }[];
  readonly alreadyDead: readonly string[];
  /** Waits for the steps of the rest to end. */
  carriedOut(): Promise<OutboxStep[]>;
}

interface LocalDeskOptions {
  readonly setup: Setup;
  readonly response: ResponseContext;
  readonly store: Store;
  readonly io: CommandIo;
}

/** Decides in the local store and makes the steps itself, beside a `wayward run` or without one. */
export const localDesk = ({ setup: { config }, response, store, io }: LocalDeskOptions): Desk => ({
  async halt(by) {
    halt(by, response);
    response.audit.publishHead();
  },
  async resume(by) {
    resume(by, response);
    response.audit.publishHead();
  },
  async close({ id }, closing) {
    closeAlert(id, closing, store, response);
  },
  async approve(alert, by) {
    await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    approve(alert, by, response);
    return carryOut(alert, response, io);
  },
  async revoke(credentials, final, by) {
    await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    const steps = (final ? finalPlanFor : planFor)(credentials, response.plan);
    const { cause, refused, alreadyDead } = await orderSteps(steps, by, response);
    return {
      refused: refused.map(({ step, because }) => ({ credential: step.credential.id, because })),
      alreadyDead: alreadyDead.map(({ credential }) => credential.id),
      carriedOut: () => carryOut(cause, response, io),
    };
  },
  async restore(restorables, by) {
    await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    return carryOut(orderRestore(restorables, by, response), response, io);
  },
  async rotate(plans, by) {
    await config.resolveSecrets(['response', 'revokers'], secretContext(io));
    return rotateHere(plans, by, response, io);
  },
  async drill(kind, by) {
    const drills = chosenDrills(kind, config.drills);
    await config.resolveSecrets(['response', 'revokers', 'drills'], secretContext(io));
    return holdDrills(drills, by, response, io);
  },
});
