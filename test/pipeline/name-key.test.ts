import { expect, test } from 'vitest';
import { createRegistry } from '../../src/attribution/registry.ts';
import { Names } from '../../src/baselines/names.ts';
import { UsageError } from '../../src/errors.ts';
import { Core } from '../../src/pipeline/core.ts';
import { underKey } from '../../src/pipeline/name-key.ts';
import { agent, DAY, HOUR, Watched } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

/** A state under another key than the one it was learned under. */

const OTHER = new Names(Buffer.alloc(32, 9));

test('is refused, with what to do', () => {
  const { baselines } = new Watched().core.engine;
  const saved = baselines.save();
  expect(underKey(saved, { key: String(saved.key), forgetNames: false }, 'state')).toBe(saved);
  expect(() => underKey(saved, { key: OTHER.id, forgetNames: false }, 'state')).toThrow(UsageError);
  expect(() => underKey(saved, { key: OTHER.id, forgetNames: false }, 'state')).toThrow(
    /put that key back.*--forget-names/,
  );
});

test('is taken without its names where a person accepts that: it raises nothing on what it learns anew, and keeps its volumes', () => {
  const watched = new Watched([agent('a')], shippedDetectors());
  const now = watched.weeks(3, { every: 10 });
  const saved = watched.core.save();
  const baselines = underKey(saved.engine.baselines, { key: OTHER.id, forgetNames: true }, 'state');
  const alerts: string[] = [];
  const core = new Core(
    createRegistry([agent('a')]),
    shippedDetectors(),
    ({ principal, title }) => alerts.push(`${principal} ${title}`),
    { names: OTHER },
  );
  core.load(structuredClone({ ...saved, engine: { ...saved.engine, baselines } }));
  const next = new Watched();
  next.goesOn(core);
  for (let hour = 8; hour < 18; hour++)
    for (let at = 0; at < 6; at++) next.use(now + hour * HOUR + at * 600_000, { action: `GET /v1/x-${hour}-${at}` });
  expect(alerts).toEqual([]);
  next.burst(now + DAY + 10 * HOUR, 3_000, 100);
  expect(alerts.length).toBeGreaterThan(0);
  expect(core.engine.baselines.save().key).toBe(OTHER.id);
});
