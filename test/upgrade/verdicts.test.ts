import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Store } from '../../src/sinks/store.ts';
import { closingsAfter, listAlerts, loadAlert } from '../../src/sinks/store-alerts.ts';
import { run } from '../cli/run.ts';
import { KEPT_COMMITS, keptState } from './kept-state.ts';

interface Listed {
  readonly event: { readonly id: string };
  readonly wayward: {
    readonly status: string;
    readonly incident: { readonly state: string };
    readonly verdict: { readonly value: string; readonly by?: string; readonly because?: string };
  };
}

const inStore = <T>(folder: string, look: (store: Store) => T): T => {
  const store = new Store(join(folder, 'state'));
  try {
    return look(store);
  } finally {
    store.close();
  }
};

const list = async (folder: string, ...options: string[]): Promise<Listed[]> => {
  const { stdout } = await run(['alerts', 'list', ...options, '--config', join(folder, 'wayward.yaml')]);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};

describe.each(KEPT_COMMITS)('alerts that %s kept', (commit) => {
  test('are listed: what it closed has its verdict, all others need a look, running or over', async () => {
    const { folder } = keptState(commit);
    const rows = inStore(folder, (store) =>
      store.all('SELECT id, status FROM alerts WHERE id NOT IN (SELECT alert FROM closings)'),
    );
    const closings = inStore(folder, (store) => closingsAfter(store, 0));
    expect(closings.map(({ verdict }) => verdict).toSorted()).toEqual(['benign', 'benign', 'confirmed']);
    const needALook = await list(folder);
    expect(needALook.map(({ event }) => event.id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
    expect(new Set(needALook.map(({ wayward }) => wayward.incident.state))).toEqual(new Set(['running', 'over']));
    for (const { event, wayward } of needALook)
      expect(wayward.status).toBe(rows.find(({ id }) => id === event.id)?.status);
    for (const { alert, verdict, by, because } of closings) {
      const found = (await list(folder, '--verdict', verdict)).find(({ event }) => event.id === alert);
      expect(found?.wayward).toMatchObject({ incident: { state: 'over' }, verdict: { value: verdict, by, because } });
    }
  });

  test('get the verdicts that were given on them once, when this version first runs', async () => {
    const { folder } = keptState(commit);
    const before = inStore(folder, listAlerts);
    for (const log of ['gateway.jsonl', 'appdb.json']) writeFileSync(join(folder, log), '');
    const sources = [
      { file: 'gateway.jsonl', follow: false, format: 'nginx-json', identity: 'from-key-map' },
      { file: 'appdb.json', follow: false, format: 'pgaudit-json' },
    ];
    const config = { state: 'state', credentials: 'agents.yaml', response: { mode: 'off' }, sources };
    writeFileSync(join(folder, 'nothing-new.yaml'), JSON.stringify(config));
    const read = async () => {
      const { code, stderr } = await run(['run', '--config', join(folder, 'nothing-new.yaml')]);
      expect(code, stderr).toBe(0);
    };
    await read();
    await read();
    expect(before.filter(({ verdict }) => verdict !== undefined)).toHaveLength(3);
    inStore(folder, (store) => {
      for (const { id, revision, verdict } of before)
        if (verdict !== undefined) expect(loadAlert(store, id)).toMatchObject({ state: 'over', revision, verdict });
    });
  });
});
