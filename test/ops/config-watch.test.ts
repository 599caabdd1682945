import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigWatch } from '../../src/ops/config-watch.ts';
import { temporaryFolder } from '../config/temp.ts';

/** Nothing tells when a watch has read what runs, or has looked: some looks, milliseconds. */
const SOME_LOOKS = 100;

function newWatch() {
  const root = temporaryFolder();
  const [config, credentials, folder] = ['wayward.yaml', 'credentials.yaml', 'detectors'].map((name) =>
    join(root, name),
  );
  if (config === undefined || credentials === undefined || folder === undefined) throw new Error('no paths');
  writeFileSync(config, 'state: a');
  writeFileSync(credentials, 'credentials: []');
  mkdirSync(folder);
  writeFileSync(join(folder, 'burst.yaml'), 'id: burst');
  const told: (readonly string[])[] = [];
  const watch = new ConfigWatch({ files: [config, credentials], folder, every: 20, onChange: (all) => told.push(all) });
  onTestFinished(() => watch.close());
  return { watch, told, config, credentials, folder };
}

test('another content is told once, and that it is as before', async () => {
  const { watch, told, config } = newWatch();
  await sleep(SOME_LOOKS);
  expect(watch.changed).toEqual([]);
  writeFileSync(config, 'state: b');
  await expect.poll(() => watch.changed).toEqual([config]);
  await sleep(SOME_LOOKS);
  writeFileSync(config, 'state: a');
  await expect.poll(() => watch.changed).toEqual([]);
  expect(told).toEqual([[config], []]);
});

test('the same content written again is no change', async () => {
  const { told, config } = newWatch();
  await sleep(SOME_LOOKS);
  writeFileSync(config, 'state: a');
  await sleep(SOME_LOOKS);
  expect(told).toEqual([]);
});

test('a detector more, one less, a file that is gone; what is no YAML does not count', async () => {
  const { watch, credentials, folder } = newWatch();
  await sleep(SOME_LOOKS);
  writeFileSync(join(folder, 'notes.txt'), 'x');
  writeFileSync(join(folder, 'new.yaml'), 'id: new');
  await expect.poll(() => watch.changed).toEqual([join(folder, 'new.yaml')]);
  rmSync(join(folder, 'burst.yaml'));
  rmSync(credentials);
  await expect
    .poll(() => watch.changed)
    .toEqual([credentials, join(folder, 'burst.yaml'), join(folder, 'new.yaml')].sort());
  rmSync(folder, { recursive: true });
  await expect.poll(() => watch.changed).toContain(folder);
});
