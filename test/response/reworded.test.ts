import { describe, expect, onTestFinished, test } from 'vitest';
import { NotYet, type Revoker } from '../../src/response/action.ts';
import { type Approval, decideApproval, waitingApprovals } from '../../src/response/approval.ts';
import { isPage, pageBreaker } from '../../src/response/breaker-page.ts';
import { approve, assessOrder, orderSteps, placeOrder } from '../../src/response/control.ts';
import { finalPlanFor, planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import { StoredNotes } from '../../src/response/stored-notes.ts';
import { command } from '../../src/revokers/command.ts';
import { REVOKERS } from '../../src/revokers/registry.ts';
import { temporaryFolder } from '../config/temp.ts';
import { alertOf } from './alert-of.ts';
import { ladderOf, locksOf } from './ladder-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from './response-of.ts';
import { asWordsOnly, rewordedRevokers } from './reworded.ts';

const SECOND = 1_000;
const ID = 'cred-billing-pg';
const RETRY = { attempts: 1, first: 1, longest: 1 };
const WEBHOOK = { url: 'http://127.0.0.1:1/', secret: 'secret://env/WEBHOOK_KEY' };

/** Rows are what this version wrote, or what one wrote that knew steps by their words. */
describe.each([
  ['this version', () => undefined],
  ['one that had no ids of steps', asWordsOnly],
] as const)('what %s left is gone on with by one whose sentences all are others', (_, age) => {
  /** One credential with these steps, and its responders, one version after the other on the same store. */
  function placeOf(steps: Readonly<Record<string, boolean>>, config: object = {}) {
    const locks = locksOf(steps);
    const folder = temporaryFolder();
    const credential = credentialOf(ladderOf(locks, ...Object.keys(steps)));
    const open = (revokers: readonly Revoker[]): TestResponse =>
      responseOf({ mode: 'auto', ...config }, [credential], locks.settings, { folder, revokers });
    const before = open(REVOKERS);
    return {
      locks,
      before,
      upgraded(): TestResponse {
        age(before.store);
        before.store.close();
        const after = open(rewordedRevokers());
        onTestFinished(() => after.store.close());
        after.at(before.now());
        return after;
      },
    };
  }

  const grown = (after: number) => alertOf({ end: NOW + after, lastEvidence: { [ID]: NOW + after } });
  const made = async (response: TestResponse): Promise<void> => {
    await response.worker({ retry: RETRY, deliver: async () => undefined }).drain();
    response.at(response.now() + 10);
  };
  const grow = async (response: TestResponse, after: number): Promise<string[]> => {
    response.at(NOW + after);
    const outcomes = respondTo(grown(after), response).map(({ outcome }) => outcome);
    await made(response);
    return outcomes;
  };
  const states = (response: TestResponse, cause = 'alert-1') =>
    response.outbox.ofCause(cause).flatMap(({ action, state }) => (action === 'notify' ? [] : state));

  test('a revocation that was decided is made', async () => {
    const { locks, before, upgraded } = placeOf({ lock: true });
    respondTo(alertOf(), before);
    const after = upgraded();
    await made(after);
    expect([states(after), locks.calls('lock')]).toEqual([['verified'], 1]);
  });

  test.each(['calling', 'called'] as const)(
    'one that a process left %s is asked for, and not made twice',
    async (at) => {
      const { locks, before, upgraded } = placeOf({ lock: true });
      respondTo(alertOf(), before);
      await made(before);
      before.store.run("UPDATE outbox SET state = ?, done_at = NULL, note = NULL WHERE action = 'revoke'", at);
      const after = upgraded();
      await made(after);
      expect([states(after), locks.calls('lock')]).toEqual([['verified'], 1]);
    },
  );

  test('one that waits for a person is approved, at the terminal and by the link that was sent before', async () => {
    for (const byLink of [false, true]) {
      const { locks, before, upgraded } = placeOf({ lock: true }, { mode: 'approve' });
      respondTo(alertOf(), before);
      age(before.store);
      const [sent] = waitingApprovals(before, 10);
      const after = upgraded();
      if (byLink) decideApproval(sent as Approval, 'approve', 'ann', after);
      else approve('alert-1', 'ann', after);
      await made(after);
      expect([states(after), locks.calls('lock')]).toEqual([['verified'], 1]);
    }
  });

  test('one that failed is decided anew as the same one', async () => {
    const { before, upgraded } = placeOf({ 'broken-lock': true });
    await grow(before, 0);
    const [failed] = before.outbox.ofCause('alert-1');
    expect(failed?.state).toBe('failed');
    const after = upgraded();
    respondTo(alertOf({ severity: 'critical' }), after);
    expect(after.outbox.ofCause('alert-1')).toMatchObject([{ key: failed?.key, state: 'approved' }]);
  });

  test('escalation goes on after the last step that was made, and misuse in spite of all is told', async () => {
    const { locks, before, upgraded } = placeOf({ first: true, second: true, last: false }, { webhook: WEBHOOK });
    await grow(before, 0);
    expect(await grow(before, 30 * SECOND)).toEqual(['auto']);
    const after = upgraded();
    expect(await grow(after, 30 * SECOND)).toEqual([]); // the same evidence again
    expect(await grow(after, 90 * SECOND)).toEqual(['auto']);
    expect(['first', 'second', 'last'].map(locks.calls)).toEqual([1, 1, 1]);
    await grow(after, 300 * SECOND);
    const goesOn = after.audit.ofCause('alert-1').filter(({ type }) => type === 'misuse-goes-on');
    expect(goesOn).toMatchObject([{ done: [{}, {}, {}] }]);
  });

  test('what was made is restored; it is made anew after that, and restored again', async () => {
    const { locks, before, upgraded } = placeOf({ first: true, second: true });
    await orderSteps(finalPlanFor([ID], before.plan), 'ann', before);
    await made(before);
    const after = upgraded();
    for (let round = 0; round < 2; round++) {
      const restorables = restorablesOf([ID], after);
      expect(restorables.map(({ outcome }) => outcome)).toEqual(['restore', 'restore']);
      const cause = orderRestore(restorables, 'bob', after);
      await made(after);
      expect(states(after, cause)).toEqual(['verified', 'verified']);
      expect(['first', 'second'].map(locks.isSet)).toEqual([false, false]);
      expect(restorablesOf([ID], after).map(({ outcome }) => outcome)).toEqual(['nothing']);
      await orderSteps(finalPlanFor([ID], after.plan), 'ann', after);
      await made(after);
      expect(['first', 'second'].map(locks.isSet)).toEqual([true, true]);
    }
  });

  test('a restore that was ordered is made', async () => {
    const { locks, before, upgraded } = placeOf({ lock: true });
    await orderSteps(planFor([ID], before.plan), 'ann', before);
    await made(before);
    before.at(before.now() + SECOND);
    const cause = orderRestore(restorablesOf([ID], before), 'bob', before);
    const after = upgraded();
    await made(after);
    expect([states(after, cause), locks.isSet('lock')]).toEqual([['verified'], false]);
  });

  test('what is dead as recorded is not ordered again', async () => {
    const { before, upgraded } = placeOf({ lock: true });
    await orderSteps(planFor([ID], before.plan), 'ann', before);
    await made(before);
    const after = upgraded();
    const { wanted, alreadyDead } = await assessOrder(planFor([ID], after.plan), after);
    expect([wanted.length, alreadyDead.length]).toEqual([0, 1]);
  });

  test('one that only waits is not told as failing, and one that is half made goes on', async () => {
    let waits = true;
    const slow = (revoker: Revoker): Revoker => ({
      ...revoker,
      prepare: () => ({
        async revoke({ notes }) {
          await notes?.keep('begun', 'yes');
          if (waits) throw new NotYet(1, 'for the other half');
        },
        verify: async ({ notes }) => ({ dead: notes?.get('begun') === 'yes' && !waits, proof: 'both halves are made' }),
      }),
    });
    const folder = temporaryFolder();
    const credential = credentialOf({ revoke: { with: 'command', command: 'slow' } });
    const settings = { command: command.settingsSchema.parse({}) };
    const open = (revokers: readonly Revoker[]) =>
      responseOf({ mode: 'auto', webhook: WEBHOOK }, [credential], settings, { folder, revokers: revokers.map(slow) });
    const before = open(REVOKERS);
    respondTo(alertOf({ severity: 'high' }), before);
    for (let attempt = 0; attempt < 12; attempt++) await made(before);
    age(before.store);
    before.store.close();
    const after = open(rewordedRevokers());
    onTestFinished(() => after.store.close());
    after.at(before.now());
    await made(after);
    const [step] = after.outbox.revocations(ID);
    expect(step).toMatchObject({ state: 'calling', waits: true, attempts: 13 });
    expect(new StoredNotes(step?.key ?? '', after).isEmpty).toBe(false);
    waits = false;
    await made(after);
    expect(states(after)).toEqual(['verified']);
    expect(after.outbox.ofCause('alert-1').filter(({ detail }) => detail.includes('is not revoked yet'))).toEqual([]);
  });

  test('a page goes before all else', () => {
    const { before, upgraded } = placeOf({ lock: true }, { webhook: WEBHOOK });
    respondTo(alertOf({ severity: 'critical' }), before);
    before.at(NOW + SECOND);
    pageBreaker('alert-1', { at: NOW + SECOND, because: 'too many' }, before);
    const due = upgraded().outbox.due('notify', NOW + SECOND);
    expect(due.map(isPage)).toEqual([true, false]);
  });

  test('steps of a drill are left to whoever holds it, and ended once nobody can', () => {
    const { before, upgraded } = placeOf({ lock: true });
    respondTo(alertOf(), before);
    placeOrder(planFor([ID], before.plan), 'schedule', before, 'drill-1', 'drill');
    const { outbox } = upgraded();
    expect(outbox.due('revoke', NOW).map(({ cause }) => cause)).toEqual(['alert-1']);
    expect(outbox.due('revoke', NOW, 'drill-1').map(({ cause }) => cause)).toEqual(['drill-1']);
    expect(outbox.leftOfDrills(NOW + 1).map(({ cause }) => cause)).toEqual(['drill-1']);
  });
});

test('the schema of that later version is another one', () => {
  const postgres = rewordedRevokers().find(({ id }) => id === 'postgres');
  const spec = { with: 'postgres', role: 'r' };
  expect(postgres?.specSchema.parse(spec)).toMatchObject({ ...spec, added: 'by default' });
  expect(postgres?.specSchema.safeParse({ with: 'postgres' }).success).toBe(false);
});
