import { expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Credential, RevokeSpec } from '../../src/attribution/credential.ts';
import { IssuerCircuits } from '../../src/response/circuits.ts';
import { approve, orderSteps } from '../../src/response/control.ts';
import { planFor } from '../../src/response/plan.ts';
import { respondTo } from '../../src/response/responder.ts';
import { AGENT, accountOf } from '../revokers/aws-responder.ts';
import { settingsOf } from '../revokers/gcp-responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { startMoto } from '../servers/moto.ts';
import { secretOfClient, startOAuth } from '../servers/oauth.ts';
import { describeWith } from '../servers/require-server.ts';
import { startVault } from '../servers/vault.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, NOW, responseOf } from './response-of.ts';

const NOT_THERE = /^was not there before Wayward acted, so that nothing is proven: check the registry entry/;
const ID = 'cred-billing-pg';

/** Response in mode auto that has seen an alert on the credential, and done about it what it could. */
async function responded(revoke: RevokeSpec, settings: Record<string, unknown>, others: readonly Credential[] = []) {
  const response = responseOf({ mode: 'auto' }, [credentialOf({ revoke }), ...others], settings);
  respondTo(alertOf(), response);
  await response.worker({ retry: { attempts: 2, first: 1, longest: 1 } }).drain();
  return { response, step: () => response.outbox.revocations(ID)[0] ?? response.outbox.ofCause('alert-1')[0] };
}

describeWith('what Vault does not know', startVault, (server) => {
  const asRoot = (method: string, path: string, body?: unknown) =>
    server().call(server().rootToken, method, path, body);
  const settings = async () => ({ vault: { url: server().url, token: await secretOf(server().rootToken) } });
  const newToken = async (parent = server().rootToken) => {
    const { body } = await server().call(parent, 'POST', 'auth/token/create', { ttl: '1h' });
    if (body?.auth === undefined) throw new Error('Vault made no token');
    return body.auth;
  };

  test.each([
    ['an accessor', { with: 'vault', accessor: 'misspelt' }],
    ['a lease', { with: 'vault-lease', lease: 'auth/token/create/misspelt' }],
    ['the path of leases', { with: 'vault-lease-prefix', prefix: 'auth/token/misspelt' }],
    ['an entity', { with: 'vault-entity-tokens', entity: '7d2e3179-f69b-450c-7179-ac8ee8bd8ca9' }],
    ['an accessor of a secret id', { with: 'vault-secret-id', role: 'known', accessor: 'misspelt' }],
  ])(
    '%s that is misspelt in the registry is no success, and the entry is named as the reason',
    async (_what, revoke) => {
      await asRoot('POST', 'sys/auth/approle', { type: 'approle' });
      await asRoot('POST', 'auth/approle/role/known', { token_ttl: '1h' });
      const { response, step } = await responded(revoke, await settings());
      expect(step()).toMatchObject({ state: 'failed', note: expect.stringMatching(NOT_THERE), calledAt: undefined });
      expect(response.audit.ofCause('alert-1').map(({ type }) => type)).toEqual(['decided', 'failed']);
      expect(response.outbox.proofsOf(ID)).toEqual([]);
    },
  );

  test('a token that was there and is gone after the call is verified; ordered again, it needs no second look', async () => {
    const { accessor } = await newToken();
    const { response, step } = await responded({ with: 'vault', accessor }, await settings());
    expect(step()).toMatchObject({ state: 'verified', note: 'Vault knows no token with this accessor any more' });
    const again = await orderSteps(planFor([ID], response.plan), 'ann', response);
    expect(again.alreadyDead).toHaveLength(1);
    response.at(NOW + 3_700_000);
    respondTo(alertOf({ id: 'alert-2', openedAt: NOW + 3_700_000 }), response);
    await response.worker().drain();
    expect(response.outbox.ofCause('alert-2')).toMatchObject([{ state: 'verified' }]);
  });

  test('one that ended by itself before Wayward came is no success of Wayward’s either', async () => {
    const { accessor } = await newToken();
    await asRoot('POST', 'auth/token/revoke-accessor', { accessor });
    const { step } = await responded({ with: 'vault', accessor }, await settings());
    expect(step()).toMatchObject({ state: 'failed', note: expect.stringMatching(NOT_THERE) });
  });

  /** An alert whose evidence was attributed by the accessor itself, as Vault's audit log has it. */
  const seenInAudit = (changes: Partial<Alert> = {}) =>
    alertOf({
      attribution: { method: 'vault_accessor', confidence: 1 },
      lastEvidence: { [ID]: NOW - 1_000 },
      ...changes,
    });

  /** A token that ended by itself between its misuse and the response to that. */
  async function endedMeanwhile(match: Credential['match'] | undefined, alert: Alert) {
    const { accessor } = await newToken();
    await asRoot('POST', 'auth/token/revoke-accessor', { accessor });
    const named = match ?? { vault_accessor: [accessor] };
    const credential = credentialOf({ revoke: { with: 'vault', accessor }, match: named });
    const response = responseOf({ mode: 'auto' }, [credential], await settings());
    respondTo(alert, response);
    await response.worker({ retry: { attempts: 2, first: 1, longest: 1 } }).drain();
    return { response, step: response.outbox.ofCause('alert-1')[0] };
  }

  test('one that ended by itself, after Vault’s own log had shown its use by that accessor: dead already, and verified', async () => {
    const { response, step } = await endedMeanwhile(undefined, seenInAudit());
    expect(step).toMatchObject({
      state: 'verified',
      note: 'had ended before Wayward acted: Vault knows no token with this accessor any more',
      calledAt: undefined,
    });
    expect(response.audit.ofCause('alert-1').map(({ type }) => type)).toEqual(['decided', 'verified']);
    // The alert grows: nothing is done again.
    respondTo(seenInAudit({ revision: 2, severity: 'critical' }), response);
    await response.worker().drain();
    expect(response.outbox.ofCause('alert-1').filter(({ action }) => action === 'revoke')).toHaveLength(1);
  });

  test.each([
    [
      'was attributed by another name',
      undefined,
      seenInAudit({ attribution: { method: 'vault_entity_id', confidence: 0.95 } }),
    ],
    [
      'was attributed less surely',
      undefined,
      seenInAudit({ attribution: { method: 'vault_accessor', confidence: 0.9 } }),
    ],
    ['has no evidence of this credential', undefined, seenInAudit({ lastEvidence: {} })],
    ['is about several credentials', undefined, seenInAudit({ credentials: [ID, 'another'] })],
    ['may have seen another accessor of the entry', { vault_accessor: ['one', 'two'] }, seenInAudit()],
    ['saw the accessor of match, and revoke names another', { vault_accessor: ['another'] }, seenInAudit()],
    ['saw an accessor by pattern', { vault_accessor: ['*a*'] }, seenInAudit()],
  ])('one that is not there, of which an alert %s: nothing is proven', async (_what, match, alert) => {
    const { step } = await endedMeanwhile(match, alert);
    expect(step).toMatchObject({ state: 'failed', note: expect.stringMatching(NOT_THERE) });
  });

  test.each([
    ['was there when a person was asked', true, 'verified', /^had ended before Wayward acted: Vault knows no token/],
    ['was not', false, 'failed', NOT_THERE],
  ])('a token that ended while a person was asked, and %s', async (_what, isThere, state, note) => {
    const { accessor } = await newToken();
    const end = () => asRoot('POST', 'auth/token/revoke-accessor', { accessor });
    if (!isThere) await end();
    const credential = credentialOf({ revoke: { with: 'vault', accessor } });
    const response = responseOf({ mode: 'approve' }, [credential], await settings());
    respondTo(alertOf(), response);
    const looked = Promise.withResolvers<void>();
    const { prototype } = IssuerCircuits;
    const { guard } = prototype;
    prototype.guard = function (...args) {
      const { isThere: look = async () => false, ...calls } = guard.apply(this, args);
      return { ...calls, isThere: (call) => look(call).finally(() => looked.resolve()) };
    };
    const worker = response.worker();
    worker.start();
    await looked.promise.finally(() => {
      prototype.guard = guard;
    });
    await expect.poll(() => response.outbox.waiting().map((one) => response.outbox.wasSeen(one))).toEqual([isThere]);
    expect(response.outbox.waiting()).toMatchObject([{ calledAt: undefined, attempts: 0 }]);
    if (isThere) await end();
    const [step] = approve('alert-1', 'ann', response);
    await worker.drain();
    await worker.stop();
    expect(response.outbox.step(step?.key ?? '')).toMatchObject({ state, note: expect.stringMatching(note) });
  });

  test('a child dies with the token that it was issued from: that explains why it is not there', async () => {
    const parent = await newToken();
    const child = await newToken(parent.client_token);
    const credentials = [
      credentialOf({ id: 'parent', kind: 'vault-token', revoke: { with: 'vault', accessor: parent.accessor } }),
      credentialOf({
        id: 'child',
        kind: 'vault-token',
        parent: 'parent',
        revoke: { with: 'vault', accessor: child.accessor },
      }),
    ];
    const response = responseOf({}, credentials, await settings());
    const { cause } = await orderSteps(planFor(['child', 'parent'], response.plan), 'ann', response);
    await response.worker().drain();
    expect(response.outbox.ofCause(cause).map(({ credential, state }) => [credential, state])).toEqual([
      ['parent', 'verified'],
      ['child', 'verified'],
    ]);
  });

  test('a step that was under way, but whose credential nobody ever saw, is not taken for done after a restart', async () => {
    const credential = credentialOf({ revoke: { with: 'vault', accessor: 'misspelt' } });
    const first = responseOf({}, [credential], await settings());
    const { cause } = await orderSteps(planFor([ID], first.plan), 'ann', first);
    const [step] = first.outbox.ofCause(cause);
    first.outbox.calling(step?.key ?? '', NOW);
    const next = responseOf({}, [credential], await settings(), { folder: first.folder });
    await next.worker().drain();
    expect(next.outbox.ofCause(cause)).toMatchObject([{ state: 'failed', note: expect.stringMatching(NOT_THERE) }]);
  });

  test('killed between the look and the record: what was seen is remembered, and the successor verifies', async () => {
    const { accessor } = await newToken();
    const credential = credentialOf({ revoke: { with: 'vault', accessor } });
    const first = responseOf({}, [credential], await settings());
    const { cause } = await orderSteps(planFor([ID], first.plan), 'ann', first);
    // The store is written no more after the call: as a process that ended right then leaves it.
    first.outbox.called = () => {
      throw new Error('killed');
    };
    const errors: unknown[] = [];
    await first
      .worker({ onError: (error) => errors.push(error) })
      .drain()
      .catch(() => undefined);
    expect(first.outbox.ofCause(cause)).toMatchObject([{ state: 'calling' }]);
    expect((await asRoot('POST', 'auth/token/lookup-accessor', { accessor })).status).toBe(400);
    const next = responseOf({}, [credential], await settings(), { folder: first.folder });
    next.at(NOW + 120_000);
    await next.worker().drain();
    expect(next.outbox.ofCause(cause)).toMatchObject([{ state: 'verified' }]);
  });

  test('a Vault that is away when Wayward looks: tried again, nothing is concluded', async () => {
    const { accessor } = await newToken();
    const away = { vault: { url: 'http://127.0.0.1:2', token: await secretOf('x') } };
    const { response, step } = await responded({ with: 'vault', accessor }, away);
    expect(step()).toMatchObject({ state: 'approved', note: expect.stringContaining('ECONNREFUSED') });
    const next = responseOf(
      { mode: 'auto' },
      [credentialOf({ revoke: { with: 'vault', accessor } })],
      await settings(),
      {
        folder: response.folder,
      },
    );
    next.at(NOW + 10_000);
    await next.worker().drain();
    expect(next.outbox.ofCause('alert-1')).toMatchObject([{ state: 'verified', attempts: 2 }]);
  });
});

describeWith('what Google Cloud does not know (a fake)', startFakeGcp, (fake) => {
  test('a key id that is misspelt is never deleted, nor read as deleted; the right one is', async () => {
    const agent = fake().newAccount('agent');
    const { id } = agent.newKey();
    const rights = ['iam.serviceAccountKeys.get', 'iam.serviceAccountKeys.delete', 'iam.serviceAccounts.get'];
    const settings = { gcp: await settingsOf(fake(), fake().newAccount('wayward', rights).newKey().file) };
    const spec = { with: 'gcp-service-account-key-delete', project: agent.project, account: agent.email };
    const misspelt = await responded({ ...spec, key: '0'.repeat(40) }, settings);
    expect(misspelt.step()).toMatchObject({ state: 'failed', note: expect.stringMatching(NOT_THERE) });
    expect(fake().calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    expect((await responded({ ...spec, key: id }, settings)).step()).toMatchObject({ state: 'verified' });
  });
});

describeWith('what AWS does not know', startMoto, (server) => {
  test('an access key that is misspelt, or of nobody any more, is no success', async () => {
    const { user, keys } = await server().newUser('agent', AGENT);
    const settings = { aws: await accountOf(server(), server().admin) };
    const spec = { with: 'aws-access-key-delete', user };
    const misspelt = await responded({ ...spec, access_key_id: 'AKIAMISSPELT00000000' }, settings);
    expect(misspelt.step()).toMatchObject({ state: 'failed', note: expect.stringMatching(NOT_THERE) });
    const right = await responded({ ...spec, access_key_id: keys.accessKeyId }, settings);
    expect(right.step()).toMatchObject({ state: 'verified' });
    // Deleted by somebody else, after a log had shown its use.
    const revoke = { ...spec, access_key_id: keys.accessKeyId };
    const credential = credentialOf({ revoke, match: { aws_access_key_id: [keys.accessKeyId] } });
    const response = responseOf({ mode: 'auto' }, [credential], settings);
    const attribution = { method: 'aws_access_key_id', confidence: 1 } as const;
    respondTo(alertOf({ attribution, lastEvidence: { [ID]: NOW } }), response);
    await response.worker().drain();
    expect(response.outbox.revocations(ID)).toMatchObject([
      { state: 'verified', note: expect.stringMatching(/^had ended before Wayward acted: IAM lists no such key/) },
    ]);
  });
});

describeWith('what an OAuth server does not know', startOAuth, (server) => {
  test('a token that was active when a person was asked, and ended by itself since, is dead and not failed', async () => {
    const token = await server().newToken('agent-b');
    const settings = {
      oauth: {
        revocation_url: `${server().issuer}/token/revocation`,
        introspection_url: `${server().issuer}/token/introspection`,
        client_id: 'responder',
        client_secret: await secretOf(secretOfClient('responder')),
      },
    };
    const owner = { client_id: 'agent-b', client_secret: await secretOf(secretOfClient('agent-b')) };
    const credential = credentialOf({ revoke: { with: 'oauth', token: await secretOf(token), owner } });
    const response = responseOf({ mode: 'approve' }, [credential], settings);
    respondTo(alertOf(), response);
    const worker = response.worker();
    worker.start();
    await expect.poll(() => response.outbox.waiting().map((one) => response.outbox.wasSeen(one))).toEqual([true]);
    await server().revokeToken('agent-b', token);
    const before = server().revocations();
    approve('alert-1', 'ann', response);
    await worker.drain();
    await worker.stop();
    expect(response.outbox.revocations(ID)).toMatchObject([
      {
        state: 'verified',
        note: 'had ended before Wayward acted: introspection says active: false',
        calledAt: undefined,
      },
    ]);
    expect(server().revocations()).toBe(before);
  });

  test('a token that it never gave is no success, also where a process ended in the middle', async () => {
    const settings = {
      oauth: {
        revocation_url: `${server().issuer}/token/revocation`,
        introspection_url: `${server().issuer}/token/introspection`,
        client_id: 'responder',
        client_secret: await secretOf(secretOfClient('responder')),
      },
    };
    const credential = credentialOf({ revoke: { with: 'oauth', token: await secretOf('never-given') } });
    const response = responseOf({}, [credential], settings);
    const { cause } = await orderSteps(planFor([ID], response.plan), 'ann', response);
    response.outbox.calling(response.outbox.ofCause(cause)[0]?.key ?? '', NOW);
    await response.worker().drain();
    expect(response.outbox.ofCause(cause)).toMatchObject([{ state: 'failed', note: expect.stringMatching(NOT_THERE) }]);
  });
});
