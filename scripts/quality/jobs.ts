import { buildWorld } from '../../src/simulate/world/build.ts';
import type { Choice } from '../../src/simulate/world/options.ts';
import { optionsOf } from '../../src/simulate/world/options.ts';
import { type Calibration, calibrationOf } from './calibration.ts';
import { type Detected, detect, shippedDetectors } from './detect.ts';
import { RIVALS } from './rivals/registry.ts';
import { alertsFrom, startRivals } from './rivals/rival.ts';
import { counts, type FalseAlert, type Score, score } from './score.ts';
import { fromFolder, type LabelledStream, simulated } from './streams.ts';

/** One piece of work; pieces run beside each other, and give the same whatever their order. */
export type Job =
  | { readonly kind: 'world'; readonly choice: Choice }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'calm'; readonly choice: Choice }
  | { readonly kind: 'alone'; readonly detector: string; readonly choice: Choice }
  | { readonly kind: 'pair'; readonly surprise: string; readonly choice: Choice };

/** What a rival does at one threshold. */
export interface RivalScore {
  readonly threshold: number;
  readonly found: number;
  readonly false: number;
  /** Seconds. */
  readonly delays: readonly number[];
}

export interface Cost {
  readonly events: number;
  readonly milliseconds: number;
  readonly stateBytes: number;
  readonly principals: number;
}

export interface Results {
  readonly world: {
    readonly score: Score;
    readonly rivals: Readonly<Record<string, readonly RivalScore[]>>;
    readonly cost: Cost;
  };
  readonly folder: Results['world'];
  readonly calm: {
    readonly calibration: Calibration;
    readonly score: Score;
    readonly inCheck: Readonly<Record<string, number>>;
    readonly events: number;
  };
  readonly alone: { readonly score: Score };
  readonly pair: {
    readonly surprise: string;
    readonly seed: number;
    readonly without: Pair;
    readonly with: Pair;
    readonly added: readonly FalseAlert[];
  };
}

interface Pair {
  readonly low: number;
  readonly above: number;
}

export async function work<K extends Job['kind']>(job: Job & { readonly kind: K }): Promise<Results[K]>;
export async function work(job: Job): Promise<Results[Job['kind']]> {
  switch (job.kind) {
    case 'world':
      return besideRivals(simulated(job.choice));
    case 'folder':
      return besideRivals(await fromFolder(job.folder));
    case 'calm':
      return calm(job.choice);
    case 'alone': {
      const stream = simulated(job.choice);
      const own = shippedDetectors().filter(({ id }) => id === job.detector);
      return { score: scoreOf(await detect(stream, own), stream) };
    }
    case 'pair':
      return pair(job.surprise, job.choice);
  }
}

const scoreOf = ({ alerts }: Pick<Detected, 'alerts'>, { labels, registry }: LabelledStream): Score =>
  score(alerts, labels, [...new Set(registry.credentials.map(({ agent }) => agent))]);

async function besideRivals(stream: LabelledStream): Promise<Results['world']> {
  const rivals = startRivals(stream.registry, RIVALS);
  const detected = await detect(stream, shippedDetectors(), { beside: rivals.see });
  const { events, milliseconds, stateBytes } = detected;
  const atEach = RIVALS.map(({ id, thresholds }) => [
    id,
    thresholds.map((threshold): RivalScore => {
      const { outcomes, falseAlerts } = scoreOf({ alerts: alertsFrom(rivals.told[id] ?? [], threshold) }, stream);
      const delays = outcomes.flatMap(({ found }) => found ?? []);
      return { threshold, found: delays.length, false: falseAlerts.length, delays };
    }),
  ]);
  return {
    score: scoreOf(detected, stream),
    rivals: Object.fromEntries(atEach),
    cost: { events, milliseconds, stateBytes, principals: stream.labels.principals },
  };
}

async function calm(choice: Choice): Promise<Results['calm']> {
  const calmChoice = { ...choice, attacks: 'none', surprises: 'none' };
  const stream = simulated(calmChoice);
  const detectors = shippedDetectors();
  const detected = await detect(stream, detectors, { watched: true });
  const { agents, options } = buildWorld(optionsOf(calmChoice));
  const born = new Map(agents.map((agent) => [agent.name, agent.born]));
  return {
    calibration: calibrationOf(detected, detectors, born, options.from, options.days),
    score: scoreOf(detected, stream),
    inCheck: detected.inCheck,
    events: detected.events,
  };
}

/** The same world twice: with the surprise, and without it. */
async function pair(surprise: string, choice: Choice): Promise<Results['pair']> {
  const alertsOf = async (surprises: string): Promise<readonly FalseAlert[]> => {
    const stream = simulated({ ...choice, attacks: 'none', surprises });
    return scoreOf(await detect(stream, shippedDetectors()), stream).falseAlerts;
  };
  const without = await alertsOf('none');
  const withIt = await alertsOf(surprise);
  const key = ({ agent, at }: FalseAlert): string => `${agent} ${Math.floor(at / 3_600_000)}`;
  const known = new Set(without.filter(counts).map(key));
  const split = (alerts: readonly FalseAlert[]): Pair => {
    const above = alerts.filter(counts).length;
    return { low: alerts.length - above, above };
  };
  return {
    surprise,
    seed: choice.seed,
    without: split(without),
    with: split(withIt),
    added: withIt.filter((alert) => counts(alert) && !known.has(key(alert))),
  };
}
