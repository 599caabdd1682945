import { idOf, iso, makeDocument } from './make.ts';
import type { OutgoingDocument } from './outgoing.ts';

/** One number about Wayward itself, and what it is of. */
export interface Measurement {
  /** As the metrics' definitions name it: `lag`, `dead_letters`, … */
  readonly metric: string;
  readonly value: number;
  /** Why something was dropped, ignored or suppressed. */
  readonly reason?: string;
  readonly topic?: string;
  readonly partition?: number;
}

/** Who has measured, and when. */
export interface Measured {
  /** Unique among the processes that run. */
  readonly process: string;
  readonly version: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly time: number;
}

/** A document for each measurement; a value that is no number is left out. */
export const healthDocuments = (measurements: readonly Measurement[], measured: Measured): OutgoingDocument[] =>
  measurements
    .filter(({ value }) => Number.isFinite(value))
    .map((measurement) => healthDocument(measurement, measured));

const healthDocument = (
  { metric, value, reason, topic, partition }: Measurement,
  { process, version, time }: Measured,
): OutgoingDocument =>
  makeDocument('health', idOf('health', process, metric, reason ?? '', topic ?? '', partition ?? '', time), iso(time), {
    event: { kind: 'metric' },
    service: { name: 'wayward', version, node: { name: process } },
    wayward: { health: { metric, value, reason, topic, partition } },
  });
