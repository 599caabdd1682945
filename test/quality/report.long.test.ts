import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pooled } from '../../scripts/quality/calibration.ts';
import { work } from '../../scripts/quality/jobs.ts';
import { calibrationPlot } from '../../scripts/quality/plot.ts';
import { report } from '../../scripts/quality/report.ts';
import { seriesAsWorld } from '../../scripts/quality/series.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';

/** The short form of `npm run quality`: every part of it once, on small worlds. */

const SMALL = {
  scale: 0.5,
  days: 30,
  quietDays: 16,
  archetypes: 'office,always-on,retriever',
  attacks: 'foreign-source,export,request-burst,off-hours',
};

test('every part of the report is measured, and the page says so', async () => {
  const training = [await work({ kind: 'world', choice: { ...SMALL, seed: 1 } })];
  const worlds = [await work({ kind: 'world', choice: { ...SMALL, seed: 1_001 } })];
  const calm = [await work({ kind: 'calm', choice: { ...SMALL, seed: 1_001 } })];
  const pairs = [await work({ kind: 'pair', surprise: 'outage', choice: { ...SMALL, seed: 1_001 } })];
  const alone = await work({ kind: 'alone', detector: 'new-source', choice: { ...SMALL, seed: 1 } });
  const calibration = pooled(calm.map((one) => one.calibration));
  const text = report({
    commit: 'abc1234',
    seeds: { training: [1], evaluation: [1_001], calm: [1_001], pairs: [1_001] },
    ...{ training, worlds, calm, calibration, pairs, others: new Map([['another', worlds]]) },
    alone: new Map([['new-source', alone.score]]),
  });
  for (const part of [
    'foreign-source',
    'outage',
    'data-burst',
    'rolling z-score',
    'another, by class',
    'Where we lose',
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(calibrationPlot(calibration)).not.toMatch(/NaN|undefined|Infinity/);
  // A thief from elsewhere with another client is what new-source is for.
  const thefts = alone.score.outcomes.filter(
    ({ attack, strength }) => attack === 'foreign-source' && strength === 'loud',
  );
  expect(thefts.length).toBeGreaterThan(0);
  expect(thefts.filter(({ found }) => found === undefined)).toEqual([]);
});

test('a folder of simulate is measured as the same world without files is', async () => {
  const folder = join(temporaryFolder(), 'world');
  await run([
    'simulate',
    folder,
    '--seed',
    '7',
    '--days',
    '30',
    '--quiet-days',
    '16',
    '--scale',
    '0.5',
    '--attacks',
    SMALL.attacks,
    '--archetypes',
    SMALL.archetypes,
  ]);
  const fromFiles = await work({ kind: 'folder', folder });
  const direct = await work({ kind: 'world', choice: { ...SMALL, seed: 7 } });
  expect(fromFiles.score).toEqual(direct.score);
  expect(fromFiles.score.outcomes.length).toBeGreaterThan(0);
});

test('count series are read as worlds, and a burst in one is found', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'realTraffic'));
  const rows = Array.from({ length: 30 * 288 }, (_, at) => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 300_000).toISOString().slice(0, 19).replace('T', ' ');
    return `${time},${at >= 29 * 288 && at < 29 * 288 + 12 ? 90_000 : 100 + ((at * 7) % 60)}`;
  });
  writeFileSync(join(folder, 'realTraffic', 'road_one.csv'), `timestamp,value\n${rows.join('\n')}\n`);
  const windows = { 'realTraffic/road_one.csv': [['2026-01-29 23:00:00.000000', '2026-01-30 03:00:00.000000']] };
  writeFileSync(join(folder, 'combined_windows.json'), JSON.stringify(windows));
  const made = join(temporaryFolder(), 'series');
  seriesAsWorld(folder, made);
  const { score } = await work({ kind: 'folder', folder: made });
  expect(score.outcomes).toMatchObject([{ attack: 'series', group: 'road-one', alerts: 1 }]);
  expect(score.falseAlerts.filter(({ severity }) => severity !== 'low')).toEqual([]);
});
