import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { integer, seeded } from '../../src/simulate/random.ts';
import { temporaryFolder } from '../config/temp.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { spawnWayward, waywardSays } from './wayward.ts';

/** Three weeks of agents and attacks, before today. */
const DEMO = join(import.meta.dirname, '..', '..', 'demo');
const KEYS = { KEY: 'of the test', FINGERPRINT_KEY: 'thirty-two characters of the test' };
const TIMEOUT = 120_000;

function configOf(receiver: Receiver, follow: boolean): { readonly config: string; readonly log: string } {
  const folder = temporaryFolder();
  const log = join(folder, 'gateway.json');
  writeFileSync(log, gunzipSync(readFileSync(join(DEMO, 'gateway.access.jsonl.gz'))));
  const config = join(folder, 'wayward.yaml');
  const settings = {
    sources: [{ file: log, follow }],
    credentials: join(DEMO, 'credentials.yaml'),
    detectors: join(DEMO, '..', 'detectors'),
    fingerprint_key: 'secret://env/FINGERPRINT_KEY',
    state: 'state',
    response: { mode: 'auto', webhook: { url: receiver.url, secret: 'secret://env/KEY' } },
    revokers: { webhook: { secret: 'secret://env/KEY' } },
  };
  writeFileSync(config, stringify(settings));
  return { config, log };
}

test.each([
  ['a log that is followed, killed four times in the middle', true, 4],
  ['a log that ends', false, 0],
])(
  'the first start on three weeks of history tells of it once: %s',
  async (_name, follow, kills) => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    const { config, log } = configOf(receiver, follow);
    const start = () => {
      const wayward = spawnWayward(config, KEYS);
      onTestFinished(() => wayward.kill());
      return wayward;
    };
    const random = seeded('history');
    for (let kill = 0; kill < kills; kill++) {
      const wayward = start();
      await wayward.line(({ msg }) => msg === 'watching');
      await sleep(integer(random, 0, 700)); // at any moment of reading
      await wayward.kill();
    }
    const wayward = start();
    if (follow) await wayward.line(({ msg }) => msg === 'caught up');
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBeGreaterThan(0);
    if (follow) await wayward.stop();
    expect(await wayward.ended).toBe(0);

    const told = receiver.received.map(({ body }) => JSON.parse(body));
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['wayward.history']));
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(wayward.lines.filter(({ alert }) => alert !== undefined)).toEqual([]);
    const alerts = (await waywardSays(config, ['alerts', 'list', '--all', '--json'])).trimEnd().split('\n');
    const scanned = (await waywardSays(config, ['scan', '--json', log], KEYS)).trimEnd().split('\n');
    expect(alerts.toSorted()).toEqual(scanned.toSorted());
    const counted = Object.values<number>(told[0].data.alerts).reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(alerts.length);
  },
  TIMEOUT,
);
