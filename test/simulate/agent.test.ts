import { describe, expect, test } from 'vitest';
import { deployments, life, type SimulatedAgent } from '../../src/simulate/agent.ts';
import { DAY, fromLocal, HOUR, MINUTE, type Schedule } from '../../src/simulate/schedule.ts';
import { http, type SimulatedUse } from '../../src/simulate/use.ts';

const FROM = Date.UTC(2026, 9, 5);
const TO = FROM + 31 * DAY;
const OFFICE: Schedule = { kind: 'office', zone: 'Europe/Berlin', fromHour: 8, toHour: 18 };
const ALWAYS: Schedule = { kind: 'always-on', zone: 'UTC' };

const agent = (schedule: Schedule, seed = 'one', newActionsPerDay = 0): SimulatedAgent => ({
  seed,
  groupSeed: 'group',
  identity: 'cred-one',
  rate: 1,
  behaviour: {
    schedule,
    runsPerDay: 60,
    callsPerRun: 8,
    repertoire: [http('GET /v1/a/{id}', 400), http('GET /v1/b/{uuid}', 900), http('POST /v1/c', 100)],
    rare: [http('GET /v1/rare', 100)],
    upcoming: ['x', 'y', 'z'].map((name) => http(`GET /v1/new/${name}`, 100)),
    newActionsPerDay,
    network: '10.4',
    client: 'one',
    daysPerDeployment: 8,
  },
});

const uses = (schedule: Schedule, seed?: string, newActions?: number) => [
  ...life(agent(schedule, seed, newActions), FROM, TO),
];
const berlinHour = (time: number) =>
  Number(new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit' }).format(time));
const path = (use: SimulatedUse) => (use.action.kind === 'http' ? use.action.path : '');

/** Variance over mean of the counts in windows of five minutes. */
function dispersion(list: readonly SimulatedUse[]): number {
  const counts = new Array<number>((TO - FROM) / (5 * MINUTE)).fill(0);
  for (const use of list) {
    const window = Math.floor((use.time - FROM) / (5 * MINUTE));
    counts[window] = (counts[window] ?? 0) + 1;
  }
  const mean = list.length / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length / mean;
}

describe('a benign agent', () => {
  test('lives the same life for the same seed, and another for another', () => {
    expect(uses(OFFICE)).toEqual(uses(OFFICE));
    expect(uses(OFFICE, 'two')).not.toEqual(uses(OFFICE));
  });

  test('its uses come in order and within the time asked for', () => {
    const times = uses(ALWAYS).map((use) => use.time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(FROM);
    expect(times.at(-1)).toBeLessThan(TO);
  });

  test('comes a day at a time: nobody has to hold a year', () => {
    const first = life(agent(ALWAYS), FROM, FROM + 3650 * DAY).next();
    expect(first.value?.time).toBeLessThan(FROM + DAY);
  });

  test.each([
    ['office hours', OFFICE],
    ['always on', ALWAYS],
    ['cron', { kind: 'cron', zone: 'UTC', everyMinutes: 30, atMinute: 5 } as const],
  ])('%s: counts of five minutes vary far more than Poisson counts would', (_, schedule) => {
    expect(dispersion(uses(schedule))).toBeGreaterThan(4);
  });

  test('in office hours it starts work from 8 to 18 on weekdays, before and after the clocks change', () => {
    const starts = new Map<string, SimulatedUse>();
    for (const use of uses(OFFICE)) if (!starts.has(use.session)) starts.set(use.session, use);
    const hours = [...starts.values()].map((use) => berlinHour(use.time));
    expect(Math.min(...hours)).toBe(8);
    expect(Math.max(...hours)).toBe(17);
    const afterChange = [...starts.values()].filter((use) => use.time > Date.UTC(2026, 9, 26));
    expect(Math.min(...afterChange.map((use) => berlinHour(use.time)))).toBe(8);
    expect([...starts.values()].some((use) => [0, 6].includes(new Date(use.time).getUTCDay()))).toBe(false);
  });

  test('retries in storms of errors, and is denied now and then', () => {
    const list = uses(ALWAYS);
    const share = (result: string) => list.filter((use) => use.result === result).length / list.length;
    expect(share('error')).toBeGreaterThan(0.01);
    expect(share('error')).toBeLessThan(0.12);
    expect(share('denied')).toBeGreaterThan(0);
    expect(share('denied')).toBeLessThan(0.005);
    expect(share('rejected')).toBe(0);
  });

  test('is deployed anew within its network, and its peers with it', () => {
    const places = deployments(agent(ALWAYS), FROM, TO);
    expect(places.length).toBeGreaterThan(1);
    expect(places.every(({ ip }) => ip.startsWith('10.4.'))).toBe(true);
    expect(new Set(places.map(({ client }) => client)).size).toBe(places.length);
    const peers = deployments(agent(ALWAYS, 'two'), FROM, TO);
    expect(peers.map(({ from }) => from)).toEqual(places.map(({ from }) => from));
    expect(peers[0]?.ip).not.toBe(places[0]?.ip);
  });

  test('takes up new actions only where it is said to', () => {
    const isNew = (use: SimulatedUse) => path(use).startsWith('/v1/new/');
    expect(uses(ALWAYS).some(isNew)).toBe(false);
    expect(uses(ALWAYS, 'one', 0.3).filter(isNew).length).toBeGreaterThan(0);
  });

  test('a session ends once, with its last use', () => {
    const ended = new Set<string>();
    for (const use of uses(OFFICE)) {
      expect(ended.has(use.session)).toBe(false);
      if (use.endsSession) ended.add(use.session);
    }
  });
});

describe('local time', () => {
  const at = (text: string) => Date.parse(`${text}Z`);
  test.each([
    ['2026-10-24T03:00', '2026-10-24T01:00'],
    ['2026-10-26T03:00', '2026-10-26T02:00'],
    ['2026-03-29T02:30', '2026-03-29T01:30'], // skipped: an hour later on the clock
  ])('%s in Berlin is %s UTC', (local, utc) => {
    expect(fromLocal(at(local), 'Europe/Berlin')).toBe(at(utc));
  });

  test('zones west of Greenwich and with half hours', () => {
    expect(fromLocal(at('2026-11-19T03:00'), 'America/New_York')).toBe(at('2026-11-19T08:00'));
    expect(fromLocal(at('2026-11-19T03:00'), 'Asia/Kolkata')).toBe(at('2026-11-18T21:30'));
    expect(fromLocal(at('2026-11-19T03:00'), 'UTC') - at('2026-11-19T00:00')).toBe(3 * HOUR);
  });
});
