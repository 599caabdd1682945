import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Store } from '../../src/sinks/store.ts';
import { saveAlert, saveClosing } from '../../src/sinks/store-alerts.ts';
import { run } from '../cli/run.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { historyFolder, LAST_DAY } from './history.ts';

const DAYS = 8;
const MINUTE = 60_000;
const NOON = LAST_DAY(DAYS) + 12 * 3_600_000;
const IDENTITY = ['--identity', 'from-key-map'];

/** On the last day `shop` deletes what it never touched, and `report` is denied again and again. */
const odd = [
  { agent: 'shop', time: NOON, method: 'DELETE', path: '/v1/customers' },
  { agent: 'shop', time: NOON + MINUTE, path: '/v1/admin/export/all' },
  ...Array.from({ length: 60 }, (_, at) => ({
    agent: 'report',
    time: NOON + 3_600_000 + at * 2_000,
    path: `/v1/payroll/${at}`,
    status: 403,
  })),
];

/** A folder of detectors that has nothing but these changes of those that come with Wayward. */
function overlay(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'local'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'local', `${name}.yaml`), text);
  return folder;
}

const parsed = (ndjson: string) => (ndjson === '' ? [] : ndjson.trimEnd().split('\n')).map((text) => JSON.parse(text));
const keyOf = (document: unknown) => JSON.stringify(document);

/** What stands in the one list of documents and not in the other. */
const without = (documents: readonly unknown[], others: readonly unknown[]) => {
  const known = new Set(others.map(keyOf));
  return documents.map(keyOf).filter((text) => !known.has(text));
};

test('the difference of two sets is that of what two scans write, whole documents', async () => {
  const { config, log } = historyFolder(DAYS, odd, 'console: { url: "https://wayward.example.com" }\n');
  const now = overlay({
    deeds: 'extends: new-action\nseverity: { low: 15, medium: 15.5 }\n',
    denials: 'extends: denied-burst\nseverity: { low: 8, medium: 8.5, high: 9 }\n',
    exports: `id: exports\ntitle: Exports\ndescription: Exports.\nkind: match\nseverity: low\nparameters: { action: "GET /v1/admin/**" }\n`,
  });
  const before = overlay({ none: 'extends: dormant\n' });
  const common = ['--config', config, ...IDENTITY];
  const scan = async (detectors: string) =>
    parsed((await run(['scan', log, ...common, '--detectors', detectors])).stdout);
  const [then, today] = [await scan(before), await scan(now)];
  const { code, stdout } = await run(['backtest', log, ...common, '--detectors', now, '--against', before, '--json']);
  expect(code).toBe(0);
  const { difference, set, against } = JSON.parse(stdout);
  const changed = [...difference.severity, ...difference.other];
  const added = [...difference.gained, ...changed.map(({ after }: { after: unknown }) => after)];
  const gone = [...difference.lost, ...changed.map((pair: { before: unknown }) => pair.before)];
  expect(added.map(keyOf).sort()).toEqual(without(today, then).sort());
  expect(gone.map(keyOf).sort()).toEqual(without(then, today).sort());
  expect([against.alerts, set.alerts]).toEqual([then.length, today.length]);
  expect(difference.severity.length).toBeGreaterThan(0);
  expect(added.length + gone.length).toBeGreaterThan(2);
});

test('two sets that are the same differ in nothing', async () => {
  const { config, log } = historyFolder(DAYS, odd);
  const same = overlay({ none: 'extends: dormant\n' });
  const { stdout } = await run(['backtest', log, '--config', config, ...IDENTITY, '--against', same, '--json']);
  expect(JSON.parse(stdout).difference).toEqual({ gained: [], lost: [], severity: [], other: [] });
});

test('says alerts a day by detector and agent, and sets likely false ones against the budget', async () => {
  const { config, log } = historyFolder(DAYS, odd);
  const args = ['backtest', log, '--config', config, ...IDENTITY];
  const { history, set } = JSON.parse((await run([...args, '--json'])).stdout);
  expect(history).toMatchObject({ events: DAYS * 288 + odd.length, principal_days: 2 * DAYS + 2 });
  expect(set.by_agent.map(({ name }: { name: string }) => name).sort()).toEqual(['report', 'shop']);
  expect(set.by_agent[0].per_day).toBeCloseTo(1 / history.days, 3);
  // Two alerts of 18 principal-days that nobody judged: both may be false.
  expect(set.false_alerts).toMatchObject({ unjudged: 2, estimated: 2, within_budget: false });
  const { set: accepted } = JSON.parse((await run([...args, '--json', '--budget', '200'])).stdout);
  expect(accepted.false_alerts.within_budget).toBe(true);
});

test('what people said of the same alerts counts', async () => {
  const { config, folder, log } = historyFolder(DAYS, odd);
  const args = [log, '--config', config, ...IDENTITY];
  const alerts = parsed((await run(['scan', ...args])).stdout).filter(({ event }) => event.severity > 21);
  expect(alerts.length).toBe(2);
  const store = new Store(join(folder, 'state'));
  for (const [place, { event }] of alerts.entries()) {
    saveAlert(store, alertOf({ id: event.id }));
    const verdict = place === 0 ? 'confirmed' : 'benign';
    saveClosing(store, { alert: event.id, verdict, because: 'looked at it', by: 'ann', at: NOON });
  }
  store.close();
  const { set } = JSON.parse((await run(['backtest', ...args, '--json'])).stdout);
  expect(set.false_alerts).toMatchObject({ confirmed: 1, benign: 1, unjudged: 0, estimated: 1 });
});

test('--since tells what came since, and learns from all', async () => {
  const { config, log } = historyFolder(DAYS, odd);
  const args = ['--config', config, ...IDENTITY, log];
  const all = parsed((await run(['scan', ...args])).stdout);
  const since = async (time: number) =>
    parsed((await run(['scan', ...args, '--since', new Date(time).toISOString()])).stdout);
  expect(await since(LAST_DAY(DAYS))).toEqual(all);
  const later = await since(NOON + 2_000_000);
  expect(later).toEqual(all.filter(({ event }) => Date.parse(event.end) >= NOON + 2_000_000));
  expect(later.length).toBeLessThan(all.length);
  const { history, set } = JSON.parse(
    (await run(['backtest', ...args, '--json', '--since', new Date(NOON).toISOString()])).stdout,
  );
  expect(history).toMatchObject({ principal_days: 2, days: 1 });
  expect(set.alerts).toBe(all.length);
});

test('as Markdown, what a client wrote makes no link, no image, no mention and no cell', async () => {
  const hostile = '/v1/a|b<img src=x onerror=y>![z](https://203.0.113.9/z)@team `c`';
  const { config, folder, log } = historyFolder(DAYS, [{ agent: 'shop', time: NOON, method: 'DELETE', path: hostile }]);
  const out = join(folder, 'page.md');
  const against = overlay({ none: 'extends: new-action\nseverity: { low: 16, medium: 16 }\n' });
  const { code, stdout } = await run([
    ...['backtest', log, '--config', config, ...IDENTITY, '--markdown', '--out', out, '--against', against],
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const page = readFileSync(out, 'utf8');
  expect(page).toMatch(/^## Backtest\n/);
  expect(page).toContain('### Gained');
  const row = page.split('\n').find((text) => text.includes('DELETE')) ?? '';
  expect(row.split(/(?<!\\)\|/)).toHaveLength(7);
  expect(row).not.toMatch(/<|(?<!\\)[![]|:\/\/|@[a-z]|(?<!\\)`/);
});

test('without a history it says so', async () => {
  const { config } = historyFolder(0, []);
  const { code, stdout } = await run(['backtest', '--config', config, '-'], { stdin: '' });
  expect(code).toBe(0);
  expect(stdout).toContain('No use of any credential was read.');
});

test.each([
  [['--budget', '0'], 'Write a number above 0'],
  [['--against', 'nowhere'], 'nowhere: no such folder of detectors'],
  [['--since', '2026-10-02', '--until', '2026-10-01'], '--since is not before --until'],
])('wrong usage is said: %s', async (args, message) => {
  const { config, log } = historyFolder(0, odd.slice(0, 1));
  const { code, stderr } = await run(['backtest', '--config', config, ...args, log]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
