import type { PartitionSlot } from '../../kafka/partition-slot.ts';

/** One kind of work that this process does its share of. */
export interface Role {
  /** The partitions in hand. */
  readonly slots: readonly PartitionSlot[];
  /** Everything that is ours has been taken over. */
  readonly ready: boolean;
  /** Finishes what is under way and leaves. */
  stop(): Promise<void>;
}
