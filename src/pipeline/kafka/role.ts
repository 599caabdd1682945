/** One kind of work that this process does its share of. */
export interface Role {
  /** Everything that is ours has been taken over. */
  readonly ready: boolean;
  /** Finishes what is under way and leaves. */
  stop(): Promise<void>;
}
