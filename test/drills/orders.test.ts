import { expect, test } from 'vitest';
import { drillsSchema } from '../../src/drills/config.ts';
import type { DrillReport } from '../../src/drills/drill.ts';
import { type DrillOrder, drillOrders, endLostDrills, holdOrdered, orderDrills } from '../../src/drills/orders.ts';
import { recordDrill, reportOf } from '../../src/drills/record.ts';
import { drillsOf } from './held.ts';

const OAUTH = {
  with: 'oauth',
  token_url: 'https://login.example.com/token',
  client_id: 'c',
  client_secret: 'secret://env/S',
  resource_url: 'https://api.example.com/ping',
};
const signal = new AbortController().signal;
const ended = ({ audit }: { audit: { after(seq: number): readonly { type: string }[] } }) =>
  audit.after(0).map(({ type }) => type);

test('no more than a hundred drills wait: a person who asks for more is told so, and nothing is added', () => {
  const { state } = drillsOf({}).response;
  const ask = () => orderDrills('vault', 'ann', [], state);
  for (let asked = 0; asked < 100; asked++) ask();
  expect(ask).toThrow('100 drills wait to be held; say it again when they are');
  expect(drillOrders(state)).toHaveLength(100);
});

test('what the process that takes over has no drill for is recorded as failed, and the next one is held', async () => {
  const { response, worker } = drillsOf({});
  orderDrills(undefined, 'ann', drillsSchema.parse([OAUTH, { with: 'vault' }]), response.state);
  const held: DrillReport[] = [];
  await holdOrdered([], { response, worker, signal }, (report) => held.push(report));
  expect(held).toMatchObject([
    { kind: 'oauth', passed: false, note: 'the process that responds now has no such drill in its wayward.yaml' },
    { kind: 'vault', passed: false, note: expect.stringContaining('needs settings: add revokers.vault') },
  ]);
  expect(ended(response)).toEqual(['drill-failed', 'drill-failed']);
  expect(drillOrders(response.state)).toEqual([]);
});

test('a drill is begun by the one that may: where that is another process, nothing is done about it', async () => {
  const { response, worker } = drillsOf({});
  orderDrills('vault', 'ann', [], response.state);
  const beforeCall = () => Promise.reject(new Error('another process responds'));
  const held = holdOrdered([], { response, worker, signal, beforeCall }, () => {});
  await expect(held).rejects.toThrow('another process responds');
  expect(ended(response)).toEqual([]);
});

test('of a drill that was begun: what is on record stays so, what is not has failed', () => {
  const { response } = drillsOf({});
  const orders = [1, 2].flatMap(() => orderDrills('vault', 'ann', [], response.state));
  const begun: DrillOrder[] = orders.map((order, at) => ({ ...order, canary: `wayward_canary_${at}` }));
  response.state.setSetting('drills.ordered', begun);
  const [first, second] = orders.map(({ cause }) => cause);
  const { objective } = orders[0] ?? { objective: 0 };
  const passed = { kind: 'vault', canary: 'wayward_canary_0', passed: true, note: 'refused', took: 5, objective };
  recordDrill({ cause: first ?? '', ...passed, steps: { revoke: 5 } }, 'ann', response, { notifies: false });

  expect(endLostDrills(response)).toMatchObject([
    { cause: first, passed: true },
    { cause: second, passed: false },
  ]);
  expect(ended(response)).toEqual(['drill-passed', 'drill-failed']);
  expect(reportOf(first ?? '', response.audit)).toEqual({ cause: first, ...passed, steps: { revoke: 5 } });
  expect(reportOf(second ?? '', response.audit)).toMatchObject({
    canary: 'wayward_canary_1',
    note: 'the process that held this drill has ended',
    took: undefined,
  });
  expect(drillOrders(response.state)).toEqual([]);
});
