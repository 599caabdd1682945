import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { beforeAll, expect, test } from 'vitest';
import type { Credential } from '../../src/attribution/credential.ts';
import { identityOf } from '../../src/aws-identity.ts';
import { rotationSchema } from '../../src/rotation/config.ts';
import { planRotation } from '../../src/rotation/plan.ts';
import { look } from '../../src/rotation/service.ts';
import { credentialOf, NOW } from '../response/response-of.ts';
import { policyOf } from '../revokers/vault-responder.ts';
import { startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { checkedAccounts, type PlainAccounts } from './accounts.ts';
import { eachCrash } from './each-crash.ts';
import { rotationsOf } from './rotations-of.ts';

const NO_RIGHTS = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] };

interface Key {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
}

describeWith('rotating an access key of AWS into Secrets Manager', startMoto, (server) => {
  let accounts: PlainAccounts = {};
  let settings: Record<string, unknown> = {};
  const admin = () => new IAM(server().client(server().admin));
  const manager = () => new SecretsManager(server().client(server().admin));

  /** With both documented policies and no more; moto takes no narrower resource. */
  beforeAll(async () => {
    const documents = [
      policyOf({ id: 'aws-access-key' }, {}, 'rotation'),
      policyOf({ id: 'aws-secrets-manager' }, {}, 'rotation/secret-writers'),
    ].map((text) => JSON.parse(text.replaceAll(/"Resource": "[^"]+"/g, '"Resource": "*"')));
    const policy = { Version: '2012-10-17', Statement: documents.flatMap(({ Statement }) => Statement) };
    const { keys } = await server().newUser('rotator', policy);
    accounts = {
      aws: {
        ...{ endpoint: server().url, region: 'us-east-1' },
        ...{ access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
      },
    };
    settings = await checkedAccounts(accounts);
  });

  async function newAgent(changes: Partial<Key> = {}, keepOld = '1ms') {
    const { user, keys } = await server().newUser('agent', NO_RIGHTS);
    const first: Key = { AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey, ...changes };
    await manager().createSecret({ Name: user, SecretString: JSON.stringify({ Version: 1, ...first }) });
    const rotate = { with: 'aws-access-key', user, secret: `secret://aws-secrets-manager/${user}`, keep_old: keepOld };
    return { user, first, rotate, credential: credentialOf({ kind: 'aws-access-key', revoke: undefined, rotate }) };
  }
  const at = async (name: string, stage: string): Promise<Key> => {
    const { SecretString: text = '' } = await manager().getSecretValue({ SecretId: name, VersionStage: stage });
    return JSON.parse(text);
  };
  const works = async ({ AccessKeyId, SecretAccessKey }: Key): Promise<boolean> =>
    'arn' in
    (await identityOf({
      ...{ endpoint: server().url, region: 'us-east-1', access_key_id: AccessKeyId },
      secret_access_key: { reveal: () => SecretAccessKey },
    }));
  const listed = async (user: string): Promise<Record<string, string>> => {
    const { AccessKeyMetadata: keys = [] } = await admin().listAccessKeys({ UserName: user });
    return Object.fromEntries(keys.map(({ AccessKeyId = '', Status = '' }) => [AccessKeyId, Status]));
  };

  /** Makes it to its end, waits included. */
  async function toItsEnd({ response, make, steps }: ReturnType<typeof rotationsOf>): Promise<void> {
    for (let tick = 0; tick < 4 && steps().at(-1)?.doneAt === undefined; tick++) {
      await make();
      await sleep(5);
      response.at(response.now() + 400_000);
    }
  }

  test('with the documented policies and no more: a new key is what readers get and works; the old one is inactive, and kept', async () => {
    const { user, first, credential } = await newAgent();
    const rotations = rotationsOf([credential], settings);
    rotations.order();
    await toItsEnd(rotations);
    const next = await at(user, 'AWSCURRENT');
    expect(rotations.steps()).toMatchObject([
      {
        state: 'verified',
        note: `AWS takes the new key ${next.AccessKeyId} as one of ${user}; the old one, ${first.AccessKeyId}, is Inactive`,
      },
    ]);
    expect(next).toMatchObject({ Version: 1 });
    expect(await works(next)).toBe(true);
    expect(await listed(user)).toEqual({ [first.AccessKeyId]: 'Inactive', [next.AccessKeyId]: 'Active' });
    expect(await at(user, 'AWSPREVIOUS')).toMatchObject(first);
    const { folder } = rotations.response;
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    for (const { SecretAccessKey } of [first, next]) expect(files.join('')).not.toContain(SecretAccessKey);
  });

  test('the old key works for keep_old, over a restart, and only then is made inactive', async () => {
    const { user, first, credential } = await newAgent({}, '1h');
    const before = rotationsOf([credential], settings);
    before.order();
    await before.make();
    const waits = /^waits: the new key is in use; the old one .* works for 3600 s more$/;
    expect(before.steps()).toMatchObject([{ state: 'calling', note: expect.stringMatching(waits) }]);
    const next = await at(user, 'AWSCURRENT');
    expect(next.AccessKeyId).not.toBe(first.AccessKeyId);
    await before.make(); // not due
    const after = rotationsOf([credential], settings, {}, { folder: before.response.folder });
    after.response.at(NOW + 4_000_000); // the outbox has waited long enough, the key has not
    await after.make();
    expect(after.steps()).toMatchObject([{ state: 'calling', attempts: 2 }]);
    expect(await listed(user)).toEqual({ [first.AccessKeyId]: 'Active', [next.AccessKeyId]: 'Active' });

    // An hour later.
    const notes = `rotation.notes.${after.steps()[0]?.key}`;
    const { store } = after.response;
    store.setSetting(notes, { ...(store.setting(notes) as object), 'old-until': String(Date.now()) });
    after.response.at(NOW + 10_000_000);
    await after.make();
    expect(after.steps()).toMatchObject([{ state: 'verified' }]);
    expect(await listed(user)).toEqual({ [first.AccessKeyId]: 'Inactive', [next.AccessKeyId]: 'Active' });
  });

  test('in mode auto one that waits for the end of keep_old holds up no other one', async () => {
    const due = { issuedAt: NOW - 90 * 86_400_000, rotateEvery: 90 * 86_400_000 };
    const [one, two] = [await newAgent({}, '1h'), await newAgent({}, '1h')];
    const credentials = [one, two].map(({ credential, user }) => ({ ...credential, ...due, id: user }));
    const { response, steps } = rotationsOf(credentials, settings);
    const listener = { reminded: () => {}, paused: () => {} };
    await look(rotationSchema.parse({ mode: 'auto' }), { response, onStep: () => {} }, listener);
    for (const { user } of [one, two])
      expect(steps(user)).toMatchObject([{ state: 'calling', note: expect.stringMatching(/^waits: /) }]);
  });

  test('again: the key that was made inactive gives way to the newest one', async () => {
    const { user, first, credential } = await newAgent();
    const rotations = rotationsOf([credential], settings);
    rotations.order();
    await toItsEnd(rotations);
    const second = await at(user, 'AWSCURRENT');
    rotations.order(credential, 'rotation-2');
    await toItsEnd(rotations);
    const third = await at(user, 'AWSCURRENT');
    expect(await listed(user)).toEqual({ [second.AccessKeyId]: 'Inactive', [third.AccessKeyId]: 'Active' });
    expect(await works(first)).toBe(false);
  });

  test('a second active key is somebody’s: nothing is changed, and what to do is said', async () => {
    const { user, first, credential } = await newAgent();
    const { AccessKey: theirs } = await admin().createAccessKey({ UserName: user });
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'failed', note: expect.stringContaining('has a second active access key') },
    ]);
    expect(await listed(user)).toEqual({ [first.AccessKeyId]: 'Active', [theirs?.AccessKeyId ?? '']: 'Active' });
    expect(await at(user, 'AWSCURRENT')).toMatchObject(first);
  });

  test.each([
    [
      'a key that AWS does not take',
      { AccessKeyId: 'AKIAMISSPELT00000000' },
      /^AWS does not take the key in the secret: there would be no way back/,
    ],
    ['no key at all', { AccessKeyId: '' }, /^the secret holds no access key: write \{/],
  ])('%s in the secret is no way back: nothing is changed', async (_what, changes, note) => {
    const { user, credential } = await newAgent(changes);
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(note) }]);
    expect(Object.values(await listed(user))).toEqual(['Active']);
  });

  test('a key of another user in the secret is found out', async () => {
    const other = await server().newUser('other', NO_RIGHTS);
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = other.keys;
    const { user, credential } = await newAgent({ AccessKeyId, SecretAccessKey });
    const { order, make, steps } = rotationsOf([credential], settings);
    order();
    await make();
    expect(steps()).toMatchObject([
      { state: 'failed', note: expect.stringMatching(`is not one of the AWS user ${user}`) },
    ]);
    expect(Object.values(await listed(other.user))).toEqual(['Active']);
  });

  test('a secret manager that refuses the new key: that key is deleted again', async () => {
    const { user, first, credential } = await newAgent();
    const policy = policyOf({ id: 'aws-access-key' }, {}, 'rotation').replaceAll(
      /"Resource": "[^"]+"/g,
      '"Resource": "*"',
    );
    const { Statement } = JSON.parse(policy);
    const reads = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' };
    const { keys } = await server().newUser('less', { Version: '2012-10-17', Statement: [...Statement, reads] });
    const less = await checkedAccounts({
      aws: { ...accounts['aws'], access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
    });
    const { order, make, steps } = rotationsOf([credential], less);
    order();
    await make();
    expect(steps()).toMatchObject([{ state: 'failed', note: expect.stringMatching(/^AWS answered 4/) }]);
    expect(await listed(user)).toEqual({ [first.AccessKeyId]: 'Active' });
  });

  test.each<[string, Partial<Credential>]>([
    ['match', { match: { aws_access_key_id: ['AKIAIOSFODNN7EXAMPLE'] } }],
    ['revoke', { revoke: { with: 'aws-access-key', user: 'u', access_key_id: 'AKIAIOSFODNN7EXAMPLE' } }],
    [
      'escalation',
      { escalation: [{ with: 'aws-access-key-delete', user: 'u', access_key_id: 'AKIAIOSFODNN7EXAMPLE' }] },
    ],
  ])(
    'an entry whose %s names the key id is not rotated: it would mean the old key for ever',
    async (_what, changes) => {
      const { credential } = await newAgent();
      const { response } = rotationsOf([{ ...credential, ...changes }], settings);
      expect(planRotation({ ...credential, ...changes }, response).blocked).toMatch(
        /names an access key id, which a rotation changes/,
      );
      expect(planRotation(credential, response).blocked).toBeUndefined();
    },
  );

  test('killed before and after each of its calls: readers always get a key that works, and the next start ends it with two keys', async () => {
    const calls = await eachCrash(async () => {
      const { user, first, rotate, credential } = await newAgent();
      return {
        rotation: { accounts, rotate },
        async check(folder, point) {
          const current = await at(user, 'AWSCURRENT');
          expect(await works(current), point).toBe(true);
          if (current.AccessKeyId === first.AccessKeyId)
            expect((await listed(user))[first.AccessKeyId], point).toBe('Active');

          const rotations = rotationsOf([credential], settings, {}, { folder });
          rotations.response.at(Math.max(NOW, Date.now() + 1_000));
          await toItsEnd(rotations);
          expect(rotations.steps(), point).toMatchObject([{ state: 'verified' }]);
          expect(rotations.response.audit.ofCause('rotation-1'), point).toMatchObject([{ type: 'verified' }]);
          const next = await at(user, 'AWSCURRENT');
          expect(await works(next), point).toBe(true);
          expect(await listed(user), point).toEqual({ [first.AccessKeyId]: 'Inactive', [next.AccessKeyId]: 'Active' });
          rotations.response.store.close();
        },
      };
    });
    expect(calls).toBeGreaterThan(12);
  }, 300_000);
});
