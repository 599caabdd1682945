import type { METRICS } from './metric-list.ts';

type Metrics = typeof METRICS;
type MetricOf<Kind> = { [Key in keyof Metrics]: Metrics[Key]['kind'] extends Kind ? Key : never }[keyof Metrics];

/** Metrics whose numbers are asked for, and those that are told one duration at a time. */
export type ReadMetric = MetricOf<'counter' | 'gauge'>;
export type ObservedMetric = MetricOf<'histogram'>;

/** One number and the values of its labels. Of a counter it is the total so far. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * How a component is. `degraded`: it works, with something that a person should know. `down`: it does no work for now.
 * `broken`: only a new process can help.
 */
export type Condition =
  | { readonly state: 'ok' }
  | { readonly state: 'degraded' | 'down' | 'broken'; readonly reason: string };

/**
 * What the parts of a running Wayward tell about themselves. Numbers are asked for when somebody looks, so that the hot path
 * only counts. Call what `read` and `component` return when the part ends.
 */
export interface Telemetry {
  /** Several parts may give numbers of one metric: those with equal labels are added up. */
  read(metric: ReadMetric, samples: () => number | readonly Sample[]): () => void;
  observe(metric: ObservedMetric, seconds: number): void;
  /** A reason never holds a secret or a record's text: it is shown to whoever asks. */
  component(name: string, condition: () => Condition): () => void;
}
