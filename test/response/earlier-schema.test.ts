import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { respondTo } from '../../src/response/responder.ts';
import { APPLICATION_ID, MIGRATIONS } from '../../src/sinks/store-schema.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';
import { saidOfCommand } from './said-of.ts';

const MINUTE = 60_000;

/** The store of the version that knew no places that are kept and asked nobody again, with these rows in its outbox. */
function storeOfSchema8(rows: readonly Readonly<Record<string, string | number | null>>[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-schema-8-'));
  const store = new DatabaseSync(join(folder, 'wayward.db'));
  for (const step of MIGRATIONS.slice(0, 8)) store.exec(step);
  store.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 8`);
  for (const row of rows) {
    const names = Object.keys(row);
    store
      .prepare(`INSERT INTO outbox (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(row));
  }
  store.close();
  return folder;
}

const row = (key: string, changes: Readonly<Record<string, string | number | null>>) => ({
  ...{ key, cause: 'alert-1', action: 'revoke', credential: 'cred-billing-pg', agent: 'billing-agent-1' },
  ...{ peer_group: 'billing-agent', detail: saidOfCommand('lock-out'), position: 0, state: 'planned', due_at: NOW },
  ...{ alert_at: NOW, event_at: NOW, spec: JSON.stringify({ with: 'command', command: 'lock-out' }), step: 'step' },
  ...{ kind: 'revoke', origin: 'alert', waits: 0 },
  ...changes,
});

test('what an earlier version asked about ends in time, and is asked again while misuse goes on', async () => {
  const folder = storeOfSchema8([row('a', { expires_at: NOW + 15 * MINUTE })]);
  const locks = locksOf({ 'lock-out': true });
  const response = responseOf({ mode: 'auto' }, [credentialOf(ladderOf(locks, 'lock-out'))], locks.settings, {
    folder,
  });
  response.at(NOW + 16 * MINUTE);
  await response.worker().drain();
  expect(response.outbox.step('a')?.state).toBe('expired');
  response.state.run("INSERT INTO decided VALUES ('alert-1', 2, 3, 1)"); // it was decided then
  const usedAt = NOW + 17 * MINUTE;
  response.at(usedAt);
  const decisions = respondTo(alertOf({ lastEvidence: { 'cred-billing-pg': usedAt } }), response);
  expect(decisions).toMatchObject([{ outcome: 'approve', because: expect.stringContaining('nobody approved it') }]);
  expect(response.outbox.waiting()).toMatchObject([{ key: 'a', asked: 1, expiresAt: NOW + 32 * MINUTE }]);
});

test('what it decided and did not come to is made, and counts against the limits as any alert does', async () => {
  const rows = ['a', 'b', 'c'].map((name) => {
    const done = { state: 'verified', decided_by: 'automatic', decided_at: NOW, called_at: NOW, done_at: NOW };
    return row(name, { ...done, cause: name, credential: name, agent: name, peer_group: name });
  });
  const left = row('left', { state: 'approved', decided_by: 'automatic', decided_at: NOW });
  const folder = storeOfSchema8([...rows, left]);
  const locks = locksOf({ 'lock-out': true });
  const steps = ladderOf(locks, 'lock-out');
  const other = (name: string) => credentialOf({ id: name, agent: name, peerGroup: name, ...steps });
  const credentials = [credentialOf(steps), other('e'), other('f')];
  const response = responseOf({ mode: 'auto' }, credentials, locks.settings, { folder });
  await response.worker().drain();
  expect(response.outbox.step('left')?.state).toBe('verified');
  const outcomes = (id: string, changes: object = {}) =>
    respondTo(alertOf({ id, credentials: [id], ...changes }), response).map(({ outcome }) => outcome);
  expect(outcomes('e')).toEqual(['approve']);
  expect(outcomes('f', { severity: 'critical' })).toEqual(['auto']);
});
