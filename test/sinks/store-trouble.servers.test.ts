import { closeSync, mkdtempSync, openSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ServerUnavailableError, UsageError } from '../../src/errors.ts';
import { Store } from '../../src/sinks/store.ts';
import { runIn } from '../cli/process.ts';

const newFolder = (): string => join(mkdtempSync(join(tmpdir(), 'wayward-store-')), 'state');

const filled = (folder: string, documents = 2_000): void => {
  const store = new Store(folder);
  const text = JSON.stringify({ x: 'x'.repeat(500) });
  store.transaction(() => {
    for (let at = 0; at < documents; at++)
      store.run(
        `INSERT INTO alerts (id, revision, status, severity, agent, opened_at, document) VALUES (?, 1, 'open', 0, 'a', ?, ?)`,
        `id-${at}`,
        at,
        text,
      );
  });
  store.close();
};

/** Most of its end, as a failing disk leaves it: it still opens. */
const spoil = (folder: string): void => {
  const path = join(folder, 'wayward.db');
  const file = openSync(path, 'r+');
  const noise = Buffer.alloc(Math.floor(statSync(path).size * 0.8), 0xa5);
  writeSync(file, noise, 0, noise.length, statSync(path).size - noise.length);
  closeSync(file);
};

test('damage that shows only when something is read or written says which file and what to do', () => {
  const folder = newFolder();
  filled(folder);
  spoil(folder);
  const store = new Store(folder);
  for (const work of [
    () => store.all('SELECT * FROM alerts'),
    () => store.first('SELECT count(document) FROM alerts'),
    () => store.transaction(() => store.run("DELETE FROM alerts WHERE id = 'id-1'")),
  ]) {
    expect(work).toThrow(UsageError);
    expect(work).toThrow(/wayward\.db: is damaged; move it/);
  }
  store.close();
});

test('a full disk is said, what was saved before is whole, and it goes on once there is room', () => {
  const folder = newFolder();
  filled(folder);
  const store = new Store(folder);
  const pages = Number(store.first('PRAGMA page_count')?.page_count);
  store.run(`PRAGMA max_page_count = ${pages + 4}`);
  const write = (size: number) => () => store.transaction(() => store.saveCheckpoint('local', Buffer.alloc(size)));
  expect(write(1_000_000)).toThrow(ServerUnavailableError);
  expect(write(1_000_000)).toThrow(/wayward\.db: the disk is full; mend that and start again: what was saved is whole/);
  expect(store.loadCheckpoint('local')).toBeUndefined();
  store.run('PRAGMA max_page_count = 1000000');
  write(1_000_000)();
  expect(store.loadCheckpoint('local')).toHaveLength(1_000_000);
  store.close();
});

test('a command that meets a damaged store ends with 2, not as an internal error', async () => {
  const folder = newFolder();
  filled(join(folder, '.wayward'));
  spoil(join(folder, '.wayward'));
  const ended = await runIn(folder, ['alerts', 'list']);
  expect(ended).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^.*wayward\.db: is damaged; move it.*\n$/),
  });
});
