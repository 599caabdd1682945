import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../src/sinks/store.ts';
import { closingsAfter, saveAlert } from '../../src/sinks/store-alerts.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from '../response/alert-of.ts';
import { run as runCommand } from './run.ts';

const T0 = Date.UTC(2026, 10, 30);
const HOUR = 3_600_000;

/** A store with alerts that run and are over, of all severities. */
function place() {
  const folder = temporaryFolder();
  const config = join(folder, 'wayward.yaml');
  writeFileSync(config, 'state: state\n');
  const store = new Store(join(folder, 'state'));
  onTestFinished(() => store.close());
  const alerts = [
    alertOf({ id: 'old-high', severity: 'high', state: 'over', openedAt: T0 }),
    alertOf({ id: 'new-high', severity: 'high', openedAt: T0 + 2 * HOUR }),
    alertOf({ id: 'low', severity: 'low', openedAt: T0 + 3 * HOUR }),
    alertOf({ id: 'critical', severity: 'critical', state: 'over', openedAt: T0 + HOUR, agent: 'other' }),
  ];
  for (const alert of alerts) saveAlert(store, alert);
  const run = (...args: string[]) => runCommand(['alerts', ...args, '--config', config]);
  const ids = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await run('list', ...args);
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).event.id]));
  };
  const onTerminal = (...args: string[]) => runCommand(['alerts', ...args, '--config', config], { isTTY: true });
  const close = (id: string, as: string, because = 'new release') =>
    run('close', id, '--as', as, '--because', because, '--by', 'ann');
  return { store, run, ids, onTerminal, close };
}

test('list shows what has no verdict, running or over: the worst first, and of those the newest', async () => {
  const { ids, close } = place();
  expect(await ids()).toEqual(['critical', 'new-high', 'old-high', 'low']);
  await close('new-high', 'benign');
  await close('critical', 'confirmed');
  expect(await ids()).toEqual(['old-high', 'low']);
  expect(await ids('--all')).toEqual(['critical', 'new-high', 'old-high', 'low']);
  expect(await ids('--verdict', 'benign')).toEqual(['new-high']);
  expect(await ids('--verdict', 'confirmed')).toEqual(['critical']);
  expect(await ids('--verdict', 'new')).toEqual(['old-high', 'low']);
  expect(await ids('--state', 'running')).toEqual(['low']); // a verdict ends an incident
  expect(await ids('--state', 'over')).toEqual(['old-high']);
  expect(await ids('--all', '--state', 'over', '--severity', 'high')).toEqual(['critical', 'new-high', 'old-high']);
});

test('on a terminal it has the incident and the verdict, and says what it does not show', async () => {
  const { onTerminal, close } = place();
  const all = await onTerminal('list');
  expect(all.stdout).toMatch(
    /^2026-11-30 01:00 +critical +billing-agent-1\S* +over +new +critical +billing-agent-1 read/m,
  );
  expect(all.stdout).toMatch(/^2026-11-30 02:00 +high +billing-agent-1\S* +running +new +new-high /m);
  expect(all.stdout).not.toContain('--all');
  await close('low', 'benign');
  expect((await onTerminal('list')).stdout).toMatch(/\n1 alert has a verdict; --all shows it, too\.\n$/);
  expect((await onTerminal('list', '--agent', 'other')).stdout).not.toContain('--all');
  for (const id of ['old-high', 'new-high', 'critical']) await close(id, 'true');
  expect((await onTerminal('list')).stdout).toBe(
    'Nothing needs a look. 4 alerts have a verdict; --all shows them, too.\n',
  );
  expect((await onTerminal('list', '--all')).stdout).toMatch(
    / critical +billing-agent-1\S* +over +confirmed +critical /,
  );
  expect((await onTerminal('list', '--agent', 'nobody')).stdout).toBe('No alerts.\n');
});

test('--status still works as it did, with a warning on stderr', async () => {
  const { run, ids, close } = place();
  await close('low', 'benign');
  expect(await ids('--status', 'open')).toEqual(['new-high']);
  expect(await ids('--status', 'closed')).toEqual(['old-high', 'critical', 'low']); // the oldest first
  const { code, stderr } = await run('list', '--status', 'open');
  expect([code, stderr]).toEqual([0, expect.stringContaining('--status goes away with the next minor version')]);
  expect((await run('list', '--status', 'open', '--all')).code).toBe(2);
  expect((await run('list', '--status', 'new')).code).toBe(2);
});

test('--json gives whole documents, with verdict, incident and the old status', async () => {
  const { run, close } = place();
  await close('old-high', 'true', 'a theft');
  const listed = JSON.parse((await run('list', '--verdict', 'confirmed', '--json')).stdout);
  const wayward = {
    incident: { state: 'over' },
    verdict: { value: 'confirmed', by: 'ann', because: 'a theft', at: expect.stringMatching(/^20.*Z$/) },
    status: 'closed',
    revision: 2,
  };
  expect(listed).toMatchObject({ event: { kind: 'alert', id: 'old-high' }, rule: { id: 'new-action' }, wayward });
  const shown = JSON.parse((await run('show', 'old-high')).stdout);
  expect(shown).toMatchObject({ wayward, closing: { alert: 'old-high', verdict: 'true' }, response: { steps: [] } });
});

test('a verdict can change; the same one once more changes nothing and says so', async () => {
  const { store, close, onTerminal } = place();
  expect((await close('old-high', 'benign')).stderr).toBe('Closed old-high as benign.\n');
  const again = await close('old-high', 'benign', 'as I said');
  expect(again).toMatchObject({ code: 0, stderr: 'old-high is benign already, by ann: new release\n' });
  expect((await close('old-high', 'true', 'a theft')).stderr).toBe(
    'Closed old-high as confirmed, no longer as benign.\n',
  );
  expect((await close('old-high', 'confirmed', 'a theft')).stderr).toContain('is confirmed already');
  expect(closingsAfter(store, 0).map(({ verdict, because }) => [verdict, because])).toEqual([
    ['benign', 'new release'],
    ['confirmed', 'a theft'],
  ]);
  const { stdout } = await onTerminal('show', 'old-high');
  expect(stdout).toMatch(/^ {2}incident +over$/m);
  expect(stdout).toMatch(/^ {2}verdict +confirmed by ann at 20\S+Z: a theft$/m);
  expect((await onTerminal('show', 'low')).stdout).toMatch(/^ {2}verdict +none yet/m);
});
