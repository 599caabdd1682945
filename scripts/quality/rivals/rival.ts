import { createAttributor } from '../../../src/attribution/attribute.ts';
import type { Registry } from '../../../src/attribution/registry.ts';
import type { CredentialUse } from '../../../src/event.ts';
import type { OrderedUse } from '../../../src/pipeline/ordered.ts';
import { HOUR } from '../../../src/simulate/schedule.ts';
import type { Seen } from '../detect.ts';

/** One use with whose it was. */
export interface Use {
  readonly principal: string;
  readonly time: number;
  readonly use: CredentialUse;
}

/** Another way to find what is unusual. Times never decrease. */
export interface Rival {
  readonly id: string;
  /** What it is, with every setting that was not tuned. */
  readonly title: string;
  readonly origin: string;
  /** What is tried for the score from which it alerts. */
  readonly thresholds: readonly number[];
  /** Looks at each use; calls `tell` for what could be an alert, by its score. */
  readonly watch: (tell: (principal: string, time: number, score: number) => void) => { see(use: Use): void };
}

/** Something that a rival told of. */
export type Moment = readonly [principal: string, time: number, score: number];

/** All rivals, to be shown a stream batch by batch; `told` has what they said, from their lowest threshold on. */
export function startRivals(registry: Registry, rivals: readonly Rival[]) {
  const attributor = createAttributor(registry);
  const told: Record<string, Moment[]> = {};
  const running = rivals.map(({ id, thresholds, watch }) => {
    const moments: Moment[] = [];
    told[id] = moments;
    const least = Math.min(...thresholds);
    return watch((principal, time, score) => {
      if (score >= least) moments.push([principal, time, score]);
    });
  });
  const see = (batch: readonly OrderedUse[]): void => {
    for (const { use } of batch) {
      const { principal, credential } = attributor.attribute(use);
      if (principal === undefined || credential === undefined || use.result === 'rejected') continue;
      for (const one of running) one.see({ principal, time: use.time, use });
    }
  };
  return { told, see };
}

/** Alerts as ours are counted: what comes within two hours of the last is the same one. */
export function alertsFrom(moments: readonly Moment[], threshold: number): Seen[] {
  const open = new Map<string, { first: number; last: number }>();
  const alerts: Seen[] = [];
  const close = (principal: string, at: number): void => {
    const agent = principal.split('/')[0];
    alerts.push({
      principal,
      agent,
      severity: 'medium',
      openedAt: at,
      rises: [{ severity: 'medium', at }],
      detectors: [],
      reason: '',
    });
  };
  for (const [principal, time, value] of moments) {
    if (value < threshold) continue;
    const running = open.get(principal);
    if (running !== undefined && time - running.last <= 2 * HOUR) running.last = time;
    else {
      open.set(principal, { first: time, last: time });
      close(principal, time);
    }
  }
  return alerts;
}
