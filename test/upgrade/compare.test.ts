import { expect, test } from 'vitest';
import {
  alertsUnequal,
  forgotten,
  notTakenOver,
  stepsGone,
  stepsMade,
  unequal,
} from '../../scripts/upgrade/compare.ts';
import { overtaken, toldOtherwise } from '../../scripts/upgrade/told.ts';
import { alertOf } from '../response/alert-of.ts';
import type { KnownAlert, Learned, Numbers } from './kept/learned.ts';
import { keptState } from './kept-state.ts';

const alert = (more: Partial<KnownAlert> = {}): KnownAlert => ({
  ...{ id: 'a1', principal: 'order-sync-1/gateway', severity: 'medium', detectors: ['denials'] },
  ...more,
});
const learned = (more: Partial<Learned> = {}): Learned => ({
  alerts: [alert()],
  baselines: { 'principal order-sync-1/gateway': { lastSeen: [5], record: [1, 2] } },
  ...more,
});
const withNumbers = (numbers: Record<string, number[]>): Learned =>
  learned({ baselines: { 'principal order-sync-1/gateway': numbers } });

test('two that came to the same are equal, whatever only one of them knows', () => {
  const newer = withNumbers({ lastSeen: [5], record: [1, 2], shapesSince: [20_000] });
  expect(unequal(learned(), newer)).toEqual([]);
  expect(unequal(newer, learned())).toEqual([]);
});

test('a number that both know and that differs is named', () => {
  expect(unequal(learned(), withNumbers({ lastSeen: [5], record: [1, 3] }))).toEqual([
    'principal order-sync-1/gateway record',
  ]);
});

test.each([
  ['one more', [alert(), alert({ id: 'a2' })], 'only here'],
  ['one less', [], 'here none'],
  ['another severity', [alert({ severity: 'high' })], 'here high'],
  ['another rule', [alert({ detectors: ['volume'] })], 'here medium (volume)'],
])('%s among the alerts is named', (_what, alerts, words) => {
  expect(unequal(learned(), learned({ alerts })).join()).toContain(words);
});

test('a principal that is not known any more is named', () => {
  const [found] = unequal(learned(), learned({ baselines: {} }));
  expect(found).toBe('principal order-sync-1/gateway is known to one only');
});

test('what a version had learned is taken over number by number, but for what it alone knows', () => {
  const after = learned().baselines;
  const before = withNumbers({ lastSeen: [5], record: [1, 2], oneMore: [7] }).baselines;
  expect(notTakenOver(before, after, ['oneMore'])).toEqual([]);
  expect(notTakenOver(before, after)).toEqual(['principal order-sync-1/gateway oneMore']);
  expect(notTakenOver(after, withNumbers({ lastSeen: [0], record: [1, 2] }).baselines)).toEqual([
    'principal order-sync-1/gateway lastSeen',
  ]);
  expect(notTakenOver(after, {})).toHaveLength(1);
});

test('an alert that had been told may grow, and is named where it is gone or less severe', () => {
  expect(forgotten([alert()], [alert({ severity: 'high' })])).toEqual([]);
  expect(forgotten([alert()], [alert({ severity: 'low' })])).toHaveLength(1);
  expect(forgotten([alert()], [])).toHaveLength(1);
});

test('of a version with windows, records must be its greatest days', () => {
  const { baselines } = keptState('22cac3c').expected.learned;
  const [name = '', numbers = {}] = Object.entries(baselines).find(([, { top }]) => Number(top?.[0]) > 0) ?? [];
  const { top: _, ...now }: Numbers = { ...numbers, record: [0] };
  const found = notTakenOver({ [name]: numbers }, { [name]: now });
  expect(found).toContain(`${name} record`);
});

test('steps are counted: made once, called again, lost, gone', () => {
  const step = (credential: string, state = 'verified') => ({ cause: 'alert-1', credential, state });
  expect(stepsMade([step('a'), step('b')], [{ id: '1' }, { id: '2' }], 2)).toEqual({ steps: 2, lost: 0, twice: 0 });
  expect(stepsMade([step('a'), step('a')], [{ id: '1' }, { id: '1' }], 2)).toEqual({ steps: 2, lost: 0, twice: 2 });
  expect(stepsMade([step('a'), step('b', 'failed')], [], 2)).toMatchObject({ steps: 1, lost: 1 });
  expect(stepsGone([step('a'), step('b')], [step('a', 'failed')])).toEqual(['step alert-1 b is gone']);
  expect(stepsGone([step('a', 'calling')], [step('a')])).toEqual([]);
});

test('an alert that is there as it should be is no difference', () => {
  expect(alertsUnequal([alert()], [alert({ id: 'other' }), alert()])).toEqual([]);
});

test('of alerts that came once the newer version was alone, each must have been told as it should, and no other', () => {
  const [early, late] = [alertOf({ id: 'early' }), alertOf({ id: 'late', severity: 'high' })];
  const expected = new Map([
    ['early', { alert: early, partition: 0, offset: 3 }],
    ['late', { alert: late, partition: 0, offset: 7 }],
  ]);
  const said = (...alerts: (typeof late)[]) => new Map(alerts.map((one) => [one.id, one]));
  expect(toldOtherwise(expected, said(late), [5])).toEqual([]);
  expect(toldOtherwise(expected, said(late, early), [5])).toEqual([]);
  expect(toldOtherwise(expected, said(), [5])).toHaveLength(1);
  expect(toldOtherwise(expected, said({ ...late, severity: 'low' }), [5])).toHaveLength(2);
  expect(toldOtherwise(expected, said(late, alertOf({ id: 'unheard of' })), [5])).toHaveLength(1);
});

test('an alert whose last revision is smaller than one before is named: whoever keeps the newest does not see it', () => {
  const said = (revision: number) => new Map([['a', alertOf({ id: 'a', revision })]]);
  const newest = new Map([['a', { alert: alertOf({ id: 'a', revision: 9 }), document: '' }]]);
  expect(overtaken({ newest, revisions: [] }, said(9))).toEqual([]);
  expect(overtaken({ newest, revisions: [] }, said(5))).toHaveLength(1);
});
