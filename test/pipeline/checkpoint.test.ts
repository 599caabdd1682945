import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Credential } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadDetectors } from '../../src/config/detector-files.ts';
import { loadCheckpoint, saveCheckpoint } from '../../src/pipeline/checkpoint.ts';
import { Core } from '../../src/pipeline/core.ts';
import { type OrderedUse, PendingUse } from '../../src/pipeline/ordered.ts';
import { Store } from '../../src/sinks/store.ts';
import { credential, identity, use } from '../attribution/helpers.ts';
import { temporaryFolder } from '../config/temp.ts';
import { LOADING } from './loading.ts';

const T0 = Date.UTC(2026, 10, 2, 9);
const MINUTE = 60_000;
const detectors = loadDetectors('detectors').map(({ detector }) => detector);

const coreOf = (credentials: readonly Credential[], changed: (alert: Alert) => void = () => {}): Core =>
  new Core(createRegistry(credentials), detectors, changed);

/** One use a minute. */
const usesOf = (id: string, from: number, count: number): OrderedUse[] =>
  Array.from({ length: count }, (_, at) => {
    const time = from + at * MINUTE;
    const bytes = Buffer.from(`${id} ${time}`);
    return new PendingUse(use([identity('credential_id', id)], { time }), bytes, 0, bytes.length, 0);
  });

const NO_EVENTS = { events: [], left: null, occurrences: { time: null, counts: [] }, overflow: 0, behind: 0 };
const save = (store: Store, core: Core): void => {
  const merge = { lanes: [], pending: NO_EVENTS };
  store.transaction(() => saveCheckpoint(store, { merge, core: core.saveChanges(), closing: 0, deadLetters: 0 }));
};

const savedIn = (store: Store) => {
  const checkpoint = loadCheckpoint(store, LOADING);
  if (checkpoint === undefined) throw new Error('no checkpoint');
  return checkpoint.core;
};

/** As it comes back. */
const saved = (core: Core) => {
  const { engine, ...rest } = core.save();
  return { ...rest, engine: { ...engine, baselines: { ...engine.baselines, isMigrated: false } } };
};

test('only the baselines that changed are saved, and all of them come back', () => {
  const store = new Store(temporaryFolder());
  const core = coreOf([credential('a'), credential('b')]);
  core.process([...usesOf('a', T0, 20), ...usesOf('b', T0 + 20 * MINUTE, 20)]);
  save(store, core);
  core.process(usesOf('b', T0 + 60 * MINUTE, 20));
  const changed = core.engine.baselines.takeChanged();
  expect([changed.principals.map(([name]) => name), changed.groups.length]).toEqual([['agent-b/api-key'], 1]);

  core.process([...usesOf('b', T0 + 90 * MINUTE, 1)]);
  save(store, core);
  expect(savedIn(store)).toEqual(saved(core));
  core.process(usesOf('a', T0 + 100 * MINUTE, 3));
  save(store, core);
  expect(savedIn(store)).toEqual(saved(core));
  store.close();
});

test('an agent that the registry has moved to other peers goes on with those, and with what was known of itself', () => {
  const core = coreOf([credential('a'), credential('b')]);
  core.process([...usesOf('a', T0, 20), ...usesOf('b', T0 + 20 * MINUTE, 20)]);
  const moved = coreOf([
    credential('a', { peerGroup: 'others', hours: 'Mon-Fri 06:00-20:00 Europe/Berlin' }),
    credential('b'),
  ]);
  moved.load(core.save());
  const before = core.engine.baselines.save().principals;
  const after = moved.engine.baselines.save().principals;
  expect(after.map(([name, group, zone]) => [name, group, zone])).toEqual([
    ['agent-a/api-key', 'others/api-key', 'Europe/Berlin'],
    ['agent-b/api-key', 'agents/api-key', 'UTC'],
  ]);
  expect(after.map(([, , , state]) => state)).toEqual(before.map(([, , , state]) => state));
});

test('what comes after a person has closed an alert is another alert, not hidden in the closed one', () => {
  const alerts = new Map<string, Alert>();
  const late = { issuedAt: T0 - 86_400_000, expiresAt: T0 - 1 };
  const core = coreOf([credential('a', late)], (alert) => alerts.set(alert.id, alert));
  core.process(usesOf('a', T0, 1));
  const [first] = alerts.values();
  if (first === undefined) throw new Error('an expired credential is an alert');
  core.close(first, 'confirmed');
  expect(alerts.get(first.id)?.state).toBe('over');

  const leak = usesOf('a', T0 + MINUTE, 1).map((event) => {
    const leaking = { ...event.use, leaks: [{ kind: 'jwt', field: 'url.query' }] };
    return new PendingUse(leaking, Buffer.from('leak'), 0, 4, 0);
  });
  core.process(leak);
  expect([...alerts.values()].map(({ state }) => state)).toEqual(['over', 'running']);
});
