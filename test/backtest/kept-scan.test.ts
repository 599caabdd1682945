import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockForRun } from '../../src/sinks/run-lock.ts';
import { run } from '../cli/run.ts';
import { historyFolder, LAST_DAY } from './history.ts';

const DAYS = 8;
const NOON = LAST_DAY(DAYS) + 12 * 3_600_000;
const HOUR = 3_600_000;
const odd = [
  { agent: 'shop', time: NOON, method: 'DELETE', path: '/v1/customers' },
  { agent: 'report', time: NOON + HOUR, method: 'DELETE', path: '/v1/products' },
  { agent: 'shop', time: NOON + 6 * HOUR, path: '/v1/orders' },
];
const parsed = (ndjson: string) => (ndjson === '' ? [] : ndjson.trimEnd().split('\n')).map((text) => JSON.parse(text));

/** A history of which the last lines come later. */
function place(later: number) {
  const { config, folder, log } = historyFolder(
    DAYS,
    odd,
    'sources: [{ file: "*.jsonl", identity: from-key-map, follow: false }]\n',
  );
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const rest = `${lines.slice(-later).join('\n')}\n`;
  const whole = readFileSync(log, 'utf8');
  writeFileSync(log, `${lines.slice(0, -later).join('\n')}\n`);
  const scan = async (...more: string[]) =>
    parsed((await run(['scan', '--config', config, '--identity', 'from-key-map', ...more])).stdout);
  const list = async () => {
    const alerts = parsed((await run(['alerts', 'list', '--all', '--config', config])).stdout);
    return alerts.sort((a, b) => (a['@timestamp'] < b['@timestamp'] ? -1 : 1));
  };
  return { config, folder, log, rest, whole, scan, list };
}

test('scan --save keeps alerts, so that alerts show knows them', async () => {
  const { config, log, scan, list, rest } = place(1);
  appendFileSync(log, rest);
  const found = await scan('--save', log);
  expect(found.length).toBeGreaterThan(1);
  expect(await list()).toEqual(found);
  const { code, stdout } = await run(['alerts', 'show', found[0].event.id, '--config', config]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ...found[0], response: { steps: [] } });
});

test('without --save nothing is kept', async () => {
  const { log, scan, list } = place(1);
  expect((await scan(log)).length).toBeGreaterThan(0);
  expect(await list()).toEqual([]);
});

test('the next scan with --save reads what is new, knows what was learned, and comes to what one scan of all does', async () => {
  const { folder, log, rest, whole, scan, list } = place(2);
  const before = await scan('--save', log);
  expect(before.length).toBe(1);
  expect(await scan('--save', log)).toEqual([]);
  appendFileSync(log, rest);
  const after = await scan('--save', log);
  const all = join(folder, 'all.log');
  writeFileSync(all, whole);
  expect(await list()).toEqual(await scan(all));
  // The first one is over by now.
  expect(after).toEqual(await list());
});

test('a verdict between two scans is learned from', async () => {
  const { config, log, scan, list } = place(1);
  const [alert] = await scan('--save', log);
  const args = ['--as', 'benign', '--because', 'a clean-up that was announced', '--by', 'ann', '--config', config];
  expect((await run(['alerts', 'close', alert.event.id, ...args])).code).toBe(0);
  expect(await scan('--save', log)).toEqual([]);
  const verdicts = Object.fromEntries((await list()).map(({ event, wayward }) => [event.id, wayward.verdict.value]));
  expect(verdicts[alert.event.id]).toBe('benign');
});

test('wayward run goes on where the scan ended', async () => {
  const { config, folder, log, rest, whole, scan, list } = place(2);
  await scan('--save', log);
  appendFileSync(log, rest);
  expect((await run(['run', '--config', config])).code).toBe(0);
  const all = join(folder, 'all.log');
  writeFileSync(all, whole);
  expect(await list()).toEqual(await scan(all));
});

test('a scan does not save beside a run', async () => {
  const { config, folder, log } = place(1);
  await run(['scan', '--config', config, '--save', log]);
  const release = lockForRun(join(folder, 'state'));
  const { code, stderr } = await run(['scan', '--config', config, '--save', log]);
  release();
  expect(code).toBe(2);
  expect(stderr).toContain('another wayward run works with this state folder');
});

test('--save reads to the end', async () => {
  const { config, log } = place(1);
  const { code, stderr } = await run(['scan', '--config', config, '--save', '--until', '2026-09-10', log]);
  expect(code).toBe(2);
  expect(stderr).toContain('cannot be used with');
});
