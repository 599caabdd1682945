import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CommandIo } from '../../src/commands/io.ts';
import { watchDrills, watchRotations, watchSteps } from '../../src/commands/watch-responder.ts';
import { drillsSchema } from '../../src/drills/config.ts';
import { orderDrills } from '../../src/drills/orders.ts';
import { recordDrill } from '../../src/drills/record.ts';
import { recordEnd } from '../../src/response/record.ts';
import { respondTo } from '../../src/response/responder.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { orderRotation } from '../../src/rotation/rotations.ts';
import { alertOf } from '../response/alert-of.ts';
import { credentialOf, responseOf } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';

const MINUTE = 60_000;
/** Looks, of which the last has seen the answers to what was asked at those before. */
const SOME = 3;

/** It looks again at the next turn, instead of after a tenth of a second. */
vi.mock('node:timers/promises', () => ({ setTimeout: () => new Promise((resolve) => setImmediate(resolve)) }));

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

/** What was said on stderr, too. */
function newIo(signal = new AbortController().signal): CommandIo & { said(): string; looks(): Promise<void> } {
  let said = '';
  let looks = 0;
  const sink = () =>
    new Writable({
      write(chunk, _, done) {
        said += String(chunk);
        done();
      },
    });
  return {
    ...{ stdin: Readable.from([]), stdout: sink(), stderr: sink(), env: {}, exitCode: 0, said: () => said },
    /** Asked at every look. */
    get signal() {
      looks++;
      return signal;
    },
    async looks() {
      for (const enough = looks + SOME; looks < enough; ) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const somebody = async () => true;
const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * MINUTE);

test('rotations of which none ends any more are watched for two minutes; each end gives two more', async () => {
  const response = responseOf({}, []);
  const rotate = { with: 'vault-database-static', role: 'r' };
  const keys = ['a', 'b'].map((id) =>
    orderRotation(planRotation(credentialOf({ id, rotate }), response), 'rotation-1', 'ann', response),
  );
  const io = newIo();
  let steps: readonly unknown[] | undefined;
  const watching = watchRotations(keys, response, { io, anyResponder: somebody }).then((found) => {
    steps = found;
  });
  await io.looks();
  pass(1.9);
  recordEnd(response, keys[0] ?? '', 'verified', 'proven');
  await io.looks();
  pass(1.9);
  await io.looks();
  expect(steps).toBeUndefined();
  pass(0.2);
  await watching;
  expect(steps).toMatchObject([{ state: 'verified' }, { state: 'approved' }]);
  expect(io.said()).toBe(
    'a: verified: proven\nNot watched to its end: nothing got further within 2 min: it goes on in the process that responds, ' +
      'whose log tells how it ends. The same call again watches on.\n',
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
    watchDrills([first, second], response, { io, anyResponder: somebody }).finally(() => {
      ended = true;
    }),
  ).rejects.toThrow('the responder has not ended its drills: nothing got further within 15 min');
  await io.looks();
  pass(14.9);
  const { cause, kind, objective } = first;
  const report = { cause, kind, canary: 'c', passed: true, note: 'refused', took: 5, objective, steps: { revoke: 5 } };
  recordDrill(report, 'ann', response, { notifies: false });
  await io.looks();
  pass(14.9);
  await io.looks();
  expect(ended).toBe(false);
  pass(0.2);
  await watching;
  expect(io.said()).toBe('postgres: passed\n');
});

/** A step that was approved and waits to be made. */
async function oneStep() {
  const response = responseOf({ mode: 'auto' }, [credentialOf()], { postgres: { url: await secretOf('x') } });
  respondTo(alertOf(), response);
  const [step] = response.outbox.ofCause('alert-1');
  if (step === undefined) throw new Error('no step');
  const failsAgain = () => {
    response.outbox.claim(step.key, response.now());
    response.outbox.postpone(step.key, response.now(), 'down');
  };
  return { response, key: step.key, failsAgain };
}

test('a revocation that gets no further is watched for three minutes; each failed attempt gives three more, up to the tenth', async () => {
  const { response, failsAgain } = await oneStep();
  const io = newIo();
  let steps: readonly unknown[] | undefined;
  const watching = watchSteps('alert-1', 'Look there.', response, { io, anyResponder: somebody }).then((found) => {
    steps = found;
  });
  for (let attempt = 1; attempt <= 10; attempt++) {
    await io.looks();
    pass(2.9);
    failsAgain();
  }
  await io.looks();
  expect(steps).toBeUndefined();
  failsAgain(); // as what is half made does for ever
  pass(3.1);
  await watching;
  expect(steps).toMatchObject([{ state: 'approved', attempts: 11 }]);
  expect(io.said()).toMatch(
    /Not watched to its end: nothing got further within 3 min: it goes on in the process that responds, whose log tells how it ends\. Look there\.\n$/,
  );
});

test('where nobody responds for 20 s the watching ends, unless somebody comes or nobody can tell', async () => {
  const { response } = await oneStep();
  const io = newIo();
  let there: boolean | undefined = false;
  let ended = false;
  const watching = watchSteps('alert-1', 'Look there.', response, { io, anyResponder: async () => there }).then(() => {
    ended = true;
  });
  for (const next of [true, undefined, false]) {
    await io.looks();
    pass(0.3); // 18 s
    await io.looks();
    there = next;
    pass(0.1);
    await io.looks();
  }
  expect(ended).toBe(false);
  pass(0.4);
  await watching;
  expect(io.said()).toBe(
    'Not watched to its end: no process responds any more: whoever responds next (wayward run --roles respond) goes on with it, ' +
      'and its log tells how it ends. Look there.\n',
  );
});

test('that Kafka can not be asked is an error of the command, and Ctrl-C ends the watching with words', async () => {
  const { response } = await oneStep();
  const failing = async () => {
    throw new Error('refused');
  };
  await expect(watchSteps('alert-1', '', response, { io: newIo(), anyResponder: failing })).rejects.toThrow('refused');
  const stop = new AbortController();
  const io = newIo(stop.signal);
  const watching = watchSteps('alert-1', 'Look there.', response, { io, anyResponder: somebody });
  stop.abort();
  await expect(watching).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  expect(io.said()).toBe(
    'Stopped watching: it goes on in the process that responds, whose log tells how it ends. Look there.\n',
  );
});
