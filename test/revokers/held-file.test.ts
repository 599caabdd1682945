import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { holdFile, readText } from '../../src/revokers/held-file.ts';
import { temporaryFolder } from '../config/temp.ts';
import { failureOf } from './failure.ts';

function newFile(text: string | Buffer, mode = 0o755): string {
  const folder = temporaryFolder();
  const file = join(folder, 'f');
  writeFileSync(file, text);
  chmodSync(folder, mode);
  onTestFinished(() => chmodSync(folder, 0o700));
  return file;
}

/** What a user without rights is told; root gives up its own for it. */
async function toldToNobody(file: string): Promise<string> {
  const code = `
    const { holdFile } = await import(process.argv[1]);
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    await holdFile(process.argv[2], (file) => file.replace('theirs')).catch(({ message, retryable }) => console.log(retryable, message));`;
  const source = join(import.meta.dirname, '..', '..', 'src', 'revokers', 'held-file.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code, source, file]);
  return stdout.trim();
}

test('a user who may not write in the folder is told what is missing', async () => {
  const file = newFile('ours', 0o555);
  expect(await toldToNobody(file)).toMatch(
    /^false .*\/f cannot be locked: Wayward must be able to write .*\/\.f\.wayward-lock$/,
  );
  expect(readFileSync(file, 'utf8')).toBe('ours');
});

test('a user who may not even read it is told so', async () => {
  const file = newFile('ours', 0o000);
  expect(await toldToNobody(file)).toMatch(
    /^false .*\/f cannot be changed \(EACCES\): Wayward may not: give it the right/,
  );
});

test.skipIf(process.getuid?.() !== 0)('a user who cannot keep the owner leaves the file alone', async () => {
  const file = newFile('ours', 0o777);
  expect(await toldToNobody(file)).toMatch(/^false .*\(EPERM\): Wayward may not keep its owner and mode/);
  expect(readFileSync(file, 'utf8')).toBe('ours');
  expect(readdirSync(join(file, '..')).sort()).toEqual(['.f.wayward-lock', 'f']);
});

test('what somebody else writes meanwhile is kept, and the next attempt builds on it', async () => {
  const file = newFile('ours');
  const error = await failureOf(
    holdFile(file, async (held) => {
      writeFileSync(file, 'theirs, by hand');
      await held.replace('ours, changed');
    }),
  );
  expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('was changed by somebody else') });
  expect(readFileSync(file, 'utf8')).toBe('theirs, by hand');
  await holdFile(file, (held) => held.replace(`${held.text}, and ours`));
  expect(readFileSync(file, 'utf8')).toBe('theirs, by hand, and ours');
});

test('work that fails lets go of the file', async () => {
  const file = newFile('ours');
  await expect(holdFile(file, () => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError);
  await holdFile(file, (held) => held.replace('changed'));
  expect(readFileSync(file, 'utf8')).toBe('changed');
});

test.each([
  ['is not UTF-8 text', Buffer.from([0xff, 0xfe, 0x00])],
  ['is larger than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, ' ')],
])('a file that %s is left alone', async (why, bytes) => {
  const file = newFile(bytes);
  expect(await failureOf(readText(file))).toMatchObject({ retryable: false, message: expect.stringContaining(why) });
  expect(await failureOf(holdFile(file, (held) => held.replace('x')))).toMatchObject({ retryable: false });
  expect(readFileSync(file).equals(bytes)).toBe(true);
});
