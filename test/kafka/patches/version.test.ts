import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKafka, requireKafka } from '../../../src/kafka/client.ts';
import { PATCHED_VERSION } from '../../../src/kafka/patches/version.ts';
import { settingsOf } from '../settings-of.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const jsonOf = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));

test('package.json and its lock name the version that the patches are for, and no range', () => {
  expect(jsonOf('package.json').dependencies.kafkajs).toBe(PATCHED_VERSION);
  expect(jsonOf('package-lock.json').packages['node_modules/kafkajs'].version).toBe(PATCHED_VERSION);
});

test('another version is refused before anything is asked of a broker: which is there, which is needed, and how to get it', async () => {
  const installed: { version: string } = createRequire(import.meta.url)('kafkajs/package.json');
  installed.version = '2.3.0';
  onTestFinished(() => {
    installed.version = PATCHED_VERSION;
  });
  const settings = await settingsOf({ brokers: ['localhost:1'] });
  const refused = {
    name: 'UsageError',
    message: expect.stringMatching(/^kafkajs 2\.3\.0 is installed, and Wayward needs 2\.2\.4.*; run npm ci/),
  };
  await expect(requireKafka(settings)).rejects.toMatchObject(refused);
  expect(() => createKafka(settings, { info() {}, warn() {}, error() {} })).toThrow(expect.objectContaining(refused));
});
