import { expect, test } from 'vitest';
import { createRegistry } from '../../src/attribution/registry.ts';
import type { LoadedRules } from '../../src/config/rules.ts';
import { UsageError } from '../../src/errors.ts';
import { RulesInUse } from '../../src/pipeline/rules-in-use.ts';

const rulesOf = (hash: string): LoadedRules => ({ registry: createRegistry([]), detectors: [], loaded: [], hash });

/** A process that began with the rules `a`, and the files on its disk. */
function process() {
  const disk: { rules: LoadedRules | string } = { rules: rulesOf('a') };
  const said: string[] = [];
  const log = {
    info: (_: object, text: string) => said.push(text),
    warn: (_: object, text: string) => said.push(text),
    error: (_: object, text: string) => said.push(text),
  };
  const load = (): LoadedRules => {
    if (typeof disk.rules === 'string') throw new UsageError(disk.rules);
    return disk.rules;
  };
  const rules = new RulesInUse(rulesOf('a'), load, log);
  const taken: string[] = [];
  rules.onTaken(({ hash }) => taken.push(hash));
  return { disk, rules, said, taken };
}

test('what the files hold is taken as a whole', () => {
  const { disk, rules, taken } = process();
  disk.rules = rulesOf('b');
  rules.reload('SIGHUP');
  expect([rules.current, taken, rules.condition]).toEqual([disk.rules, ['b'], { state: 'ok' }]);
  rules.reload('SIGHUP');
  expect(taken).toEqual(['b']);
});

test('files that cannot be used change nothing, and it is said why until they can', () => {
  const { disk, rules, said, taken } = process();
  disk.rules = 'detectors/drift.yaml:2: titel is not known; write title\ndetectors/drift.yaml:3: another';
  rules.reload('ann');
  expect([rules.current.hash, taken]).toEqual(['a', []]);
  const reason =
    'reload (by ann) was refused, and what ran before runs on: detectors/drift.yaml:2: titel is not known; write title (and 1 more: see the log)';
  expect(rules.condition).toEqual({ state: 'degraded', reason });
  expect(said).toEqual(['reload was refused: what ran before runs on']);
  disk.rules = rulesOf('a');
  rules.reload('ann');
  expect([rules.condition, taken]).toEqual([{ state: 'ok' }, []]);
});

test('an order is followed with the files that it names and no others', () => {
  const { disk, rules } = process();
  disk.rules = rulesOf('c');
  expect(rules.follow({ hash: 'b', by: 'ann', seq: 7 })).toBeUndefined();
  expect(rules.current.hash).toBe('a');
  expect(rules.condition).toMatchObject({
    state: 'degraded',
    reason: expect.stringMatching(/the files of this process have the hash c, ordered was b: copy/),
  });
  disk.rules = rulesOf('b');
  expect(rules.follow({ hash: 'b', by: 'ann', seq: 8 })?.hash).toBe('b');
  expect(rules.condition).toEqual({ state: 'ok' });
});

test('whoever is behind follows each order in its turn, though the files have changed since', () => {
  const { disk, rules, taken } = process();
  disk.rules = rulesOf('b');
  const second = rules.follow({ hash: 'b', by: 'ann', seq: 1 });
  disk.rules = rulesOf('c');
  const third = rules.follow({ hash: 'c', by: 'ann', seq: 2 });
  expect(rules.follow({ hash: 'b', by: 'ann', seq: 1 })).toBe(second);
  expect(rules.follow({ hash: 'c', by: 'ann', seq: 2 })).toBe(third);
  expect([rules.current.hash, taken]).toEqual(['c', ['b', 'c']]);
  expect(rules.follow({ hash: 'a', by: 'bob', seq: 3 })?.hash).toBe('a');
  expect(rules.current.hash).toBe('a');
});

test('an error of ours is not taken for one of the files', () => {
  const rules = new RulesInUse(
    rulesOf('a'),
    () => {
      throw new TypeError('ours');
    },
    { info() {}, warn() {}, error() {} },
  );
  expect(() => rules.reload('ann')).toThrow('ours');
});
