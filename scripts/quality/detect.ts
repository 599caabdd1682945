import { join } from 'node:path';
import { serialize } from 'node:v8';
import type { Alert } from '../../src/alerts/alert.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import type { Detector } from '../../src/detectors/detector.ts';
import type { Severity } from '../../src/detectors/finding.ts';
import { Core } from '../../src/pipeline/core.ts';
import type { OrderedUse } from '../../src/pipeline/ordered.ts';
import { DAY } from '../../src/simulate/schedule.ts';
import type { LabelledStream } from './streams.ts';

/** An alert, as far as it is scored. */
export interface Seen {
  readonly principal: string;
  readonly agent: string | undefined;
  readonly severity: Severity;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly rises: readonly { readonly severity: Severity; readonly at: number }[];
  readonly detectors: readonly string[];
  readonly reason: string;
}

export interface Detected {
  readonly alerts: readonly Seen[];
  /** The greatest bits of each detector on each principal's day, where any were told: `detector`, `principal`, UTC day number. */
  readonly bits: readonly (readonly [detector: string, principal: string, day: number, bits: number])[];
  readonly events: number;
  /** Milliseconds spent in the core, and in each detector's check. */
  readonly milliseconds: number;
  readonly inCheck: Readonly<Record<string, number>>;
  /** Bytes of what is saved of all baselines. */
  readonly stateBytes: number;
}

export const shippedDetectors = (): readonly Detector[] =>
  loadDetectors(join(import.meta.dirname, '..', '..', 'detectors')).map(({ detector }) => detector);

/**
 * Runs a stream through the core as `wayward scan` does; with `watched`, also notes what each check said and how long it took.
 * `beside` sees each batch first.
 */
export async function detect(
  stream: LabelledStream,
  detectors: readonly Detector[],
  {
    watched = false,
    beside,
  }: { readonly watched?: boolean; readonly beside?: (batch: readonly OrderedUse[]) => void } = {},
): Promise<Detected> {
  const alerts = new Map<string, Alert>();
  const bits = new Map<string, readonly [string, string, number, number]>();
  const inCheck: Record<string, number> = {};
  const used = watched ? detectors.map((detector) => observed(detector, bits, inCheck)) : detectors;
  const core = new Core(stream.registry, used, (alert) => alerts.set(alert.id, alert));
  let events = 0;
  let milliseconds = 0;
  for await (const batch of stream.batches()) {
    beside?.(batch);
    const started = performance.now();
    core.process(batch);
    milliseconds += performance.now() - started;
    events += batch.length;
  }
  return {
    alerts: [...alerts.values()].map(seenOf),
    bits: [...bits.values()],
    ...{ events, milliseconds, inCheck },
    stateBytes: serialize(core.save().engine.baselines).length,
  };
}

const seenOf = (alert: Alert): Seen => ({
  principal: alert.principal,
  agent: alert.agent,
  severity: alert.severity,
  openedAt: alert.openedAt,
  rises: alert.severityHistory.map(({ severity, at }) => ({ severity, at })),
  detectors: [...new Set(alert.findings.map(({ detector }) => detector))],
  reason: alert.reason,
});

/** The same detector, with an ear on what it says. */
function observed(
  detector: Detector,
  bits: Map<string, readonly [string, string, number, number]>,
  inCheck: Record<string, number>,
): Detector {
  const { id } = detector;
  inCheck[id] = 0;
  return {
    ...detector,
    check: (context, report) => {
      const started = performance.now();
      detector.check(context, (result) => {
        if (result.bits !== undefined) {
          const day = Math.floor(context.at.orderTime / DAY);
          const key = `${id} ${context.principal.name} ${day}`;
          if (result.bits > (bits.get(key)?.[3] ?? 0)) bits.set(key, [id, context.principal.name, day, result.bits]);
        }
        report(result);
      });
      inCheck[id] = (inCheck[id] ?? 0) + performance.now() - started;
    },
  };
}
