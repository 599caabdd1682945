import type { AuditTrail } from './audit.ts';
import type { IssuerCircuits } from './circuits.ts';
import type { ResponseConfig } from './config.ts';
import type { Outbox } from './outbox.ts';
import type { PlanContext } from './plan.ts';
import type { ResponseState } from './state.ts';

/** What every part of response works with. */
export interface ResponseContext {
  readonly state: ResponseState;
  readonly outbox: Outbox;
  readonly audit: AuditTrail;
  readonly config: ResponseConfig;
  readonly plan: PlanContext;
  readonly circuits: IssuerCircuits;
  /** Wall clock, milliseconds since the epoch. */
  readonly now: () => number;
}

const HALTED = 'response.halted';

/** Who stopped all automatic response, and when. */
export interface Halt {
  readonly by: string;
  readonly at: number;
}

export const haltOf = (state: ResponseState): Halt | undefined => state.setting(HALTED) as Halt | undefined;

export const setHalt = (state: ResponseState, halt: Halt | undefined): void => state.setSetting(HALTED, halt);
