import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Store } from '../../src/sinks/store.ts';
import { run } from '../cli/run.ts';
import { besides, differences, hasLearned, incidents, withOtherRecords } from './differences.ts';
import { learnedOtherwise } from './given-up.ts';
import { type Learned, learnedIn } from './kept/learned.ts';
import { KEPT_COMMITS, keptState } from './kept-state.ts';

/** Goes on in that folder as `wayward run` does, with the logs of the day after or with nothing to read. */
async function goOnReading(folder: string, part: 'next' | 'nothing'): Promise<void> {
  for (const log of ['gateway.jsonl', 'appdb.json'])
    if (part === 'nothing') writeFileSync(join(folder, `nothing-${log}`), '');
  const sources = [
    { file: `${part}-gateway.jsonl`, follow: false, format: 'nginx-json', identity: 'from-key-map' },
    { file: `${part}-appdb.json`, follow: false, format: 'pgaudit-json' },
  ];
  const config = { state: 'state', credentials: 'agents.yaml', response: { mode: 'off' }, sources };
  writeFileSync(join(folder, 'learn.yaml'), JSON.stringify(config));
  const { code, stderr } = await run(['run', '--config', join(folder, 'learn.yaml')]);
  expect(code, stderr).toBe(0);
}

const learnedAt = (folder: string): Learned => {
  const store = new Store(join(folder, 'state'));
  const learned = learnedIn(store);
  store.close();
  return learned;
};

describe.each(KEPT_COMMITS)('what %s had learned', (commit) => {
  test('is there, number by number', async () => {
    const { folder, expected } = keptState(commit);
    await goOnReading(folder, 'nothing');
    const learned = learnedAt(folder);
    expect(incidents(learned)).toEqual(incidents(expected.learned));
    expect(differences(expected.learned.baselines, learned.baselines)).toEqual([]);
    expect(withOtherRecords(expected.learned.baselines, learned.baselines)).toEqual([]);
  });

  test('goes on to the alerts of the day after, and what was held back is learned once its alert is closed', async () => {
    const { folder, expected } = keptState(commit);
    const copied = expected.learned.alerts.find(({ principal }) => principal === 'billing-agent-2/postgres');
    await goOnReading(folder, 'nothing');
    const closed = await run([
      'alerts',
      'close',
      copied?.id ?? '',
      '--as',
      'benign',
      '--because',
      'it was looked at',
      '--by',
      'ann',
      '--config',
      join(folder, 'learn.yaml'),
    ]);
    expect(closed.code, closed.stderr).toBe(0);
    await goOnReading(folder, 'next');
    const learned = learnedAt(folder);
    expect(incidents(learned)).toEqual(incidents(expected.learnedAfter));
    const { baselines } = expected.learnedAfter;
    expect(besides(differences(baselines, learned.baselines), learnedOtherwise(commit, baselines))).toEqual([]);
    expect(hasLearned(baselines, learned.baselines, 'principal billing-agent-2/postgres')).toBe(true);
  });
});
