import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { temporaryFolder } from '../config/temp.ts';
import { receipts } from '../formats/receipts.ts';
import { spawnWayward, waywardSays } from '../live/wayward.ts';
import { startFakeAuthensor } from '../servers/fake-authensor.ts';
import { freePort } from '../servers/free-port.ts';

const PATIENCE = 60_000;

test(
  'wayward run follows the receipts of a control plane (a fake), over its absence and a kill: each is read once, and a chain that breaks is told',
  async () => {
    const fake = await startFakeAuthensor();
    onTestFinished(() => fake.stop());
    const folder = temporaryFolder();
    const config = join(folder, 'wayward.yaml');
    const port = await freePort();
    const settings = {
      ...{ state: 'state', http: { port }, credentials: 'credentials.yaml' },
      authensor: { url: fake.url, key: 'secret://env/KEY' },
    };
    writeFileSync(join(folder, 'credentials.yaml'), 'credentials: []\n');
    writeFileSync(config, stringify(settings));
    const env = { KEY: fake.newKey('admin').token };
    const start = () => {
      const wayward = spawnWayward(config, env);
      onTestFinished(() => wayward.kill());
      return wayward;
    };
    const page = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).text();
    const recordsRead = async () =>
      [...(await page('metrics')).matchAll(/^wayward_records_total(?:\{[^}]*\})? (\d+)$/gm)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    const all = receipts(450);
    fake.keepReceipts(all.slice(0, 300));

    const first = start();
    await first.line(({ msg }) => msg === 'caught up', PATIENCE);
    await expect.poll(recordsRead, { timeout: PATIENCE }).toBe(300);
    fake.answer(403, '{}');
    await first.line(({ msg }) => String(msg).startsWith('receipts are not read'), PATIENCE);
    expect(await page('healthz')).toContain('(403)');
    await first.kill();

    fake.answer(undefined);
    fake.keepReceipts(all.slice(300).filter((_, n) => n !== 100));
    const second = start();
    await expect.poll(recordsRead, { timeout: PATIENCE }).toBe(449);
    const list = async () => waywardSays(config, ['alerts', 'list', '--json'], env);
    await expect.poll(list, { timeout: PATIENCE }).toContain('broken-chain');
    expect(await second.stop()).toBe(0);
    expect(JSON.stringify([first.lines, second.lines])).not.toContain(env.KEY);
  },
  4 * PATIENCE,
);
