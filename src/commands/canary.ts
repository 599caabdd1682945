import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from '../attribution/registry.ts';
import type { LoadedDetector } from '../config/detector-files.ts';
import type { Given } from '../detectors/needs.ts';
import type { Format } from '../formats/format.ts';
import type { Telemetry } from '../ops/telemetry.ts';
import { canFire, noTestFires, type Silent, silencedBy } from '../pipeline/canary.ts';
import { onSchedule } from '../schedule.ts';
import type { ServiceLog } from './service-log.ts';

export interface CanaryOptions {
  /** Those in use: others after a reload. */
  readonly rules: () => { readonly loaded: readonly LoadedDetector[]; readonly registry: Registry };
  /** Formats of the configuration. */
  readonly formats: readonly Format[];
  readonly telemetry: Telemetry;
  readonly log: ServiceLog;
  /** Milliseconds between two detectors' tests, so that they never hold up what is detected; a second where absent. */
  readonly pause?: number;
  /** Told when all of them have been looked at. */
  readonly looked?: () => void;
}

export interface Canary {
  /** Where the events are counted that it looks at. */
  watch(given: () => readonly Given[]): void;
  /** Other rules are in use. */
  look(): void;
  end(): Promise<void>;
}

const EACH_HOUR = '7 * * * *';
const PAUSE = 1_000;
const MOST_NAMED = 5;

/** Looks at the start and each hour whether every detector could find something, and tells of those that can't. */
export function startCanary({ rules, formats, telemetry, log, pause = PAUSE, looked }: CanaryOptions): Canary {
  let given: () => readonly Given[] = () => [];
  let silent: readonly Silent[] = [];
  const ending = new AbortController();
  const look = async (): Promise<void> => {
    const found: Silent[] = [];
    const { loaded, registry } = rules();
    for (const one of loaded) {
      await sleep(pause, undefined, { ref: false, signal: ending.signal });
      const why = (await canFire(one, formats))
        ? silencedBy(one, registry, given(), Date.now())
        : noTestFires(one.detector);
      if (why !== undefined) found.push(why);
    }
    tellOfChange(log, silent, found);
    silent = found;
    looked?.();
  };
  const safely = (): Promise<void> =>
    look().catch((error: unknown) => {
      if (!ending.signal.aborted) log.error({ err: error }, 'looking whether detectors can fire failed');
    });
  let running = Promise.resolve();
  let isNext = false;
  /** One after the other: what comes while another is yet to begin is the same. */
  const begin = (): Promise<void> => {
    if (isNext) return running;
    isNext = true;
    running = running.then(() => {
      isNext = false;
      return safely();
    });
    return running;
  };
  const told = [
    telemetry.read('silentDetectors', () =>
      silent.map(({ detector, why }) => ({ value: 1, labels: { reason: `${detector}: ${why}` } })),
    ),
    telemetry.component('detectors', () => {
      const broken = silent
        .filter((one) => one.broken)
        .map(({ detector, detail }) => `${detector} can't fire: ${detail}`);
      return broken.length === 0
        ? { state: 'ok' }
        : { state: 'degraded', reason: broken.slice(0, MOST_NAMED).join('; ') };
    }),
  ];
  void begin();
  const unschedule = onSchedule(EACH_HOUR, begin);
  return {
    look: () => void begin(),
    watch: (events) => {
      given = events;
    },
    async end() {
      ending.abort();
      await running;
      await unschedule();
      for (const stop of told) stop();
    },
  };
}

function tellOfChange(log: ServiceLog, before: readonly Silent[], now: readonly Silent[]): void {
  const isIn = (all: readonly Silent[], { detector, why }: Silent): boolean =>
    all.some((one) => one.detector === detector && one.why === why);
  for (const one of now) {
    if (isIn(before, one)) continue;
    const fields = { detector: one.detector, why: one.why };
    if (one.broken) log.warn(fields, `this detector can't fire: ${one.detail}`);
    else log.info(fields, `this detector has nothing to judge: ${one.detail}`);
  }
  for (const one of before) if (!isIn(now, one)) log.info({ detector: one.detector }, 'this detector can fire again');
}
