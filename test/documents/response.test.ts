import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { responseDocuments } from '../../src/documents/response.ts';
import { decideApproval, waitingApprovals } from '../../src/response/approval.ts';
import type { RecordedEntry } from '../../src/response/audit.ts';
import { approve, dismiss, halt, orderSteps, resume } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { command } from '../../src/revokers/command.ts';
import { deliver } from '../../src/webhook.ts';
import { alertOf } from '../response/alert-of.ts';
import { credentialOf, NOW, responseOf, type TestResponse } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { type Fields, fieldsOf } from './observed.ts';

/** What response really recorded, in a real store, as documents. */

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.stop());

const COMMANDS = {
  command: command.settingsSchema.parse({
    block: { run: ['/bin/true'], verify: ['/bin/true'] },
    broken: { run: ['/bin/false'] },
  }),
};
const blockable = (id: string, changes: Partial<Credential> = {}): Credential =>
  credentialOf({ id, agent: `agent-${id}`, peerGroup: id, revoke: { with: 'command', command: 'block' }, ...changes });

const entriesOf = (response: TestResponse): RecordedEntry[] => response.audit.after(0);

/** All documents of the trail, each checked against ECS, no id twice. */
const documentsOf = (response: TestResponse): Fields[] => {
  const made = entriesOf(response).flatMap((entry) =>
    responseDocuments(entry, {
      steps: entry.cause === undefined ? [] : response.outbox.ofCause(entry.cause),
      credentialOf: (id) => response.plan.credentials.get(id),
    }),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
  return made.map(fieldsOf);
};

/** What most tests compare. */
const shown = ({ event, wayward }: Fields): string =>
  [
    event?.['action'],
    wayward?.['response']?.['state'],
    event?.['outcome'] ?? '-',
    wayward?.['credential']?.['id'],
  ].join(' ');

test('an automatic revocation: decided and verified, with the time of each part of the way', async () => {
  const response = responseOf({ mode: 'auto' }, [blockable('a')], COMMANDS);
  response.at(NOW + 2_500);
  respondTo(alertOf({ credentials: ['a'] }), response);
  response.at(NOW + 4_000);
  await response.worker().drain();
  const [decided, verified] = documentsOf(response);
  const [recorded] = response.audit.after(0);
  expect(recorded?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(decided).toMatchObject({
    '@timestamp': new Date(NOW + 2_500).toISOString(),
    event: { kind: 'event', category: ['iam'], type: ['info'], action: 'revoke-decided' },
    gen_ai: { agent: { id: 'agent-a' } },
    wayward: {
      principal: 'agent-a/postgres',
      alert: { id: 'alert-1' },
      credential: { id: 'a' },
      response: {
        ...{ state: 'approved', mode: 'auto', decided_by: 'automatic', seconds_to_detect: 2.5, dry_run: false },
        revoker: 'command',
        evidence: ['event-1'],
        record: { seq: 1, prev: '0'.repeat(64), hash: recorded?.hash },
      },
    },
  });
  expect(verified).toMatchObject({
    '@timestamp': new Date(NOW + 4_000).toISOString(),
    event: { type: ['change'], action: 'revoke-verified', outcome: 'success' },
    wayward: {
      alert: { id: 'alert-1' },
      response: {
        action: 'revoke',
        state: 'verified',
        mode: 'auto',
        revoker: 'command',
        decided_by: 'automatic',
        attempts: 1,
        seconds_to_detect: 2.5,
        seconds_to_decide: 0,
        seconds_to_call: 1.5,
        seconds_to_verify: 0,
        seconds_total: 4,
        drill: false,
        record: { seq: 2, prev: recorded?.hash, hash: response.audit.newest?.hash },
      },
    },
  });
  expect(verified?.['event']?.['reason']).toEqual(expect.any(String));
});

describe('what waits for a person', () => {
  const waiting = (): TestResponse => {
    const response = responseOf({ mode: 'approve' }, [blockable('a'), blockable('b')], COMMANDS);
    respondTo(alertOf({ credentials: ['a', 'b'] }), response);
    return response;
  };

  test('is approved by somebody, after some time', async () => {
    const response = waiting();
    response.at(NOW + 60_000);
    approve('alert-1', 'ann', response);
    await response.worker().drain();
    const documents = documentsOf(response);
    expect(documents.map(shown)).toEqual([
      'revoke-decided waiting - a',
      'revoke-decided waiting - b',
      'revoke-approved approved - a',
      'revoke-approved approved - b',
      'revoke-verified verified success a',
      'revoke-verified verified success b',
    ]);
    for (const { wayward } of documents) expect(wayward?.['response']?.['mode']).toBe('approve');
    for (const { wayward } of documents.slice(2)) {
      expect(wayward?.['response']).toMatchObject({ decided_by: 'ann', seconds_to_decide: 60 });
    }
  });

  test('is approved or refused by a link, which is the reason that is shown', () => {
    for (const [decision, type] of [
      ['approve', 'approved'],
      ['refuse', 'refused'],
    ] as const) {
      const response = waiting();
      response.at(NOW + 60_000);
      const [approval] = waitingApprovals(response, 1);
      if (approval === undefined) throw new Error('it waits');
      decideApproval(approval, decision, 'ann', response);
      const documents = documentsOf(response).slice(2);
      expect(documents.map(shown)).toEqual([`revoke-${type} ${type} - a`, `revoke-${type} ${type} - b`]);
      expect(documents[0]).toMatchObject({
        event: { reason: `${type} by a signed link` },
        wayward: { response: { decided_by: 'ann', seconds_to_decide: 60, mode: 'approve' } },
      });
    }
  });

  test('expires, which is no failure', () => {
    const response = waiting();
    dismiss('alert-1', 'closed as benign by ann', response);
    expect(documentsOf(response).slice(2).map(shown)).toEqual([
      'revoke-expired expired - a',
      'revoke-expired expired - b',
    ]);
  });
});

test('a dry run and a refusal say so, and why', () => {
  const response = responseOf({ mode: 'dry-run' }, [blockable('a'), blockable('b', { protected: true })], COMMANDS);
  respondTo(alertOf({ credentials: ['a', 'b'] }), response);
  const documents = documentsOf(response);
  expect(documents.map(({ wayward }) => wayward?.['response'])).toMatchObject([
    { state: 'dry-run', mode: 'dry-run', dry_run: true },
    { state: 'refused', mode: 'dry-run', dry_run: false },
  ]);
  expect(documents[1]?.['event']?.['reason']).toContain('protected');
  expect(documents[0]?.['wayward']?.['response']).not.toHaveProperty('decided_by');
});

test('a plan without steps is one document', () => {
  const response = responseOf({ mode: 'auto' }, [], {});
  respondTo(alertOf({ credentials: [] }), response);
  expect(documentsOf(response).map(shown)).toEqual(['revoke-decided nothing - ']);
});

test('failures and calls that nobody can prove are told apart', async () => {
  receiver.answer(200);
  const broken = blockable('broken', { revoke: { with: 'command', command: 'broken' } });
  const hook = blockable('hook', { revoke: { with: 'webhook', url: receiver.url } });
  const config = { mode: 'auto', webhook: { url: receiver.url, secret: 'secret://env/WEBHOOK_KEY' } };
  const response = responseOf(config, [broken, hook], { ...COMMANDS, webhook: { secret: await secretOf('key') } });
  respondTo(alertOf({ credentials: ['broken', 'hook'] }), response);
  const worker = response.worker({
    retry: { attempts: 2, first: 1, longest: 1 },
    deliver: (event) => deliver({ url: receiver.url, secret: 'key' }, event),
  });
  for (let tick = 1; tick < 6; tick++) {
    response.at(NOW + tick * 1_000);
    await worker.drain();
  }
  const documents = documentsOf(response);
  const ends = documents.filter(({ event }) => event?.['action'] !== 'revoke-decided');
  expect(ends.map(shown).sort()).toEqual(['revoke-called called unknown hook', 'revoke-failed failed failure broken']);
  for (const { wayward } of ends) expect(wayward?.['response']).not.toHaveProperty('seconds_to_verify');
});

test('the breaker, a halt and its end are told', () => {
  const credentials = ['a', 'b', 'c'].map((id) => blockable(id));
  const response = responseOf({ mode: 'auto', limits: { credentials: 1 } }, credentials, COMMANDS);
  respondTo(alertOf({ credentials: ['a', 'b', 'c'] }), response);
  halt('ann', response);
  resume('bob', response);
  const documents = documentsOf(response).slice(3);
  expect(documents.map(shown)).toEqual(['breaker-opened open - ', 'halted halted - ', 'resumed running - ']);
  expect(documents.map(({ wayward }) => wayward?.['response']?.['decided_by'])).toEqual([undefined, 'ann', 'bob']);
  expect(documents[0]?.['event']?.['reason']).toContain('which is the limit');
  expect(documents[0]?.['wayward']?.['alert']).toEqual({ id: 'alert-1' });
});

test('misuse that goes on after the last step is told', async () => {
  const response = responseOf({ mode: 'auto' }, [blockable('a')], COMMANDS);
  respondTo(alertOf({ credentials: ['a'] }), response);
  await response.worker().drain();
  response.at(NOW + 65_000);
  respondTo(alertOf({ credentials: ['a'], lastEvidence: { a: NOW + 60_000 } }), response);
  const document = documentsOf(response).at(-1);
  expect(shown(document as Fields)).toBe('misuse-goes-on goes-on - a');
  expect(document?.['event']?.['reason']).toMatch(/^it was used at .*; none is left$/);
  expect(document?.['wayward']).toMatchObject({ alert: { id: 'alert-1' }, response: { seconds_to_detect: 5 } });
});

test('an order by hand belongs to no alert and has no mode', async () => {
  const response = responseOf({}, [blockable('a')], COMMANDS);
  await orderSteps(planFor(['a'], response.plan), 'ann', response);
  await response.worker().drain();
  const [document] = documentsOf(response);
  expect(shown(document as Fields)).toBe('revoke-verified verified success a');
  expect(document?.['wayward']).not.toHaveProperty('alert');
  expect(document?.['wayward']?.['response']).not.toHaveProperty('mode');
  expect(document?.['wayward']?.['response']).not.toHaveProperty('seconds_to_detect');
  expect(document?.['wayward']?.['response']).toMatchObject({ decided_by: 'ann', seconds_total: 0 });
});

describe('an entry that is not as it should be', () => {
  const entry = (more: object): RecordedEntry =>
    ({
      type: 'decided',
      by: 'x',
      seq: 1,
      at: new Date(NOW).toISOString(),
      prev: '0'.repeat(64),
      hash: 'f'.repeat(64),
      ...more,
    }) as RecordedEntry;
  const made = (more: object): Fields[] =>
    responseDocuments(entry(more), { steps: [], credentialOf: () => undefined }).map(fieldsOf);

  test('makes no document that is not as it should be', () => {
    const text = `__proto__\u0000${'x'.repeat(10_240)}\ud800`;
    expect(made({ steps: 'none' })).toHaveLength(1);
    expect(made({ steps: [null, 1, { outcome: 'constructor', credential: text, because: 7 }] })).toHaveLength(1);
    expect(made({ type: 'verified', action: { a: 1 }, times: 'long ago', note: text })).toHaveLength(1);
    expect(made({ type: 'failed', credential: 'c', times: { event: 'soon', done: text } })).toHaveLength(1);
    expect(made({ type: 'approved', credentials: { a: 1 } })).toEqual([]);
  });

  test('a restore is no revocation', () => {
    const [document] = made({
      type: 'verified',
      cause: 'restore-1',
      credential: 'c',
      agent: 'a',
      action: 'undo: lock it',
    });
    expect(document?.['event']?.['action']).toBe('restore-verified');
    expect(document?.['wayward']?.['response']).toMatchObject({ action: 'restore', detail: 'undo: lock it' });
  });

  test('an entry is read by what it says of itself, whatever its words are', () => {
    const words = { type: 'verified', credential: 'c', agent: 'a', action: 'undo: no, rotate: no' };
    for (const did of ['revoke', 'restore', 'rotate', 'notify']) {
      const [document] = made({ ...words, cause: 'drill-1', origin: 'alert', did });
      expect(document?.['wayward']?.['response']).toMatchObject({ action: did, drill: false });
      expect(document?.['wayward']?.['alert']).toEqual({ id: 'drill-1' });
    }
    const [drill] = made({ ...words, cause: '5f2a91', origin: 'drill', did: 'revoke' });
    expect(drill?.['wayward']?.['response']).toMatchObject({ drill: true });
    expect(drill?.['wayward']).not.toHaveProperty('alert');
    const [hostile] = made({ ...words, cause: 'order-1', origin: 'constructor', did: '__proto__' });
    expect(hostile?.['wayward']?.['response']).toMatchObject({ action: 'restore', drill: false });
  });

  test('a drill is marked as one', () => {
    const [document] = made({ type: 'verified', cause: 'drill-1', credential: 'c', agent: 'a', action: 'lock it' });
    expect(document?.['wayward']?.['response']?.['drill']).toBe(true);
    expect(document?.['wayward']).not.toHaveProperty('alert');
  });

  test.each([
    ['drill-passed', 'passed', 'success'],
    ['drill-failed', 'failed', 'failure'],
  ])('the outcome of a whole drill is a document of its own: %s', (type, state, outcome) => {
    const what = { cause: 'drill-1', credential: 'c', agent: 'wayward-canary', revoker: 'postgres', note: 'why' };
    const [document] = made({ type, ...what, took_ms: 1_250, objective_ms: 60_000, steps_ms: { revoke: 1_000 } });
    expect(document).toMatchObject({
      event: { action: type, outcome, reason: 'why', type: ['info'] },
      wayward: { response: { action: 'drill', state, revoker: 'postgres', seconds_total: 1.25, drill: true } },
    });
    expect(made({ type, ...what, took_ms: 'soon' })[0]?.['wayward']?.['response']).not.toHaveProperty('seconds_total');
  });

  test('a rotation is no revocation', () => {
    const what = {
      type: 'verified',
      cause: 'rotation-1',
      credential: 'c',
      agent: 'a',
      action: 'rotate: a new password',
    };
    const [document] = made(what);
    expect(document).toMatchObject({ event: { action: 'rotate-verified', type: ['change'], outcome: 'success' } });
    expect(document?.['wayward']).not.toHaveProperty('alert');
  });
});
