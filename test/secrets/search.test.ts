import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../config/temp.ts';
import { type Canary, canariesOfEveryShape, canaryOf, jsonWebToken, serviceAccountKey } from './canaries.ts';
import { Search } from './search.ts';

/** The tests beside this one are worth something only if a secret that does come out is found. */

const CANARIES = [...canariesOfEveryShape(), jsonWebToken(), serviceAccountKey('https://oauth2.googleapis.com/token')];
const found = (canary: Canary, text: string | Uint8Array): boolean => new Search([canary]).in('here', text).length > 0;

test('each canary has a part that can be looked for, and its own only', () => {
  for (const canary of CANARIES) {
    expect(canary.parts.length, canary.name).toBeGreaterThan(0);
    for (const own of canary.parts) expect(found({ ...canary, value: '', parts: [own] }, canary.value)).toBe(true);
  }
  const parts = CANARIES.flatMap((canary) => canary.parts);
  expect(new Set(parts).size).toBe(parts.length);
});

describe.each(CANARIES)('$name', (canary) => {
  const { value } = canary;

  test.each<[string, (text: string) => string | Uint8Array]>([
    ['as it is', (text) => `password ${text} refused`],
    ['in a JSON string', (text) => JSON.stringify({ note: text })],
    ['in a JSON string in a JSON string', (text) => JSON.stringify({ body: JSON.stringify({ note: text }) })],
    ['percent-encoded', (text) => `https://h/?x=${encodeURIComponent(text)}&y=1`],
    ['percent-encoded twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['as a form has it', (text) => new URLSearchParams({ token: text }).toString()],
    ['in hex', (text) => `0x${Buffer.from(text).toString('hex')}`],
    ['in UTF-16', (text) => Buffer.from(`say ${text}`, 'utf16le')],
    ['in small letters', (text) => text.toLowerCase()],
    ...[0, 1, 2, 3].flatMap((before) =>
      (['base64', 'base64url'] as const).map((encoding): [string, (text: string) => string] => [
        `in ${encoding} behind ${before} other bytes`,
        (text) => `Basic ${Buffer.from(`${'user'.slice(0, before)}${text}:end`).toString(encoding)}`,
      ]),
    ),
  ])('is found %s', (_form, written) => {
    expect(found(canary, written(value))).toBe(true);
  });

  test('is found where only its beginning or its end came out', () => {
    const [own = ''] = canary.parts;
    expect(found(canary, `cut off: …${own}…`)).toBe(true);
  });

  test('is not found where it is not', () => {
    expect(found(canary, 'nothing of it: [redacted], {"password":"[redacted:password]"}')).toBe(false);
  });
});

test('it is found in a database of SQLite, also in what is not yet in its main file, and in the name of a file', () => {
  const folder = temporaryFolder();
  const canary = canaryOf('a password', 'Zx81Qw77Er55Ty33');
  const search = new Search([canary]);
  const database = new DatabaseSync(join(folder, 'wayward.db'));
  try {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE notes (text); PRAGMA wal_checkpoint(TRUNCATE)');
    expect(search.inFolder('state', folder)).toEqual([]);
    database.prepare('INSERT INTO notes VALUES (?)').run(`with ${canary.value}`);
    expect(search.inFolder('state', folder)).toEqual([expect.stringContaining('in state/wayward.db-wal at')]);
  } finally {
    database.close();
  }
  expect(search.inFolder('state', folder)).toEqual([expect.stringContaining('in state/wayward.db at')]);
  mkdirSync(join(folder, 'deeper'));
  writeFileSync(join(folder, 'deeper', `${canary.value}.log`), '');
  expect(search.inFolder('state', folder)).toContainEqual(expect.stringContaining('in the name of state'));
});
