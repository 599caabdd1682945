import type { PartitionSlot } from '../../kafka/partition-slot.ts';
import type { Condition } from '../../ops/telemetry.ts';

/** One kind of work that this process does its share of. */
export interface Role {
  /** The partitions in hand. */
  readonly slots: readonly PartitionSlot[];
  /** Everything that is ours has been taken over. */
  readonly ready: boolean;
  /** How it is, beyond being ready; ok where it has nothing to say. */
  condition?(): Condition;
  /** Finishes what is under way and leaves. */
  stop(): Promise<void>;
}
