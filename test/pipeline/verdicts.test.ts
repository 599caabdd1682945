import { expect, onTestFinished, test, vi } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { NAMES_OF_PROCESS } from '../../src/baselines/names.ts';
import { LocalPipeline } from '../../src/pipeline/local.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { Outgoing } from '../../src/pipeline/outgoing.ts';
import { Store } from '../../src/sinks/store.ts';
import { closingsAfter, loadAlert, saveAlert, saveClosing } from '../../src/sinks/store-alerts.ts';
import { OutgoingTable } from '../../src/sinks/store-outgoing.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';

/** A local store, and runs of the path over nothing new: what people have said meanwhile is taken in. */
function place() {
  const store = new Store(temporaryFolder());
  onTestFinished(() => store.close());
  const table = new OutgoingTable(store);
  /** Principals whose baseline was told that something was benign. */
  const lessons: string[] = [];
  const run = async (closing?: number): Promise<Alert[]> => {
    const told: Alert[] = [];
    const pipeline = new LocalPipeline(new Merge([]), {
      store,
      registry: createRegistry([]),
      detectors: [],
      names: NAMES_OF_PROCESS,
      respond: () => {},
      saved: (alerts) => told.push(...alerts),
      outgoing: new Outgoing(store, [table]),
    });
    if (closing !== undefined) {
      const merge = {
        lanes: [],
        pending: { events: [], left: null, occurrences: { time: null, counts: [] }, overflow: 0, behind: 0 },
      };
      pipeline.load({ merge, core: pipeline.core.save(), closing, deadLetters: 0 });
    }
    const learned = vi.spyOn(pipeline.core.engine, 'accept');
    await pipeline.run();
    lessons.push(...learned.mock.calls.map(([principal]) => principal));
    return told;
  };
  const delivered = () => table.alerts().map(({ item }) => item);
  return { store, run, delivered, lessons };
}

const said = { alert: 'alert-1', because: 'new release', by: 'ann', at: 1_800_000_100_000 };

test('a verdict on an incident that is over is a new revision, saved and on its way to Elasticsearch, and no call to the SOC', async () => {
  const { store, run, delivered } = place();
  saveAlert(store, alertOf({ state: 'over', revision: 3 }));
  saveClosing(store, { ...said, verdict: 'benign' });
  await run();
  const now = {
    state: 'over',
    revision: 4,
    verdict: { value: 'benign', by: 'ann', at: said.at, because: 'new release' },
  };
  expect(loadAlert(store, 'alert-1')).toMatchObject(now);
  expect(delivered()).toMatchObject([{ alert: now, rose: false }]);
  expect(await run(1)).toEqual([]);
});

test('another verdict is another revision, and read again it is none', async () => {
  const { store, run } = place();
  saveAlert(store, alertOf({ state: 'over', revision: 3 }));
  saveClosing(store, { ...said, verdict: 'benign' });
  await run();
  saveClosing(store, { ...said, verdict: 'confirmed', because: 'it was a theft', at: said.at + 1 });
  await run(1);
  expect(loadAlert(store, 'alert-1')).toMatchObject({
    revision: 5,
    verdict: { value: 'confirmed', because: 'it was a theft' },
  });
  expect(await run(0)).toEqual([]); // a run that has forgotten how far it was
});

test('verdicts that an earlier version took, and left out of the alerts, are made up for', async () => {
  const { store, run, delivered } = place();
  const { state: _, ...alert } = alertOf();
  const insert =
    'INSERT INTO alerts (id, revision, status, severity, agent, opened_at, document) VALUES (?, ?, ?, ?, ?, ?, ?)';
  for (const id of ['alert-1', 'alert-2', 'alert-3']) {
    const document = JSON.stringify({ ...alert, id, status: 'closed', revision: 2 });
    store.run(insert, id, 2, 'closed', 2, alert.agent ?? null, alert.openedAt, document);
  }
  const close = 'INSERT INTO closings (alert, verdict, because, by, at) VALUES (?, ?, ?, ?, ?)';
  store.run(close, 'alert-1', 'true', 'a theft', 'ann', 5);
  store.run(close, 'alert-2', 'benign', 'new release', 'bob', 6);
  await run(2);
  expect(
    delivered().map(({ alert: { id, revision, verdict } }) => [id, revision, verdict?.value, verdict?.by]),
  ).toEqual([
    ['alert-1', 3, 'confirmed', 'ann'],
    ['alert-2', 3, 'benign', 'bob'],
  ]);
  expect(loadAlert(store, 'alert-3')).toMatchObject({ state: 'over', revision: 2 });
  expect(await run(2)).toEqual([]);
});

test('what an earlier version left on its way to Elasticsearch is brought there', () => {
  const { store, delivered } = place();
  const { state: _, ...alert } = alertOf();
  const body = JSON.stringify({ alert: { ...alert, status: 'open' }, rose: true });
  store.run("INSERT INTO outgoing (kind, name, body) VALUES ('alert', 'alert-1/high', ?)", body);
  expect(delivered()).toEqual([{ alert: alertOf(), rose: true }]);
});

test('each benign teaches once: not when it is repeated, and again only after another verdict', async () => {
  const { store, run, lessons } = place();
  saveAlert(store, alertOf({ state: 'over', revision: 3 }));
  const saying = async (...verdicts: ('benign' | 'confirmed')[]) => {
    const before = closingsAfter(store, 0).length;
    for (const [at, verdict] of verdicts.entries()) saveClosing(store, { ...said, verdict, at: said.at + before + at });
    await run(before);
    return lessons.splice(0).length;
  };
  expect(await saying('benign')).toBe(1);
  expect(await saying('benign', 'benign')).toBe(0);
  expect(await saying('confirmed')).toBe(0);
  expect(await saying('benign')).toBe(1);
  expect(await saying('confirmed', 'benign', 'benign', 'confirmed')).toBe(1);
  expect(loadAlert(store, 'alert-1')?.verdict).toMatchObject({ value: 'confirmed', at: said.at + 8 });
});
