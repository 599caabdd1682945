import type { DrillReport } from '../drills/drill.ts';
import type { NewCommand, OperatorCommand } from '../operator/command.ts';
import type { Answer } from '../operator/execute.ts';
import type { OutboxStep } from '../response/outbox.ts';

/** A command and what came of it. */
export interface Executed {
  readonly command: OperatorCommand;
  readonly answer: Answer;
}

/** Executes what a person orders: in the local store, or by the responder on Kafka. */
export interface Operator {
  /** @throws UsageError for what is refused; ServerUnavailableError where no responder takes it */
  execute(command: NewCommand): Promise<Executed>;
  /** The steps that are made because of it, as they ended or as far as they came. */
  steps(executed: Executed): Promise<OutboxStep[]>;
  /** The same of rotations. */
  rotations(executed: Executed): Promise<OutboxStep[]>;
  /** Holds drills of a kind, or all that are configured. */
  drill(kind: string | undefined, by: string): Promise<readonly DrillReport[]>;
}
