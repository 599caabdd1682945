import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { Outbox } from '../../src/response/outbox.ts';
import { Store } from '../../src/sinks/store.ts';
import {
  alertIdsLike,
  closingOfAlert,
  closingsAfter,
  countAlerts,
  listAlerts,
  loadAlert,
  saveAlert,
  saveClosing,
} from '../../src/sinks/store-alerts.ts';
import { MIGRATIONS } from '../../src/sinks/store-schema.ts';
import { alertOf } from '../response/alert-of.ts';

const newFolder = (): string => join(mkdtempSync(join(tmpdir(), 'wayward-store-')), 'state');

test('the state folder is private, and so is every file in it', () => {
  const folder = newFolder();
  const store = new Store(folder);
  store.setSetting('halted', true);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of ['wayward.db', 'wayward.db-wal', 'wayward.db-shm']) {
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  }
  store.close();
});

test('a checkpoint and the alerts of one transaction are kept together, or not at all', () => {
  const folder = newFolder();
  const store = new Store(folder);
  store.transaction(() => {
    saveAlert(store, alertOf({ id: 'kept' }));
    store.saveCheckpoint('pipeline', 'first');
  });
  expect(() =>
    store.transaction(() => {
      saveAlert(store, alertOf({ id: 'lost' }));
      store.transaction(() => store.saveCheckpoint('pipeline', 'second'));
      throw new Error('stopped in the middle');
    }),
  ).toThrow('stopped in the middle');
  store.close();

  const reopened = new Store(folder);
  expect(reopened.loadCheckpoint('pipeline')?.toString()).toBe('first');
  expect(loadAlert(reopened, 'kept')?.id).toBe('kept');
  expect(loadAlert(reopened, 'lost')).toBeUndefined();
  expect(reopened.loadCheckpoint('nothing')).toBeUndefined();
  reopened.close();
});

test('two processes may have the store open and see what the other wrote', () => {
  const folder = newFolder();
  const [a, b] = [new Store(folder), new Store(folder)];
  a.setSetting('halted', { by: 'ann' });
  expect(b.setting('halted')).toEqual({ by: 'ann' });
  b.setSetting('halted', undefined);
  expect(a.setting('halted')).toBeUndefined();
  a.close();
  b.close();
});

test('an older revision never replaces a newer one', () => {
  const store = new Store(newFolder());
  saveAlert(store, alertOf({ id: 'a', revision: 3, severity: 'high' }));
  saveAlert(store, alertOf({ id: 'a', revision: 2, severity: 'low' }));
  expect(loadAlert(store, 'a')).toMatchObject({ revision: 3, severity: 'high' });
  store.close();
});

test('alerts are listed by incident, verdict, severity, agent and time; a verdict counts at once, and the last one', () => {
  const store = new Store(newFolder());
  saveAlert(store, alertOf({ id: 'a1', openedAt: 1000, severity: 'low' }));
  saveAlert(store, alertOf({ id: 'b1', openedAt: 3000, severity: 'critical', agent: 'other' }));
  saveAlert(store, alertOf({ id: 'b2', openedAt: 2000, severity: 'high' }));
  const ids = (filter: Parameters<typeof listAlerts>[1]) => listAlerts(store, filter).map(({ id }) => id);
  expect(ids({})).toEqual(['a1', 'b2', 'b1']);
  expect(ids({ severity: 'high' })).toEqual(['b2', 'b1']);
  expect(ids({ agent: 'other' })).toEqual(['b1']);
  expect(ids({ since: 2000, until: 3000 })).toEqual(['b2']);
  expect(alertIdsLike(store, 'b')).toEqual(['b1', 'b2']);

  saveClosing(store, { alert: 'b2', verdict: 'benign', because: 'new release', by: 'ann', at: 5 });
  saveClosing(store, { alert: 'b2', verdict: 'confirmed', because: 'was not', by: 'bob', at: 6 });
  expect(ids({ state: 'running' })).toEqual(['a1', 'b1']);
  expect(ids({ state: 'over' })).toEqual(['b2']);
  expect(ids({ verdict: 'new' })).toEqual(['a1', 'b1']);
  expect([ids({ verdict: 'confirmed' }), ids({ verdict: 'benign' })]).toEqual([['b2'], []]);
  expect(listAlerts(store, { verdict: 'confirmed' })).toMatchObject([
    { state: 'over', revision: 2, verdict: { value: 'confirmed', because: 'was not', by: 'bob', at: 6 } },
  ]);
  expect(countAlerts(store, { severity: 'high', verdict: 'new' })).toBe(1);
  expect(closingOfAlert(store, 'b2')?.verdict).toBe('confirmed');
  expect(closingsAfter(store, 1).map(({ by }) => by)).toEqual(['bob']);
  store.close();
});

test('a file that is damaged, foreign or newer is refused with what to do', () => {
  const noise = newFolder();
  new Store(noise).close();
  writeFileSync(join(noise, 'wayward.db'), 'this is no database '.repeat(300));
  expect(() => new Store(noise)).toThrow(/wayward\.db: is damaged; move it/);

  const foreign = newFolder();
  new Store(foreign).close();
  const other = join(foreign, 'other.db');
  const database = new DatabaseSync(other);
  database.exec('CREATE TABLE theirs (x)');
  database.close();
  copyFileSync(other, join(foreign, 'wayward.db'));
  const before = readFileSync(other);
  expect(() => new Store(foreign)).toThrow(/is not a store of Wayward/);
  expect(readFileSync(join(foreign, 'wayward.db'))).toEqual(before);

  const newer = newFolder();
  new Store(newer).close();
  const upgraded = new DatabaseSync(join(newer, 'wayward.db'));
  upgraded.exec('PRAGMA user_version = 999');
  upgraded.close();
  expect(() => new Store(newer)).toThrow(UsageError);
  expect(() => new Store(newer)).toThrow(/made by a newer Wayward \(schema 999/);
});

test('a state folder that cannot be made is refused with its path', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'wayward-store-')), 'a-file');
  writeFileSync(file, '');
  expect(() => new Store(join(file, 'state'))).toThrow(/a-file.state.wayward\.db: cannot be written \(ENOTDIR\)/);
});

test('a file cut short is refused, not read as empty', () => {
  const folder = newFolder();
  new Store(folder).close();
  truncateSync(join(folder, 'wayward.db'), 5000);
  expect(() => new Store(folder)).toThrow(/damaged/);
});

test('changes that a version before steps had ids recorded are read as what they say in words', () => {
  const older = new DatabaseSync(':memory:');
  for (const step of MIGRATIONS.slice(0, 6)) older.exec(step);
  const session = older.createSession();
  const add = older.prepare(
    `INSERT INTO outbox (key, cause, action, credential, agent, peer_group, detail, position, state, due_at, alert_at, note)
     VALUES (?, ?, ?, 'cred-1', 'agent-1', 'group-1', ?, ?, 'calling', 0, 0, ?)`,
  );
  add.run('a', '5f2a91', 'revoke', 'lock it', 0, null);
  add.run('b', 'restore-1', 'restore', 'undo: lock it', 0, null);
  add.run('c', 'rotation-1', 'rotate', 'rotate: give it a new password', 0, 'waits: for its turn');
  add.run('d', 'drill-1', 'revoke', 'lock it', 0, 'connection refused');
  add.run('e', '5f2a91', 'notify', '{}', 3, null);
  add.run('f', '5f2a91', 'notify', '{}', 100, null);
  const store = new Store(newFolder());
  store.apply(session.changeset());
  const outbox = new Outbox(store);
  const read = [...'abcdef'].map((key) => outbox.step(key));
  expect(read.map((step) => [step?.kind, step?.origin, step?.waits, step?.spec])).toEqual([
    ['revoke', 'alert', false, undefined],
    ['revoke', 'order', false, undefined],
    ['rotate', 'rotation', true, undefined],
    ['revoke', 'drill', false, undefined],
    ['notice', 'alert', false, undefined],
    ['page', 'alert', false, undefined],
  ]);
  expect(read[1]?.step).toBe(read[0]?.step);
  older.close();
  store.close();
});
