/** What a detector's file tells the person who reads its alert. Plain data, bounded by the file's schema. */
export interface Advice {
  readonly description: string;
  /** What to look at, in this order. */
  readonly triage: readonly string[];
  /** What else may look like it. */
  readonly falsePositives: readonly string[];
  /** Pages to read on. */
  readonly references: readonly string[];
  /** Ids of OWASP's lists, such as `NHI2:2025`. */
  readonly owasp: readonly string[];
}
