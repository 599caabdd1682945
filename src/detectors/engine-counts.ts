export interface EngineCounts {
  /** Uses that detection looked at. */
  seen: number;
  /** Records that prove no identity, or have none: they count for no agent. */
  unattributed: number;
  /** Records past `max_disorder`: neither counted nor learned. */
  late: number;
  /** Findings that an exception, or an earlier telling of the same condition, kept quiet. */
  excepted: number;
  repeated: number;
  /** Findings of young baselines that were lowered to `low`. */
  modest: number;
  /** Findings of detectors that only observe. */
  observing: number;
  /** Findings that turned out to be what a peer group does together. */
  common: number;
  /** First-seen things beyond what is shown of one principal and day. */
  firstSeenSuppressed: number;
  /** Uses of unregistered identities that were allowed or denied, and found no room of their own. */
  beyond: number;
}

export const nothingCounted = (): EngineCounts => ({
  seen: 0,
  unattributed: 0,
  late: 0,
  excepted: 0,
  repeated: 0,
  modest: 0,
  observing: 0,
  common: 0,
  firstSeenSuppressed: 0,
  beyond: 0,
});
