import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ARCHETYPES } from '../src/simulate/world/archetypes.ts';
import { DST, SURPRISES } from '../src/simulate/world/surprises.ts';
import { pooled } from './quality/calibration.ts';
import { shippedDetectors } from './quality/detect.ts';
import type { Job, Results } from './quality/jobs.ts';
import { calibrationPlot } from './quality/plot.ts';
import { allOf } from './quality/pool.ts';
import { report } from './quality/report.ts';
import { EVALUATION_SEEDS, TRAINING_SEEDS } from './quality/seeds.ts';
import { isSeriesFolder, seriesAsWorld } from './quality/series.ts';
import { together } from './quality/tables.ts';

const HELP = `npm run quality -- [--worlds N] [--calm N] [--pairs N] [--data NAME=FOLDER …] [--out FOLDER] [--workers N]

Measures detection and writes quality.md and quality-calibration.svg: recall by class, false alerts, time to detect, benign surprises,
calibration, what each detector does, cost, and other methods on the same data. It takes tens of minutes on two cores.

  --worlds N           worlds with attacks and surprises that are measured on; 20 unless told
  --training N         worlds on which other methods are tuned; 4 unless told
  --calm N             calm worlds for the calibration, some 7,800 principal-days each; 11 unless told
  --pairs N            seeds of each surprise, with and without; 2 unless told
  --data NAME=FOLDER   other labelled data: credentials.yaml, labels.json and logs, or count series as the Numenta Anomaly Benchmark has
                       them (combined_windows.json and its CSV files); folders of one NAME count together
  --scale FACTOR       members of each group in worlds with attacks, times this; 1 unless told
  --out FOLDER         docs unless told
  --workers N          processes' worth of work at once; as many as there are cores, at most 4

Exit code: 0 measured, 1 something failed, 2 wrong usage.`;

const root = join(import.meta.dirname, '..');
class Usage extends Error {}

interface Asked {
  readonly worlds: number;
  readonly training: number;
  readonly calm: number;
  readonly pairs: number;
  readonly scale: number;
  readonly workers: number;
  readonly out: string;
  readonly data: readonly { readonly name: string; readonly folder: string }[];
}

function asked(): Asked | undefined {
  const text = { type: 'string' } as const;
  const options = {
    worlds: text,
    training: text,
    calm: text,
    pairs: text,
    scale: text,
    workers: text,
    out: text,
    data: { type: 'string', multiple: true },
    help: { type: 'boolean' },
  } as const;
  const { values } = usage(() => parseArgs({ options }));
  if (values.help) return undefined;
  const number = (
    name: 'worlds' | 'training' | 'calm' | 'pairs' | 'scale' | 'workers',
    usual: number,
    most: number,
  ): number => {
    const value = Number(values[name] ?? usual);
    if (!(value > 0 && value <= most)) throw new Usage(`--${name} takes a number above 0, at most ${most}`);
    return value;
  };
  const data = (values.data ?? []).map((written) => {
    const [name = '', folder] = written.split(/=(.*)/s);
    if (folder === undefined || folder === '') throw new Usage(`--data ${written}: write NAME=FOLDER`);
    return { name, folder };
  });
  return {
    worlds: number('worlds', 20, EVALUATION_SEEDS.length),
    training: number('training', 4, TRAINING_SEEDS.length),
    calm: number('calm', 11, EVALUATION_SEEDS.length),
    pairs: number('pairs', 2, EVALUATION_SEEDS.length),
    scale: number('scale', 1, 100),
    workers: number('workers', Math.min(4, availableParallelism()), 64),
    out: values.out ?? join(root, 'docs'),
    data,
  };
}

function usage<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new Usage(String(error));
  }
}

/** Autumn's changes in Berlin and New York lie in the days that worlds have anyway; spring's are here. */
const SPRING = Date.UTC(2027, 1, 22);
const IN_ZONES = 'office,office-new-york,office-kolkata';

function jobsOf({ scale, ...wanted }: Asked) {
  const seeds = {
    training: TRAINING_SEEDS.slice(0, wanted.training),
    evaluation: EVALUATION_SEEDS.slice(0, wanted.worlds),
    calm: EVALUATION_SEEDS.slice(0, wanted.calm),
    pairs: EVALUATION_SEEDS.slice(0, wanted.pairs),
  };
  const world = (seed: number): Job & { kind: 'world' } => ({ kind: 'world', choice: { seed, scale } });
  const few = { scale: 0.5 * scale };
  const pairs = seeds.pairs.flatMap((seed): (Job & { kind: 'pair' })[] => [
    ...SURPRISES.map(({ id, archetypes }) => ({
      kind: 'pair' as const,
      surprise: id,
      choice: { seed, ...few, archetypes: archetypes.join() },
    })),
    { kind: 'pair', surprise: DST.id, choice: { seed, scale, archetypes: IN_ZONES } },
    { kind: 'pair', surprise: DST.id, choice: { seed, scale, archetypes: IN_ZONES, from: SPRING } },
  ]);
  return {
    seeds,
    training: seeds.training.map(world),
    worlds: seeds.evaluation.map(world),
    calm: seeds.calm.map((seed): Job & { kind: 'calm' } => ({
      kind: 'calm',
      choice: { seed, days: 56, scale: 2 * scale },
    })),
    alone: shippedDetectors().map(({ id }): Job & { kind: 'alone' } => ({
      kind: 'alone',
      detector: id,
      choice: { seed: seeds.training[0] ?? 1, scale },
    })),
    pairs,
  };
}

async function measure(wanted: Asked, temporary: string): Promise<void> {
  const began = performance.now();
  const jobs = jobsOf(wanted);
  const folders = wanted.data.map(({ name, folder }, at) => {
    if (!isSeriesFolder(folder)) return { name, folder };
    const made = join(temporary, String(at));
    seriesAsWorld(folder, made);
    return { name, folder: made };
  });
  let done = 0;
  const say = (job: Job, seconds: number): void => {
    done += 1;
    const what = 'choice' in job ? `seed ${job.choice.seed}` : job.folder;
    console.error(
      `${((performance.now() - began) / 1_000).toFixed(0).padStart(6)} s  ${done}: ${job.kind} ${'surprise' in job ? `${job.surprise} ` : ''}${'detector' in job ? `${job.detector} ` : ''}${what} (${seconds.toFixed(0)} s)`,
    );
  };
  const run = <J extends Job>(list: readonly J[]): Promise<Results[J['kind']][]> => allOf(list, wanted.workers, say);
  const training = await run(jobs.training);
  const worlds = await run(jobs.worlds);
  const others = await run(folders.map(({ folder }): Job & { kind: 'folder' } => ({ kind: 'folder', folder })));
  const calm = await run(jobs.calm);
  const pairs = await run(jobs.pairs);
  const alone = await run(jobs.alone);
  const calibration = pooled(calm.map((one) => one.calibration));
  const byName = Map.groupBy(
    folders.map(({ name }, at) => ({ name, result: others[at] as Results['folder'] })),
    ({ name }) => name,
  );
  const text = report({
    commit: execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    seeds: jobs.seeds,
    ...{ training, worlds, calm, calibration, pairs },
    others: new Map([...byName].map(([name, list]) => [name, list.map(({ result }) => result)])),
    alone: new Map(jobs.alone.map(({ detector }, at) => [detector, together([(alone[at] as Results['alone']).score])])),
  });
  mkdirSync(wanted.out, { recursive: true });
  writeFileSync(join(wanted.out, 'quality.md'), text);
  writeFileSync(join(wanted.out, 'quality-calibration.svg'), calibrationPlot(calibration));
  console.error(
    `${join(wanted.out, 'quality.md')}: ${ARCHETYPES.length} archetypes, ${((performance.now() - began) / 60_000).toFixed(1)} minutes`,
  );
}

const temporary = mkdtempSync(join(tmpdir(), 'wayward-quality-'));
try {
  const wanted = asked();
  if (wanted === undefined) console.log(HELP);
  else await measure(wanted, temporary);
} catch (error) {
  console.error(error instanceof Usage ? `${error.message}\n\n${HELP}` : error);
  process.exitCode = error instanceof Usage ? 2 : 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
