import { expect, test } from 'vitest';
import { AT } from '../../src/baselines/state.ts';
import { DAY, type Fields, HOUR, MINUTE, MONDAY, Watched } from './watched.ts';

const CUSTOMERS = { action: 'SELECT public.customers', rows: 1 } as const;
const ORDERS = { action: 'SELECT public.orders', rows: 1 } as const;
const gathered = (fields: Fields): Fields => ({ ...fields, shape: 'gathered' });

/** Three weeks of the same two reads, each half an hour of the day. */
const settled = (change = (fields: Fields): Fields => fields): Watched => {
  const watched = new Watched();
  for (let day = 0; day < 21; day++)
    for (let call = 0; call < 20; call++)
      watched.use(MONDAY + day * DAY + 8 * HOUR + call * 30 * MINUTE, change(call % 2 === 0 ? CUSTOMERS : ORDERS));
  return watched;
};
const today = (hour: number, days = 21): number => MONDAY + days * DAY + hour * HOUR;
const findings = (watched: Watched): string[] =>
  watched.worth.flatMap((alert) => alert.findings.map(({ detector, subject }) => `${detector} ${subject}`));

test('a table gathered in one row is news of an agent that has read it row by row, and the action stays what it is', () => {
  const watched = settled();
  watched.use(today(10), gathered(CUSTOMERS));
  expect(findings(watched)).toEqual(['new-action SELECT public.customers (rows gathered in one value)']);
  expect(watched.worth[0]?.related.actions).toEqual(['SELECT public.customers']);
  // Once.
  watched.use(today(10.5), gathered(CUSTOMERS));
  watched.use(today(10.6), CUSTOMERS);
  expect(findings(watched)).toHaveLength(1);
});

test('it is none of an agent that gathers, nor where a peer does, nor are failures', () => {
  const habit = settled(gathered);
  habit.use(today(10), gathered(CUSTOMERS));
  expect(findings(habit)).toEqual([]);
  const failing = settled();
  failing.use(today(10), { ...gathered(CUSTOMERS), result: 'error' });
  expect(findings(failing)).toEqual([]);
});

test('what an agent did before its shapes were known is learned in silence for three days', () => {
  // As an earlier version has left it.
  const upgraded = (): Watched => {
    const watched = settled();
    const { state } = watched.core.engine.baselines.find('a/api') ?? {};
    if (state !== undefined) state.u16[AT.shapesSince] = 0;
    return watched;
  };
  const habit = upgraded();
  for (let day = 21; day < 25; day++) habit.use(today(10, day), gathered(CUSTOMERS));
  expect(findings(habit)).toEqual([]);
  const none = upgraded();
  for (let day = 21; day < 24; day++) none.use(today(10, day), CUSTOMERS);
  none.use(today(10, 24), gathered(CUSTOMERS));
  expect(findings(none)).toHaveLength(1);
});
