import { afterEach, expect, test } from 'vitest';
import type { CallError } from '../../src/errors.ts';
import type { Revocation } from '../../src/response/action.ts';
import { gcpSecretVersion } from '../../src/revokers/gcp-secret-version.ts';
import { gcpServiceAccount } from '../../src/revokers/gcp-service-account.ts';
import { gcpServiceAccountKey } from '../../src/revokers/gcp-service-account-key.ts';
import { gcpServiceAccountKeyDelete } from '../../src/revokers/gcp-service-account-key-delete.ts';
import { startFakeGcp } from '../servers/fake-gcp.ts';
import { gcpAgent } from '../servers/gcp-agent.ts';
import { describeWith } from '../servers/require-server.ts';
import { fieldsOf, GCP_REVOKERS, permissionsOf, pick, settingsOf, stepOf } from './gcp-responder.ts';
import { CONTEXT } from './vault-responder.ts';

const NO_KEY = '0'.repeat(40);
const READ = ['iam.serviceAccounts.get', 'secretmanager.versions.access'];
const WRITE = ['secretmanager.versions.add', 'secretmanager.versions.destroy'];

async function failure(attempt: Promise<unknown>): Promise<CallError> {
  const error = await attempt.then(
    () => new Error('did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'CallError' });
  expect((error as Error).message).not.toMatch(/canary|PRIVATE KEY/);
  return error as CallError;
}

describeWith('Google Cloud (a fake)', startFakeGcp, (fake) => {
  afterEach(() => {
    fake().answer(undefined);
    fake().answerTokens(undefined);
    fake().lag(0);
  });

  /** An agent that has logged in, with a second key beside the one it uses. */
  async function newAgent() {
    const account = fake().newAccount(`agent-${Math.random().toString(36).slice(2)}`, READ);
    const [key, other] = [account.newKey(), account.newKey()];
    const [agent, otherAgent] = [gcpAgent(fake(), key.file), gcpAgent(fake(), other.file)];
    expect([await agent.logIn(), await otherAgent.logIn()]).toEqual(['ok', 'ok']);
    const self = `${fake().iamUrl}/v1/projects/billing-prod/serviceAccounts/${account.email}`;
    const works = async () => (await agent.get(self)).status;
    return { account: account.email, uniqueId: account.uniqueId, key: key.id, agent, otherAgent, works };
  }

  /** Two versions of a secret, and what an agent sees of each. */
  async function newSecret(name: string) {
    const { agent } = await newAgent();
    fake().newSecret(name);
    const { file } = fake()
      .newAccount(`writer-${name}-${Math.random().toString(36).slice(2)}`, WRITE)
      .newKey();
    const writer = gcpAgent(fake(), file);
    await writer.logIn();
    const at = `${fake().secretManagerUrl}v1/projects/billing-prod/secrets/${name}`;
    for (const text of ['first', 'second']) await writer.post(`${at}:addVersion`, { payload: { data: btoa(text) } });
    return {
      read: (version: number) => agent.get(`${at}/versions/${version}:access`),
      destroy: (version: number) => writer.post(`${at}/versions/${version}:destroy`, {}),
    };
  }

  /** Something for each revoker that is in use. */
  async function inUse() {
    const { account, key } = await newAgent();
    await newSecret('in-use');
    const spec = { account, key, secret: 'in-use', version: 1 };
    return GCP_REVOKERS.map((revoker) => ({ revoker, spec: pick(spec, fieldsOf(revoker.id)) }));
  }

  const stepsInUse = async (): Promise<Revocation[]> =>
    Promise.all((await inUse()).map(({ revoker, spec }) => stepOf(fake(), revoker, spec)));

  test('a key disabled: no new token for its holder, until it is enabled again; other keys go on', async () => {
    const { account, key, agent, otherAgent, works } = await newAgent();
    const step = await stepOf(fake(), gcpServiceAccountKey, { account, key });
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, alive: true, proof: 'IAM says that the key is ENABLED' });

    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      alive: false,
      proof: 'IAM says that the key is DISABLED',
    });
    expect(await agent.logIn()).toBe('invalid_grant: Invalid JWT Signature.');
    expect(await otherAgent.logIn()).toBe('ok');
    expect(await works()).toBe(200); // as cannotStop says: tokens from before

    await step.restore?.(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await agent.logIn()).toBe('ok');
  });

  test('a key deleted: no new token, and no way back; other keys go on', async () => {
    const { account, key, agent, otherAgent } = await newAgent();
    const step = await stepOf(fake(), gcpServiceAccountKeyDelete, { account, key });
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'IAM still has the key' });
    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: 'IAM has the account, and no such key of it any more',
    });
    expect(await agent.logIn()).toBe('invalid_grant: Invalid JWT Signature.');
    expect(await otherAgent.logIn()).toBe('ok');
    expect(step.restore).toBeUndefined();
  });

  test('after a crash the deletion is proven by another process, which calls nothing', async () => {
    const { account, key } = await newAgent();
    await (await stepOf(fake(), gcpServiceAccountKeyDelete, { account, key })).revoke(CONTEXT);
    const after = await stepOf(fake(), gcpServiceAccountKeyDelete, { account, key });
    expect(await after.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('an account disabled: its tokens are rejected at once and it gets no new ones, by any key; enabled: they work again', async () => {
    const { account, agent, otherAgent, works } = await newAgent();
    const step = await stepOf(fake(), gcpServiceAccount, { account });
    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, alive: false });
    expect(await works()).toBe(401);
    expect([await agent.logIn(), await otherAgent.logIn()]).toEqual(Array(2).fill('invalid_grant: Robot is disabled.'));

    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await works()).toBe(200);
  });

  test('an account goes by its unique id, too', async () => {
    const { uniqueId, agent, works } = await newAgent();
    const step = await stepOf(fake(), gcpServiceAccount, { account: uniqueId });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    expect([await works(), await agent.logIn()]).toEqual([401, 'invalid_grant: Robot is disabled.']);
  });

  test('a version of a secret disabled: nobody reads it, until it is enabled again; other versions go on', async () => {
    const { read } = await newSecret('agent-key');
    expect((await read(1)).status).toBe(200);
    const step = await stepOf(fake(), gcpSecretVersion, { secret: 'agent-key', version: 1 });
    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      ...{ dead: true, alive: false },
      proof: 'Secret Manager says that the version of the secret is DISABLED',
    });
    expect(await read(1)).toMatchObject({ status: 400, text: expect.stringContaining('is in DISABLED state') });
    expect((await read(2)).status).toBe(200);

    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect((await read(1)).status).toBe(200);
  });

  test('a version that was destroyed is dead, and cannot be restored', async () => {
    const { destroy } = await newSecret('destroyed');
    await destroy(1);
    const step = await stepOf(fake(), gcpSecretVersion, { secret: 'destroyed', version: 1 });
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, alive: false });
    const error = await failure(step.restore?.(CONTEXT) ?? Promise.resolve());
    expect(error.retryable).toBe(false);
    expect(error.message).toMatch(
      /^Secret Manager refused to enable .* which is DESTROYED: Secret Version .* state\.$/,
    );
  });

  test('what IAM shows late is not taken for a proof; a later look is one', async () => {
    const { account, key } = await newAgent();
    for (const revoker of [gcpServiceAccountKey, gcpServiceAccountKeyDelete]) {
      const step = await stepOf(fake(), revoker, { account, key });
      await step.revoke(CONTEXT);
      fake().lag(2);
      expect(await step.verify(CONTEXT)).toMatchObject({ dead: false });
      await (await stepOf(fake(), revoker, { account, key })).verify(CONTEXT);
      expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    }
  });

  test('a deletion that is seen late may be made again', async () => {
    const { account, key } = await newAgent();
    await (await stepOf(fake(), gcpServiceAccountKeyDelete, { account, key })).revoke(CONTEXT);
    const again = await stepOf(fake(), gcpServiceAccountKeyDelete, { account, key });
    fake().lag(1);
    expect(await again.verify(CONTEXT)).toMatchObject({ dead: false });
    await again.revoke(CONTEXT);
    expect(await again.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test('what is not there is a mistake, never a proof', async () => {
    const { account, key } = await newAgent();
    await newSecret('there');
    const nobody = 'nobody@billing-prod.iam.gserviceaccount.com';
    const attempts = [
      [gcpServiceAccountKey, { account, key: NO_KEY }],
      [gcpServiceAccountKey, { account: nobody, key }],
      [gcpServiceAccountKeyDelete, { account: nobody, key }],
      [gcpServiceAccount, { account: nobody }],
      [gcpSecretVersion, { secret: 'gone', version: 1 }],
      [gcpSecretVersion, { secret: 'there', version: 9 }],
    ] as const;
    for (const [revoker, spec] of attempts) {
      const step = await stepOf(fake(), revoker, spec);
      // IAM answers a deletion for a key or an account that it never had as a repeated one: the read-back decides.
      const calls = revoker === gcpServiceAccountKeyDelete ? [step.verify] : [step.revoke, step.verify, step.restore];
      for (const call of calls) {
        if (call === undefined) continue;
        const error = await failure(call(CONTEXT));
        expect(error).toMatchObject({ retryable: false });
        expect(error.message).toMatch(/check the name projects\//);
      }
    }
    const elsewhere = await stepOf(fake(), gcpServiceAccount, { account, project: 'other-project' });
    expect((await failure(elsewhere.verify(CONTEXT))).message).toContain(
      `needs iam.serviceAccounts.get on projects/other-project/serviceAccounts/${account}, if there is one`,
    );
  });

  test('each permission in the list is needed, and the one that lacks is named', async () => {
    for (const { revoker, spec } of await inUse()) {
      const needed = permissionsOf(revoker);
      expect(needed).toHaveLength(3);
      for (const lacking of needed) {
        const rest = needed.filter((permission) => permission !== lacking);
        const step = await stepOf(fake(), revoker, spec, rest);
        const error = await failure(
          (async () => {
            await step.revoke(CONTEXT);
            await step.verify(CONTEXT);
            await step.restore?.(CONTEXT);
          })(),
        );
        expect(error.retryable).toBe(false);
        expect(error.message).toContain(`403 PERMISSION_DENIED Permission '${lacking}' denied`);
        expect(error.message).toContain(`its account needs ${lacking} on projects/billing-prod/`);
      }
    }
  });

  test.each([
    [429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } }, true],
    [503, { error: { code: 503, status: 'UNAVAILABLE', message: 'down' } }, true],
    [500, '<html>', true],
    [409, { error: { code: 409, status: 'ABORTED', message: 'concurrent changes' } }, true],
    [401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'no' } }, true], // a new token may be taken
    [409, { error: { code: 409, status: 'ALREADY_EXISTS', message: 'x' } }, false],
    [404, '<!DOCTYPE html><title>Error 404</title>', false], // a front end's, not the API's
    [302, '', false],
    [400, { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'x' } }, false],
  ])('an answer of %i %j is never taken for a dead credential', async (status, body, retryable) => {
    for (const step of await stepsInUse()) {
      fake().answer(status, typeof body === 'string' ? body : JSON.stringify(body));
      for (const call of [step.verify, step.revoke]) {
        expect(await failure(call(CONTEXT))).toMatchObject({ retryable });
      }
      fake().answer(undefined);
    }
  });

  test.each([
    '',
    '[]',
    '{}',
    'null',
    '{"name":"x","disabled":true,"state":"DISABLED"}',
    '{"disabled":"true"}',
    '{"email":"x@y","uniqueId":"1","disabled":true}',
    '{"error":{"status":"NOT_FOUND","message":"x"}}',
  ])('a success that says something else (%s) proves nothing', async (body) => {
    for (const step of await stepsInUse()) {
      fake().answer(200, body);
      expect(await failure(step.verify(CONTEXT))).toMatchObject({ message: expect.stringContaining('did not say') });
      fake().answer(undefined);
    }
  });

  test('on Google Cloud itself no key is needed: the account of the machine does it', async () => {
    const { account, agent } = await newAgent();
    const spec = { with: 'gcp-service-account', project: 'billing-prod', account };
    const step = gcpServiceAccount.prepare(await settingsOf(fake(), undefined), spec);
    expect((await failure(step.revoke(CONTEXT))).message).toBe(
      'metadata server answered 404: this machine has no service account; outside of Google Cloud, set a key or an access token',
    );
    fake().attach(fake().newAccount('machine', permissionsOf(gcpServiceAccount)));
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    expect(await agent.logIn()).toBe('invalid_grant: Robot is disabled.');
  });

  test('a token endpoint that is away may be back later; a key of our own that was disabled will not be', async () => {
    const { account } = await newAgent();
    const step = await stepOf(fake(), gcpServiceAccount, { account });
    fake().answerTokens(503);
    expect(await failure(step.revoke(CONTEXT))).toMatchObject({ retryable: true });
    fake().answerTokens(undefined);

    const own = fake().newAccount('wayward-itself', permissionsOf(gcpServiceAccount));
    const { id, file } = own.newKey();
    await (await stepOf(fake(), gcpServiceAccountKey, { account: own.email, key: id })).revoke(CONTEXT);
    const spec = { with: 'gcp-service-account', project: own.project, account };
    const error = await failure(gcpServiceAccount.prepare(await settingsOf(fake(), file), spec).verify(CONTEXT));
    expect(error.retryable).toBe(false);
    expect(error.message).toBe(
      `Google token endpoint answered 400 invalid_grant: the key ${id} of ${own.email} was disabled, deleted or replaced, or this machine's clock is wrong`,
    );
  });
});
