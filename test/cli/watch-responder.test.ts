import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CommandIo } from '../../src/commands/io.ts';
import { watchDrills, watchRotations } from '../../src/commands/watch-responder.ts';
import { drillsSchema } from '../../src/drills/config.ts';
import { orderDrills } from '../../src/drills/orders.ts';
import { recordDrill } from '../../src/drills/record.ts';
import { recordEnd } from '../../src/response/record.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { orderRotation } from '../../src/rotation/rotations.ts';
import { credentialOf, responseOf } from '../response/response-of.ts';

const MINUTE = 60_000;
/** More than two looks. */
const A_WHILE = 300;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** What was said on stderr, too. */
function newIo(): CommandIo & { said(): string } {
  let said = '';
  const sink = () =>
    new Writable({
      write(chunk, _, done) {
        said += String(chunk);
        done();
      },
    });
  const signal = new AbortController().signal;
  return { stdin: Readable.from([]), stdout: sink(), stderr: sink(), signal, env: {}, exitCode: 0, said: () => said };
}

const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * MINUTE);

test('rotations of which none ends any more are watched for two minutes; each end gives two more', async () => {
  const response = responseOf({}, []);
  const rotate = { with: 'vault-database-static', role: 'r' };
  const keys = ['a', 'b'].map((id) =>
    orderRotation(planRotation(credentialOf({ id, rotate }), response), 'rotation-1', 'ann', response),
  );
  const io = newIo();
  let steps: readonly unknown[] | undefined;
  const watching = watchRotations(keys, response, io).then((found) => {
    steps = found;
  });
  await sleep(A_WHILE);
  pass(1.9);
  recordEnd(response, keys[0] ?? '', 'verified', 'proven');
  await sleep(A_WHILE);
  pass(1.9);
  await sleep(A_WHILE);
  expect(steps).toBeUndefined();
  pass(0.2);
  await watching;
  expect(steps).toMatchObject([{ state: 'verified' }, { state: 'approved' }]);
  expect(io.said()).toBe(
    'a: verified: proven\nNo more has ended within 2 min: it goes on in the process that responds, whose log tells how it ends.\n',
  );
});

test('drills that get no further are watched for ten minutes beside their objective', async () => {
  const response = responseOf({}, []);
  const configured = drillsSchema.parse([{ with: 'postgres' }, { with: 'vault', objective: '5m' }]);
  const [first, second] = orderDrills(undefined, 'ann', configured, response.state);
  if (first === undefined || second === undefined) throw new Error('no drills');
  const io = newIo();
  let ended = false;
  const watching = expect(
    watchDrills([first, second], response, io).finally(() => {
      ended = true;
    }),
  ).rejects.toThrow('the responder has not ended its drills: nothing was heard of them for 15 min');
  await sleep(A_WHILE);
  pass(14.9);
  const { cause, kind, objective } = first;
  const report = { cause, kind, canary: 'c', passed: true, note: 'refused', took: 5, objective, steps: { revoke: 5 } };
  recordDrill(report, 'ann', response, { notifies: false });
  await sleep(A_WHILE);
  pass(14.9);
  await sleep(A_WHILE);
  expect(ended).toBe(false);
  pass(0.2);
  await watching;
  expect(io.said()).toBe('postgres: passed\n');
});
