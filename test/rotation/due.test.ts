import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { halt, orderSteps, resume } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { command } from '../../src/revokers/command.ts';
import { rotationSchema } from '../../src/rotation/config.ts';
import { dueBy, dueForRotation, remind } from '../../src/rotation/due.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { look } from '../../src/rotation/service.ts';
import { credentialOf, NOW } from '../response/response-of.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { freePort } from '../servers/free-port.ts';
import { type Receiver, startReceiver } from '../servers/receiver.ts';
import { rotationsOf } from './rotations-of.ts';

const DAY = 86_400_000;
const ROTATE = { with: 'vault-database-static', role: 'billing' };
const AUTO = rotationSchema.parse({ mode: 'auto' });
const REMIND = rotationSchema.parse({});

/** A credential that is due in so many days, of 90. */
const dueIn = (days: number, changes: Partial<Credential> = {}): Credential =>
  credentialOf({
    id: `due-${days}`,
    issuedAt: NOW - (90 - days) * DAY,
    rotateEvery: 90 * DAY,
    revoke: undefined,
    ...changes,
  });

let receiver: Receiver;
let webhook: object;
/** A Vault that answers nothing useful: what is tried fails for good. */
let settings: Record<string, unknown>;
beforeAll(async () => {
  receiver = await startReceiver();
  receiver.answer(404, '{"errors":[]}');
  webhook = { url: `${receiver.url}/soc`, secret: await secretOf('a key') };
  settings = { vault: { url: receiver.url, token: await secretOf('a token') } };
});
afterAll(() => receiver.stop());

const notifications = ({ response }: ReturnType<typeof rotationsOf>): Record<string, unknown>[] =>
  response.state
    .all("SELECT detail FROM outbox WHERE action = 'notify' ORDER BY alert_at, key")
    .map(({ detail }) => JSON.parse(String(detail)));

describe('reminders', () => {
  test('14 days ahead, once for each credential and due time; the longest overdue first', () => {
    const credentials = [dueIn(20), dueIn(13), dueIn(-3), credentialOf({ id: 'never', issuedAt: NOW })];
    const rotations = rotationsOf(credentials, {}, { webhook });
    const { response } = rotations;
    expect(remind(REMIND, response).map(({ credential }) => credential.id)).toEqual(['due--3', 'due-13']);
    expect(remind(REMIND, response)).toEqual([]);
    response.at(NOW + 7 * DAY);
    expect(remind(REMIND, response).map(({ credential }) => credential.id)).toEqual(['due-20']);
    const [first, second] = notifications(rotations);
    expect(first).toMatchObject({
      type: 'wayward.rotation',
      subject: '2 due',
      data: {
        what: 'due',
        credentials: [
          {
            credential: 'due--3',
            agent: 'billing-agent-1',
            overdue: true,
            due_at: new Date(NOW - 3 * DAY).toISOString(),
          },
          { credential: 'due-13', overdue: false },
        ],
      },
    });
    expect(second).toMatchObject({ data: { credentials: [{ credential: 'due-20' }] } });
  });

  test('a restart reminds nobody again, and a rotation makes a new due time', () => {
    const credential = dueIn(5);
    const first = rotationsOf([credential], {}, { webhook });
    expect(remind(REMIND, first.response)).toHaveLength(1);
    const { folder } = first.response;
    const rotated = { ...credential, rotatedAt: NOW };
    const again = rotationsOf([rotated], {}, { webhook }, { folder });
    expect(remind(REMIND, again.response)).toEqual([]);
    again.response.at(NOW + 80 * DAY);
    expect(remind(REMIND, again.response)).toHaveLength(1);
    expect(notifications(again)).toHaveLength(2);
  });

  test('without a webhook whoever called is told, and nothing is put into the outbox', () => {
    const rotations = rotationsOf([dueIn(5)], {});
    expect(remind(REMIND, rotations.response)).toHaveLength(1);
    expect(notifications(rotations)).toEqual([]);
  });

  test('auto reminds only of what Wayward does not rotate by itself', () => {
    const credentials = [
      dueIn(1, { id: 'by-wayward', rotate: ROTATE }),
      dueIn(2, { id: 'protected', rotate: ROTATE, protected: true }),
      dueIn(3, { id: 'by-hand' }),
    ];
    const { response } = rotationsOf(credentials, settings, { webhook });
    expect(remind(AUTO, response).map(({ credential }) => credential.id)).toEqual(['protected', 'by-hand']);
  });
});

describe('what is rotated without being asked', () => {
  test('a day before it is due, or a tenth of its period; never what is protected, blocked or not due', () => {
    const hourly = { rotateEvery: DAY / 12, issuedAt: NOW - DAY / 12 + 600_000 };
    const credentials = [
      dueIn(0.9, { rotate: ROTATE }),
      dueIn(1.1, { rotate: ROTATE }),
      dueIn(-9, { rotate: ROTATE, protected: true }),
      dueIn(-8),
      dueIn(-7, { rotate: { with: 'postgres-password', role: 'r', secret: 'secret://vault/a/data/b#c' } }),
      dueIn(7, { id: 'often', rotate: ROTATE, ...hourly }),
    ];
    const { response } = rotationsOf(credentials, settings);
    expect(dueForRotation(response).map(({ credential }) => credential.id)).toEqual(['often', 'due-0.9']);
  });

  test('after one that fails the others wait: a broken account does not break them all', async () => {
    const credentials = [dueIn(-2, { rotate: ROTATE }), dueIn(-1, { rotate: ROTATE })];
    const rotations = rotationsOf(credentials, settings, { webhook });
    await look(AUTO, { response: rotations.response, onStep: () => {} }, { reminded: () => {}, paused: () => {} });
    expect(rotations.steps('due--2')).toMatchObject([{ state: 'failed', decidedBy: 'automatic' }]);
    expect(rotations.steps('due--1')).toEqual([]);
    expect(notifications(rotations)).toMatchObject([
      { type: 'wayward.rotation', data: { what: 'failing', credential: 'due--2', ended: true, attempts: 1 } },
    ]);
    await look(AUTO, { response: rotations.response, onStep: () => {} }, { reminded: () => {}, paused: () => {} });
    expect(rotations.steps('due--2')).toMatchObject([{ state: 'failed', attempts: 1 }]);
    expect(notifications(rotations)).toHaveLength(1);
  });

  test('one that fails again and again is told at its tenth attempt, once; one that was killed in the tenth, at the next', async () => {
    const down = { vault: { url: `http://127.0.0.1:${await freePort()}`, token: await secretOf('a token') } };
    for (const killedIn of [undefined, 10]) {
      const rotations = rotationsOf([dueIn(-2, { rotate: ROTATE })], down, { webhook });
      rotations.order();
      const [step] = rotations.steps('due--2');
      for (let attempt = 1; attempt <= 14; attempt++) {
        rotations.response.at(NOW + attempt * 600_000);
        if (attempt === killedIn) rotations.response.outbox.claim(step?.key ?? '', NOW + attempt * 600_000);
        else await rotations.make();
      }
      expect(rotations.steps('due--2')).toMatchObject([{ state: 'calling', attempts: 14 }]);
      expect(notifications(rotations)).toMatchObject([
        { data: { what: 'failing', ended: false, attempts: killedIn === undefined ? 10 : 11 } },
      ]);
    }
  });

  test('while halted nothing is begun, and it says so', async () => {
    const rotations = rotationsOf([dueIn(-2, { rotate: ROTATE })], settings);
    const paused: string[] = [];
    const listener = {
      reminded: () => {},
      paused: (due: readonly unknown[], by: string) => paused.push(`${due.length} ${by}`),
    };
    halt('ann', rotations.response);
    await look(AUTO, { response: rotations.response, onStep: () => {} }, listener);
    expect({ paused, steps: rotations.steps('due--2') }).toEqual({ paused: ['1 ann'], steps: [] });
    resume('ann', rotations.response);
    await look(AUTO, { response: rotations.response, onStep: () => {} }, listener);
    expect(rotations.steps('due--2')).toHaveLength(1);
  });

  test('mode remind never rotates', async () => {
    const rotations = rotationsOf([dueIn(-2, { rotate: ROTATE })], settings);
    await look(REMIND, { response: rotations.response, onStep: () => {} }, { reminded: () => {}, paused: () => {} });
    expect(rotations.steps('due--2')).toEqual([]);
  });
});

test('what Wayward has revoked is not rotated until it is restored', async () => {
  const commands = { command: command.settingsSchema.parse({ block: { run: ['/bin/true'], verify: ['/bin/true'] } }) };
  const credential = dueIn(-2, { rotate: ROTATE, revoke: { with: 'command', command: 'block' } });
  const { response } = rotationsOf([credential], { ...settings, ...commands });
  expect(planRotation(credential, response).blocked).toBeUndefined();
  await orderSteps(planFor([credential.id], response.plan), 'ann', response);
  expect(planRotation(credential, response).blocked).toMatch(/^was revoked by Wayward: restore it first/);
  await response.worker().drain();
  expect(planRotation(credential, response).blocked).toMatch(/^was revoked by Wayward/);
});

test('a plan says what to add where Wayward cannot rotate', () => {
  const { response } = rotationsOf([dueIn(-2), dueIn(-1, { rotate: ROTATE })], {});
  expect(dueBy(NOW, response).map(({ blocked }) => blocked)).toEqual([
    'cannot be rotated by Wayward: add rotate: to its entry in the registry, or rotate it by hand',
    'needs settings: add revokers.vault to the configuration',
  ]);
});

test('the registry counts from the rotation, from the time of it on', () => {
  const registry = createRegistry([dueIn(-2)]);
  registry.did({ credential: 'due--2', did: 'rotated', at: NOW });
  registry.did({ credential: 'due--2', did: 'rotated', at: NOW - 5 * DAY });
  registry.did({ credential: 'nobody', did: 'rotated', at: NOW });
  expect(registry.byId('due--2')).toMatchObject({ rotatedAt: NOW });
});
