import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricDefinition } from './metric-list.ts';
import type { ObservedMetric, ReadMetric, Sample, Telemetry } from './telemetry.ts';

type Reader = Parameters<Telemetry['read']>[1];

/** One number of the health stream. */
export interface Measurement {
  readonly metric: string;
  readonly value: number;
  readonly reason?: string;
  readonly topic?: string;
  readonly partition?: number;
}

/** The labels that a measurement keeps; over others it adds up. */
const KEPT = ['reason', 'topic', 'partition'];
const KEYS = Object.keys(METRICS) as (keyof typeof METRICS)[];
const definitionOf = (metric: keyof typeof METRICS): MetricDefinition => METRICS[metric];

/** The metrics of one process: one source for Prometheus and for the health stream. */
export class Metrics implements Pick<Telemetry, 'read' | 'observe'> {
  readonly #registry = new Registry();
  readonly #readers = new Map<string, Set<Reader>>();
  readonly #histograms = new Map<string, Histogram>();
  /** What each count of the health stream had come to. */
  readonly #measured = new Map<string, number>();

  constructor() {
    for (const key of KEYS) this.#add(key, definitionOf(key));
    collectDefaultMetrics({ register: this.#registry });
  }

  read(metric: ReadMetric, samples: Reader): () => void {
    const readers = this.#readers.get(metric);
    // A function of our own, so that the same reader may be registered twice.
    const reader: Reader = () => samples();
    readers?.add(reader);
    return () => readers?.delete(reader);
  }

  observe(metric: ObservedMetric, seconds: number): void {
    this.#histograms.get(metric)?.observe(Math.max(0, seconds));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /**
   * The metrics of the health stream: gauges as they are now, counters by what they grew since this was called before, so that
   * they add up over time and processes. Call it once at the start: what was counted before a restart is no growth.
   */
  measurements(): Measurement[] {
    return KEYS.flatMap((key) => {
      const { health, kind } = definitionOf(key);
      if (health === undefined) return [];
      const samples = this.#samples(key, KEPT);
      return (kind === 'counter' ? samples.map((sample) => this.#grown(key, sample)) : samples).map((sample) =>
        measurementOf(health, sample),
      );
    });
  }

  /** A count falls when a partition moves to another process: what it had grown by then is not known. */
  #grown(key: string, { value, labels }: Sample): Sample {
    const id = JSON.stringify([key, labels]);
    const before = this.#measured.get(id) ?? 0;
    this.#measured.set(id, value);
    return { value: Math.max(0, value - before), labels };
  }

  #add(key: string, { name, kind, help, labels = [], buckets = [] }: MetricDefinition): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (kind === 'histogram') {
      this.#histograms.set(key, new Histogram({ ...options, labelNames: [], buckets: [...buckets] }));
      return;
    }
    this.#readers.set(key, new Set());
    const samples = () => this.#samples(key as keyof typeof METRICS, labels);
    if (kind === 'gauge') {
      const gauge: Gauge = new Gauge({
        ...options,
        collect: () => fill(gauge, (at, value) => gauge.set(at, value), samples(), labels.length > 0),
      });
    } else {
      const counter: Counter = new Counter({
        ...options,
        collect: () => fill(counter, (at, value) => counter.inc(at, value), samples(), labels.length > 0),
      });
    }
  }

  /** What the readers say, put together by these labels. A number that is none (nothing was read yet) is left out. */
  #samples(key: keyof typeof METRICS, labels: readonly string[]): Sample[] {
    const { greatest } = definitionOf(key);
    const found = new Map<string, Sample>();
    for (const read of this.#readers.get(key) ?? []) {
      for (const { value, labels: all } of asSamples(read())) {
        if (!Number.isFinite(value)) continue;
        const kept = Object.fromEntries(
          labels.filter((label) => label in all).map((label) => [label, all[label] ?? '']),
        );
        const id = JSON.stringify(kept);
        const before = found.get(id)?.value;
        const sum = greatest ? Math.max(before ?? value, value) : (before ?? 0) + value;
        found.set(id, { value: sum, labels: kept });
      }
    }
    return [...found.values()];
  }
}

const asSamples = (read: number | readonly Sample[]): readonly Sample[] =>
  typeof read === 'number' ? [{ value: read, labels: {} }] : read;

function fill(
  metric: { reset(): void; remove(): void },
  set: (labels: Sample['labels'], value: number) => void,
  samples: readonly Sample[],
  hasLabels: boolean,
): void {
  metric.reset();
  if (!hasLabels) metric.remove(); // it comes back as 0, which nobody said
  for (const { labels, value } of samples) set(labels, value);
}

const measurementOf = (metric: string, { value, labels }: Sample): Measurement => {
  const { partition, ...rest } = labels;
  return { metric, value, ...rest, ...(partition === undefined ? {} : { partition: Number(partition) }) };
};
