import { setTimeout as sleep } from 'node:timers/promises';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { beforeAll, expect, test } from 'vitest';
import { credentialOf, NOW } from '../response/response-of.ts';
import { policyOf } from '../revokers/vault-responder.ts';
import { startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { rotationFunction, startRotatingSecrets } from '../servers/rotating-secrets.ts';
import { checkedAccounts, type PlainAccounts } from './accounts.ts';
import { eachCrash } from './each-crash.ts';
import { rotationsOf } from './rotations-of.ts';

let count = 0;
const newName = () => `agents/billing-${++count}`;
const rotateOf = (name: string, within = '60s') => ({ with: 'aws-secrets-manager', secret_id: name, within });

describeWith(
  'letting Secrets Manager rotate a secret (a fake of RotateSecret before moto)',
  startRotatingSecrets,
  (server) => {
    let accounts: PlainAccounts = {};
    let settings: Record<string, unknown> = {};

    beforeAll(async () => {
      const { keys } = await server().moto.newUser('rotator', policy());
      accounts = {
        aws: {
          ...{ endpoint: server().url, region: 'us-east-1' },
          ...{ access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
        },
      };
      settings = await checkedAccounts(accounts);
    });

    async function newSecret(run?: Parameters<typeof rotationFunction>[2] | 'never ends') {
      const name = newName();
      await server().admin.createSecret({ Name: name, SecretString: 'canary-old' });
      const works = rotationFunction(
        server().admin,
        () => `new-${++count}`,
        typeof run === 'function' ? run : undefined,
      );
      server().configure(name, run === 'never ends' ? async () => undefined : works);
      return name;
    }
    const begun = (name: string) => server().begun.filter((one) => one === name).length;
    const at = async (name: string, stage: string) =>
      (await server().admin.getSecretValue({ SecretId: name, VersionStage: stage })).SecretString;
    const rotationsFor = (name: string, within?: string, folder?: string) =>
      rotationsOf(
        [credentialOf({ rotate: rotateOf(name, within) })],
        settings,
        {},
        folder === undefined ? {} : { folder },
      );

    /** Makes what is due until there is an end, as a service that looks again does. */
    async function toTheEnd({ response, make, steps }: ReturnType<typeof rotationsOf>) {
      response.at(Date.now());
      while (steps()[0]?.doneAt === undefined) {
        await make();
        response.at(response.now() + 400_000);
      }
      return steps()[0];
    }

    test('the stages are followed to the end: a new version is current, the one before is not, and it was begun once', async () => {
      const name = await newSecret(() => sleep(300));
      const rotations = rotationsFor(name);
      rotations.order();
      const step = await toTheEnd(rotations);
      expect(step).toMatchObject({
        state: 'verified',
        note: expect.stringMatching(
          /^AWSCURRENT of agents\/billing-\d+ is at its new version [\w-]{36}, and no longer at [\w-]{36}$/,
        ),
      });
      expect(await at(name, 'AWSCURRENT')).toMatch(/^new-/);
      expect(await at(name, 'AWSPREVIOUS')).toBe('canary-old');
      expect(begun(name)).toBe(1);
      expect(JSON.stringify(rotations.told)).not.toMatch(/canary-old|"new-/);
    });

    test('a function that takes its time is waited for, without an attempt that failed', async () => {
      let finish = () => {};
      const until = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const name = await newSecret(() => until);
      const rotations = rotationsFor(name);
      rotations.order();
      await rotations.make();
      expect(rotations.steps()[0]).toMatchObject({ state: 'calling', note: 'waits: for its rotation function' });
      expect(await at(name, 'AWSCURRENT')).toBe('canary-old');
      finish();
      expect(await toTheEnd(rotations)).toMatchObject({ state: 'verified' });
      expect(begun(name)).toBe(1);
    });

    test('a function that failed: it is said after the limit, with what to do, and the old version is current', async () => {
      const name = await newSecret('never ends');
      const rotations = rotationsFor(name, '1ms');
      rotations.order();
      expect(await toTheEnd(rotations)).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(
          /still waits for its rotation function after 0 s, and AWSCURRENT is where it was: the log of the function in CloudWatch says why; AWSPENDING has to be taken off/,
        ),
      });
      expect(await at(name, 'AWSCURRENT')).toBe('canary-old');
      // AWS refuses the next one until somebody has cleared that up: so it waits, and begins no second one.
      const next = rotationsFor(name, '1ms');
      next.order();
      expect(await toTheEnd(next)).toMatchObject({
        state: 'failed',
        note: expect.stringContaining('still waits for another rotation of it to end'),
      });
      expect(begun(name)).toBe(1);
    });

    test('one that is under way already is waited for, and then ours begins', async () => {
      const name = await newSecret();
      const { VersionId: other = '' } = await server().admin.putSecretValue({
        SecretId: name,
        SecretString: 'of somebody else',
        VersionStages: ['AWSPENDING'],
      });
      const rotations = rotationsFor(name);
      rotations.order();
      await rotations.make();
      expect(rotations.steps()[0]).toMatchObject({ note: 'waits: for another rotation of it to end' });
      await server().admin.updateSecretVersionStage({
        SecretId: name,
        VersionStage: 'AWSPENDING',
        RemoveFromVersionId: other,
      });
      expect(await toTheEnd(rotations)).toMatchObject({ state: 'verified' });
      expect(await at(name, 'AWSCURRENT')).toMatch(/^new-/);
    });

    test('a rotation that somebody cancels is no success', async () => {
      const name = await newSecret('never ends');
      const rotations = rotationsFor(name, '10m');
      rotations.order();
      await rotations.make();
      expect(rotations.steps()[0]).toMatchObject({ state: 'calling' });
      await server().admin.putSecretValue({ SecretId: name, SecretString: 'by hand' });
      server().configure(name, async () => undefined); // and nothing is pending any more
      rotations.response.at(NOW + 10_000);
      await rotations.make();
      expect(rotations.steps()[0]).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/was cancelled, or somebody else wrote to it: .* has no stage$/),
      });
    });

    test.each([
      [
        'no such secret',
        async () => 'agents/nothing',
        /^AWS Secrets Manager has no secret agents\/nothing: check the registry/,
      ],
      [
        'no rotation was ever configured',
        async () => {
          const name = newName();
          await server().admin.createSecret({ Name: name, SecretString: 'canary-old' });
          return name;
        },
        /^no rotation is switched on for agents.* configure one there/,
      ],
      [
        'rotation was cancelled',
        async () => {
          const name = await newSecret();
          server().switchOff(name);
          return name;
        },
        /^no rotation is switched on for agents/,
      ],
      [
        'the secret is about to be deleted',
        async () => {
          const name = await newSecret();
          await server().admin.deleteSecret({ SecretId: name, RecoveryWindowInDays: 7 });
          return name;
        },
        /^agents.* is about to be deleted in AWS Secrets Manager: restore it first$/,
      ],
    ])('%s: it says so, and nothing is begun', async (_what, secret, message) => {
      const name = await secret();
      const rotations = rotationsFor(name);
      rotations.order();
      expect(await toTheEnd(rotations)).toMatchObject({ state: 'failed', note: expect.stringMatching(message) });
      expect(begun(name)).toBe(0);
    });

    test('killed before and after each of its calls: the next start ends it, and it was begun once', async () => {
      const calls = await eachCrash(async () => {
        const name = await newSecret();
        return {
          rotation: { accounts, rotate: rotateOf(name) },
          async check(folder, where) {
            const rotations = rotationsFor(name, undefined, folder);
            expect(await toTheEnd(rotations), where).toMatchObject({ state: 'verified' });
            expect(await at(name, 'AWSCURRENT'), where).toMatch(/^new-/);
            expect(await at(name, 'AWSPREVIOUS'), where).toBe('canary-old');
            expect(begun(name), where).toBe(1);
            rotations.response.store.close();
          },
        };
      });
      expect(calls).toBeGreaterThan(2);
    }, 240_000);
  },
);

/** moto takes no narrower resource. */
const policy = () =>
  JSON.parse(
    policyOf({ id: 'aws-secrets-manager' }, {}, 'rotation').replaceAll(/"Resource": "[^"]+"/g, '"Resource": "*"'),
  );

describeWith('RotateSecret as moto has it: at once, and without a function', startMoto, (server) => {
  async function scene(document: object) {
    const admin = new SecretsManager(server().client(server().admin));
    const name = newName();
    await admin.createSecret({ Name: name, SecretString: 'canary-old' });
    const rules = { RotationRules: { AutomaticallyAfterDays: 30 }, RotateImmediately: false };
    await admin.rotateSecret({ SecretId: name, ...rules }); // what configures it
    const { keys } = await server().newUser('rotator', document);
    const aws = {
      endpoint: server().url,
      region: 'us-east-1',
      access_key_id: keys.accessKeyId,
      secret_access_key: keys.secretAccessKey,
    };
    const rotations = rotationsOf([credentialOf({ rotate: rotateOf(name) })], await checkedAccounts({ aws }));
    rotations.order();
    await rotations.make();
    const { VersionIdsToStages: stages = {} } = await admin.describeSecret({ SecretId: name });
    admin.destroy();
    return { step: rotations.steps()[0], stages };
  }

  test('with the documented policy: the version whose id Wayward chose is current, and the record names it', async () => {
    const { step, stages } = await scene(policy());
    const current = Object.keys(stages).find((id) => stages[id]?.includes('AWSCURRENT'));
    expect(step).toMatchObject({
      state: 'verified',
      note: expect.stringContaining(`is at its new version ${current},`),
    });
  });

  test('without the right to rotate it: refused, and there is no third version', async () => {
    const document = policy();
    document.Statement[0].Action = ['secretsmanager:DescribeSecret'];
    const { step, stages } = await scene(document);
    expect(step).toMatchObject({ state: 'failed', note: 'AWS answered 403: Wayward may not do that there' });
    expect(Object.values(stages).flat().toSorted()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });
});
