import type { Advice } from './advice.ts';
import type { Evidence } from './detector.ts';

/** Severities, lowest first; Elastic's risk numbers stand beside them in `SEVERITY_SCORE`. */
export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** `event.severity`, exactly as Elastic Security maps it. */
export const SEVERITY_SCORE: Readonly<Record<Severity, number>> = { low: 21, medium: 47, high: 73, critical: 99 };

export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);
export const worse = (a: Severity, b: Severity): boolean => severityRank(a) > severityRank(b);

/** One detector's result on one principal at one time. Plain data: the same input gives the same finding, byte for byte. */
export interface Finding {
  readonly detector: string;
  /** The detector's title: `rule.name`. */
  readonly title: string;
  /** ATT&CK technique ids. */
  readonly threat: readonly string[];
  readonly severity: Severity;
  /** Surprise, −log₂ of the chance that a benign principal-day shows as much; absent for checks that need no baseline. */
  readonly bits?: number;
  /** Event time, milliseconds since the epoch. */
  readonly time: number;
  /** What it is evidence of; absent where no baseline is needed, and in what earlier versions kept. */
  readonly sort?: Evidence;
  /** One sentence: what was seen, and what is typical. */
  readonly reason: string;
  /** What it is about (`requests 5m`, an action, a network): the same subject in one incident is one finding, updated. */
  readonly subject: string;
  readonly observed: string | number;
  readonly expected: string | number | undefined;
  /** Window in milliseconds, where the detector judges one. */
  readonly window?: number;
  /** Age of the baseline in days at that time. */
  readonly baselineAgeDays?: number;
  /** True where it rests on records whose identity is only declared, that could not be read, or that came late: it never acts. */
  readonly declared?: true;
  /** The detector's; an alert holds it once for all findings of one. */
  readonly advice?: Advice;
  /** Of a detector that only observes: it is recorded, and part of no alert. */
  readonly stage?: 'observe';
  /**
   * How long after its turn the record came that it rests on, or for how long peers that may explain it have been silent, milliseconds; absent
   * where all came in time.
   */
  readonly lateMs?: number;
  /** Where that is about peers: since when nothing has been heard of them, milliseconds since the epoch. */
  readonly silentSince?: number;
  /** From where it was done, where the principal is not at home: who shares it may be the same. Absent in what earlier versions kept. */
  readonly stranger?: string;
  /** `event.id`s, at most 5. */
  readonly evidence: readonly string[];
}

/** A measured value without digits that say nothing: three at most of what is no whole number. */
export const legible = (value: string | number): string | number => {
  if (typeof value === 'string' || Number.isInteger(value)) return value;
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
};
