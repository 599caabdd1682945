import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { SavedBaselines } from '../../src/baselines/baselines.ts';
import { layoutFrom, placesOf } from '../../src/baselines/layout.ts';
import { NAMES_OF_PROCESS } from '../../src/baselines/names.ts';
import type { SavedCore } from '../../src/pipeline/core.ts';
import { anotherBuild, type Build, thisBuild } from './another-build.ts';
import { agent, DAY, HOUR, MONDAY, Watched } from './watched.ts';

/** States that a build of another layout saved, read by this one, and the other way round. */

const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');

let here: Build;
let withField: Build;
let withSeries: Build;
let withTable: Build;

beforeAll(async () => {
  here = await thisBuild();
  withField = await anotherBuild(['state.ts', "  day: f64('day'),", "  latest: f64('latest'),\n  day: f64('day'),"]);
  withSeries = await anotherBuild([
    'series.ts',
    "  of('switches', 6 * HOUR, 4),",
    "  of('switches', DAY, 4),\n  of('switches', 6 * HOUR, 4),",
  ]);
  withTable = await anotherBuild(['state.ts', "table('networks', 16)", "table('networks', 40)"]);
});

/** Reads what a build saved with the code of another one. */
function readBy(reader: Build, writer: Build, saved: SavedBaselines) {
  const { LAYOUT, LAYOUT_ID } = writer.state;
  const described = layoutFrom(JSON.parse(JSON.stringify(LAYOUT)));
  if (described === undefined) throw new Error('the other layout is none');
  const states = new reader.savedStates.StateReader(new Map([[LAYOUT_ID, described]]));
  const read = (state: ArrayBuffer): ArrayBuffer => {
    const now = states.read(state.slice(), LAYOUT_ID);
    if (now === undefined) throw new Error('a state is unreadable');
    return now;
  };
  const baselines: SavedBaselines = {
    key: undefined,
    isMigrated: true,
    principals: saved.principals.map(([name, group, zone, state]) => [name, group, zone, read(state)]),
    groups: saved.groups.map(([name, state]) => [name, read(state)]),
  };
  return { baselines, report: states.report };
}

/** Every number of a state by the name of its field, of the series that another build knows, too. */
const numbersOf = (build: Build, state: ArrayBuffer, other: Build): Record<string, number[]> => {
  const opened = build.state.openState(state);
  return Object.fromEntries(
    [...placesOf(build.state.LAYOUT).fields.values()].map((field) => {
      const all = [...opened[field.array].subarray(field.first, field.first + field.count)];
      if (field.of !== 'series') return [field.name, all];
      const known = build.state.LAYOUT.series.flatMap((name, at) =>
        other.state.LAYOUT.series.includes(name) ? [at] : [],
      );
      return [field.name, known.flatMap((at) => all.slice(at * field.each, (at + 1) * field.each))];
    }),
  );
};

const lived = (): SavedCore => {
  const watched = new Watched();
  watched.weeks(3, { every: 30 });
  for (const [day, ip] of ['10.5.0.1', '10.6.0.1'].entries())
    watched.use(MONDAY + 18 * DAY + (20 + day) * HOUR, { sourceIp: ip, action: `GET /v1/${ip}` });
  return structuredClone(watched.core.save());
};

const stateIn = ({ principals }: SavedBaselines): ArrayBuffer => {
  const state = principals[0]?.[3];
  if (state === undefined) throw new Error('no principal');
  return state;
};

/** The alerts of a burst, told by a build that goes on from there. */
function burstIn(build: Build, saved: SavedCore, baselines: SavedBaselines): unknown[] {
  const alerts = new Map<string, Alert>();
  const core = new build.core.Core(
    createRegistry([agent('a')]),
    // Checks look at places in the state: they must be of the same build.
    build.detectorFiles.loadDetectors(DETECTORS).map(({ detector }) => detector),
    (alert) => alerts.set(alert.id, alert),
    { names: NAMES_OF_PROCESS },
  );
  core.load(structuredClone({ ...saved, engine: { ...saved.engine, baselines: { ...baselines, key: undefined } } }));
  const watched = new Watched([agent('a')]);
  watched.goesOn(core);
  watched.burst(MONDAY + 21 * DAY + 10 * HOUR, 2_000, 100);
  return [...alerts.values()]
    .filter(({ start }) => start >= MONDAY + 21 * DAY)
    .map(({ id, severity }) => [id, severity]);
}

const builds = (): [string, Build][] => [
  ['one more field', withField],
  ['one more series', withSeries],
  ['a larger table', withTable],
];

describe('a build with one more field, one more series, or a larger table', () => {
  test('reads what this one saved, and this one what that one saved: all that both know is as it was', () => {
    for (const [what, other] of builds()) {
      const { engine } = lived();
      const there = readBy(other, here, engine.baselines);
      const back = readBy(here, other, there.baselines);
      expect(there.report.migrated, what).toBe(1);
      const before = numbersOf(here, stateIn(engine.baselines), other);
      const then = numbersOf(other, stateIn(there.baselines), here);
      const after = numbersOf(here, stateIn(back.baselines), other);
      for (const [name, numbers] of Object.entries(before)) {
        if (name !== 'missedDays') expect(after[name], `${what}: ${name}`).toEqual(numbers);
        expect(then[name]?.slice(0, numbers.length).length, `${what}: ${name}`).toBe(numbers.length);
      }
    }
  });

  test('gives the same alerts as this one', () => {
    const saved = lived();
    const expected = burstIn(here, saved, saved.engine.baselines);
    expect(expected).toHaveLength(1);
    for (const [what, other] of builds()) {
      const there = readBy(other, here, lived().engine.baselines).baselines;
      expect(burstIn(other, saved, there), what).toEqual(expected);
      expect(burstIn(here, saved, readBy(here, other, there).baselines), what).toEqual(expected);
    }
  });

  test('is told of with what starts anew', () => {
    const { baselines } = lived().engine;
    expect(readBy(withField, here, baselines).report).toEqual({
      ...{ migrated: 1, unreadable: 0 },
      ...{ anew: ['latest'], forgotten: [] },
    });
    expect(readBy(withSeries, here, baselines).report.anew).toEqual(['switches~86400000']);
    const there = readBy(withSeries, here, baselines).baselines;
    expect(readBy(here, withSeries, there).report).toMatchObject({ anew: [], forgotten: ['switches~86400000'] });
  });
});

test('a series that starts anew says nothing before it has days of its own', () => {
  const saved = lived();
  const there = readBy(withSeries, here, saved.engine.baselines).baselines;
  const state = withSeries.state.openState(stateIn(there));
  const added = withSeries.state.LAYOUT.series.indexOf('switches~86400000');
  expect(state.u16[withSeries.state.AT.missedDays + added]).toBe(state.f32[withSeries.state.AT.activeDays]);
  expect(state.f32[withSeries.state.AT.alarm + added]).toBe(Number.POSITIVE_INFINITY);
});

test('a smaller table keeps what was seen on the most days', async () => {
  const small = await anotherBuild(['state.ts', "table('actions', 138)", "table('actions', 4)"]);
  const watched = new Watched();
  for (let day = 0; day < 10; day++) {
    for (let action = 9; action >= 9 - day; action--)
      watched.use(MONDAY + day * DAY + (9 - action) * HOUR, { action: `GET /${action}` });
  }
  const saved = structuredClone(watched.core.engine.baselines.save());
  const there = small.state.openState(stateIn(readBy(small, here, saved).baselines));
  const { low, size } = small.state.AT.actions;
  expect(there.u16[size]).toBe(4);
  const kept = [9, 8, 7, 6].map((action) => NAMES_OF_PROCESS.action(`GET /${action}`).low);
  expect([...there.u32.subarray(low, low + 4)]).toEqual(kept);
});

test('a description that is no layout is none, and one that would take all memory', () => {
  const { LAYOUT } = here.state;
  expect(layoutFrom(JSON.parse(JSON.stringify(LAYOUT)))).toEqual(LAYOUT);
  const field = { name: 'x', array: 'f64', each: 1 };
  for (const none of [
    ...[null, 1, {}, [], { ...LAYOUT, series: 'all' }, { ...LAYOUT, tables: { actions: -1 } }],
    ...[{ ...field, array: 'f16' }, { ...field, each: 1e9 }, { ...field, each: 0.5 }, null].map((one) => ({
      ...LAYOUT,
      fields: [one],
    })),
  ])
    expect(layoutFrom(none), JSON.stringify(none)).toBeUndefined();
});
