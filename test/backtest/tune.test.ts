import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { VerdictValue } from '../../src/alerts/verdict.ts';
import { levelAfter } from '../../src/backtest/tuning/lord.ts';
import { type TuningInput, tuningOf } from '../../src/backtest/tuning/proposal.ts';
import { bitsAt, surpriseOf, tailOf } from '../../src/backtest/tuning/tail.ts';
import { loadDetectors, SHIPPED_DETECTORS } from '../../src/config/detector-files.ts';
import type { Finding } from '../../src/detectors/finding.ts';
import { run } from '../cli/run.ts';
import { alertOf } from '../response/alert-of.ts';
import { historyFolder, LAST_DAY } from './history.ts';

const DAY = 86_400_000;
const NEW_ACTION = loadDetectors(SHIPPED_DETECTORS)
  .map(({ detector }) => detector)
  .filter(({ id }) => id === 'new-action');

/** Scores of which each bit more halves the days that reach it, as bits are meant to. */
const halving = (days: number): number[] =>
  Array.from({ length: days }, (_, index) => Math.floor(10 * Math.log2(days / (index + 1))) / 10).filter(
    (bits) => bits >= 6,
  );

test('the fitted line says how many principal-days reach a score, and how high a score is as rare as wanted', () => {
  const tail = tailOf(halving(100_000), 100_000);
  if (tail === undefined) throw new Error('there are scores');
  expect(surpriseOf(tail, 10)).toBeCloseTo(10, 0);
  expect(bitsAt(tail, 12)).toBeCloseTo(12, 0);
  expect(surpriseOf(tail, bitsAt(tail, 11))).toBeCloseTo(11, 6);
  expect(tail.quantiles.half).toBeLessThan(tail.quantiles.tenth);
});

test('few scores are not stretched: a score is as rare as there are days that have any, and each bit halves', () => {
  const tail = tailOf([16], 1_000);
  if (tail === undefined) throw new Error('there is a score');
  expect(surpriseOf(tail, 10)).toBeCloseTo(Math.log2(1_000), 6);
  expect(tail.slope).toBe(-1);
  expect(tailOf([], 1_000)).toBeUndefined();
});

test('benign verdicts spend level and confirmed ones earn it, each less than the one before', () => {
  const level = (...verdicts: VerdictValue[]) => levelAfter(verdicts);
  expect(level()).toBe(1);
  expect(level('benign')).toBeLessThan(1);
  expect(level('benign', 'benign')).toBeLessThan(level('benign'));
  expect(level('confirmed')).toBeGreaterThan(1);
  expect(level('confirmed', 'confirmed')).toBeGreaterThan(level('confirmed'));
  expect(level('benign', 'confirmed')).toBeGreaterThan(level('confirmed', 'benign'));
  const [first, second, third] = [1, level('benign'), level('benign', 'benign')];
  expect(second / first).toBeLessThan(third / second);
});

test('the levels of LORD++ never come to more than its target for each discovery', () => {
  const verdicts: VerdictValue[] = Array.from({ length: 200 }, (_, at) => (at % 7 === 3 ? 'confirmed' : 'benign'));
  // In parts of the first level, which is half of the target times the first part of a sequence that sums to 1.
  const sum = 10.6;
  const spent = verdicts.reduce((total, _, at) => total + levelAfter(verdicts.slice(0, at)), 0) / (2 * sum);
  expect(spent).toBeLessThanOrEqual(verdicts.filter((verdict) => verdict === 'confirmed').length);
});

const findingOf = (changes: Partial<Finding>): Finding => ({ ...(alertOf().findings[0] as Finding), ...changes });

let ids = 0;
const incident = (bits: number, more: Partial<Alert> = {}): Alert =>
  alertOf({
    id: `alert-${ids++}`,
    severity: bits >= 10 ? 'medium' : 'low',
    findings: [findingOf({ detector: 'new-action', bits, severity: bits >= 10 ? 'medium' : 'low' })],
    ...more,
  });
const judged = (bits: number, value: VerdictValue): Alert =>
  incident(bits, { verdict: { value, by: 'ann', at: 0, because: 'looked at it' } });

/** A history in which days halve with each bit, and incidents of `bits`. */
const input = (bits: readonly number[], more: Partial<TuningInput> = {}): TuningInput => ({
  detectors: NEW_ACTION,
  scores: () => halving(20_000).map((score, day) => ({ principal: 'somebody/gateway', day, bits: score })),
  alerts: bits.map((one) => incident(one)),
  judged: [],
  principalDays: 20_000,
  budget: 1,
  ...more,
});
const mediumOf = (of: TuningInput) => tuningOf(of).proposals[0]?.proposed.medium;

test('as many incidents are left as the budget accepts: more of them raise severities, fewer lower them', () => {
  const forty = Array.from({ length: 40 }, (_, at) => 10 + at / 20);
  const proposal = tuningOf(input(forty)).proposals[0];
  expect(proposal?.now).toEqual({ low: 8, medium: 10 });
  expect(proposal?.proposed).toEqual({ low: 9, medium: 11 }); // 20 of 20,000
  expect(mediumOf(input([...Array.from({ length: 20 }, () => 12), ...Array.from({ length: 30 }, () => 8.6)]))).toBe(9);
  expect(mediumOf(input(forty, { budget: 2 }))).toBeLessThanOrEqual(10);
});

test('it moves two bits at a time at most', () => {
  expect(mediumOf(input(Array.from({ length: 400 }, () => 15)))).toBe(12);
  expect(mediumOf(input([]))).toBe(8);
});

test('benign verdicts loosen, confirmed ones tighten, and what was confirmed is still told', () => {
  const few = { budget: 0.01 }; // too short a history for it: verdicts alone count
  expect(mediumOf(input([11], few))).toBe(10);
  expect(mediumOf(input([11], { ...few, judged: [judged(11, 'benign')] }))).toBe(11.5);
  expect(mediumOf(input([11], { ...few, judged: Array.from({ length: 9 }, () => judged(11, 'benign')) }))).toBe(12);
  expect(mediumOf(input([11], { ...few, judged: [judged(11, 'confirmed')] }))).toBe(9.5);
  const mixed = [judged(10.6, 'confirmed'), ...Array.from({ length: 9 }, () => judged(11, 'benign'))];
  expect(mediumOf(input([11], { ...few, judged: mixed }))).toBe(10.5);
});

test('what a young baseline, a group or a check without a baseline decides is no matter of bits', () => {
  const capped = alertOf({ findings: [findingOf({ detector: 'new-action', bits: 14, severity: 'low' })] });
  const { bits: _, ...policy } = findingOf({ detector: 'out-of-scope', severity: 'high' });
  const { curve } = tuningOf(input([], { alerts: [capped, alertOf({ findings: [policy] })] }));
  expect(curve.at(-1)).toMatchObject({ rate: 1_000 / 20_000 });
  expect(curve[0]).toMatchObject({ rate: 1_000 / 20_000 });
});

const NOON = LAST_DAY(8) + 12 * 3_600_000;
const DELETED = { agent: 'shop', time: NOON, method: 'DELETE', path: '/v1/customers' };
const REPEATED = { agent: 'report', time: NOON + DAY, method: 'DELETE', path: '/v1/orders' };

test('from a benign verdict to a file that makes the next one of its kind lower; nothing changes by itself', async () => {
  const { config, folder, log } = historyFolder(8, [DELETED, REPEATED]);
  const common = ['--config', config, '--identity', 'from-key-map', log];
  const scan = async () =>
    (await run(['scan', ...common])).stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text).event);
  expect((await scan()).map(({ severity }) => severity)).toEqual([47, 47]);
  await run(['scan', '--save', ...common]);
  const [first] = await scan();
  const why = ['--as', 'benign', '--because', 'a clean-up', '--by', 'ann'];
  expect((await run(['alerts', 'close', first.id, ...why, '--config', config])).code).toBe(0);

  const looked = await run(['tune', ...common, '--json']);
  expect(looked.code).toBe(0);
  expect(existsSync(join(folder, 'detectors'))).toBe(false);
  const { proposals, level, backtest } = JSON.parse(looked.stdout);
  expect(level).toBeNull(); // 18 principal-days are too few for one in 1,000
  const changed = proposals.filter(({ now, proposed }: { now: object; proposed: object }) => now !== proposed);
  expect(changed.find(({ detector }: { detector: string }) => detector === 'new-action')).toMatchObject({
    proposed: { low: 9.5, medium: 11.5 },
    verdicts: { confirmed: 0, benign: 1 },
  });
  expect(backtest.difference.severity).toHaveLength(2);

  const svg = join(folder, 'trade-off.svg');
  const written = await run(['tune', ...common, '--write', '--svg', svg]);
  expect(written.stdout).toContain('0 confirmed, 1 benign');
  expect(written.stdout).toContain('too short to propose by it');
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg xmlns=.*<polyline points=.*<\/svg>\n$/s);
  expect(readdirSync(join(folder, 'detectors', 'local'))).toEqual(['tuned-new-action.yaml']);
  expect((await scan()).map(({ severity }) => severity)).toEqual([21, 21]);
});

test('files of a folder for some agents stay as somebody wrote them', async () => {
  const { config, folder, log } = historyFolder(8, [DELETED]);
  const local = join(folder, 'detectors', 'local');
  mkdirSync(local, { recursive: true });
  writeFileSync(
    join(local, 'for-shop.yaml'),
    'extends: new-action\nfor: { agents: [shop] }\nseverity: { medium: 9 }\n',
  );
  const { stdout } = await run([
    'tune',
    '--config',
    config,
    '--identity',
    'from-key-map',
    '--budget',
    '60',
    '--json',
    log,
  ]);
  const own = JSON.parse(stdout).proposals.filter(({ detector }: { detector: string }) => detector === 'new-action');
  expect(own).toHaveLength(1);
  expect(own[0]).toMatchObject({ now: { medium: 10 }, calibration: null });
});
