import { expect, test } from 'vitest';
import { Store } from '../../src/sinks/store.ts';
import { OutgoingTable } from '../../src/sinks/store-outgoing.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { activity } from './elasticsearch/deliverables.ts';

const open = (folder = temporaryFolder()) => new Store(folder);

test('what was put comes out in order, each kind for itself, until it is removed', () => {
  const store = open();
  const table = new OutgoingTable(store);
  const documents = activity('one', 3);
  for (const document of documents) table.putDocument(document);
  table.putAlert({ alert: alertOf(), rose: true });
  expect(table.documents().map(({ item }) => item)).toEqual(documents);
  expect(table.alerts().map(({ item }) => item)).toEqual([{ alert: alertOf(), rose: true }]);
  table.remove(table.documents().slice(0, 2));
  expect(table.documents().map(({ item }) => item)).toEqual(documents.slice(2));
  expect([table.waiting('alert'), table.waiting('document')]).toEqual([1, 1]);
  store.close();
});

test('it is there after a restart, and numbers go on', () => {
  const folder = temporaryFolder();
  const first = open(folder);
  const before = new OutgoingTable(first);
  for (const document of activity('kept', 2)) before.putDocument(document);
  const { last } = before;
  before.remove(before.documents().slice(1));
  first.close();
  const second = open(folder);
  const after = new OutgoingTable(second);
  expect(after.documents().map(({ item }) => item.id)).toEqual(['kept-0']);
  after.putDocument(activity('new', 1)[0] as never);
  expect(after.last).toBeGreaterThan(last); // a number that was given is never given again
  second.close();
});

test('of an alert that changes all the time only the newest form waits, beside one for each severity it reached', () => {
  const store = open();
  const table = new OutgoingTable(store);
  store.transaction(() => {
    table.putAlert({ alert: alertOf({ severity: 'low', revision: 1 }), rose: true });
    for (let revision = 2; revision < 1_000; revision++)
      table.putAlert({ alert: alertOf({ severity: 'low', revision }), rose: false });
    table.putAlert({ alert: alertOf({ severity: 'high', revision: 1_000 }), rose: true });
  });
  expect(table.alerts().map(({ item }) => [item.alert.severity, item.alert.revision, item.rose])).toEqual([
    ['low', 1, true],
    ['low', 999, false],
    ['high', 1_000, true],
  ]);
  store.close();
});

test('a newer form that came while the one before it was on its way is not removed with that', () => {
  const store = open();
  const table = new OutgoingTable(store);
  table.putAlert({ alert: alertOf({ revision: 2 }), rose: false });
  const underWay = table.alerts();
  table.putAlert({ alert: alertOf({ revision: 3 }), rose: false });
  table.remove(underWay);
  expect(table.alerts().map(({ item }) => item.alert.revision)).toEqual([3]);
  store.close();
});

test('documents beyond the limit are dropped and counted, alerts never; there is room again after', () => {
  const store = open();
  const table = new OutgoingTable(store, 'elasticsearch', 10);
  for (const document of activity('many', 25)) table.putDocument(document);
  for (let id = 0; id < 25; id++) table.putAlert({ alert: alertOf({ id: `alert-${id}` }), rose: true });
  expect([table.waiting('document'), table.waiting('alert'), table.dropped]).toEqual([10, 25, 15]);
  expect(table.isFull).toBe(true);
  table.remove(table.documents().slice(0, 4));
  for (const document of activity('later', 5)) table.putDocument(document);
  expect([table.waiting('document'), table.dropped]).toEqual([10, 16]);
  store.close();
});

test('what was put in a transaction that failed is not there', () => {
  const store = open();
  const table = new OutgoingTable(store);
  const work = () =>
    store.transaction(() => {
      table.putDocument(activity('undone', 1)[0] as never);
      throw new Error('no space left');
    });
  expect(work).toThrow('no space left');
  expect(table.documents()).toEqual([]);
  store.close();
});
