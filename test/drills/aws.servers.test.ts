import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CreateAccessKeyCommandOutput, IAM } from '@aws-sdk/client-iam';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { canaryName } from '../../src/drills/canary-name.ts';
import { LEFT_AFTER } from '../../src/drills/drill.ts';
import type { Revoker } from '../../src/response/action.ts';
import { awsAccessKeyDelete } from '../../src/revokers/aws-access-key-delete.ts';
import { NOW } from '../response/response-of.ts';
import { accountOf } from '../revokers/aws-responder.ts';
import { policyOf } from '../revokers/vault-responder.ts';
import { policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { drillsOf } from './held.ts';

describeWith('a drill on AWS', startMoto, (server) => {
  let settings: Record<string, unknown> = {};
  const admin = () => new IAM(server().client(server().admin));
  const canaries = async (): Promise<string[]> =>
    ((await admin().listUsers({ PathPrefix: '/wayward-canary/' })).Users ?? []).map(({ UserName = '' }) => UserName);

  /** With the documented policy and no more; moto takes no narrower resource. */
  beforeAll(async () => {
    const policy = policyOf({ id: 'aws-access-key' }, {}, 'drills').replaceAll(
      /"Resource": "[^"]+"/g,
      '"Resource": "*"',
    );
    const { keys } = await server().newUser('drill', JSON.parse(policy));
    settings = { aws: await accountOf(server(), keys) };
  });

  test('a user and a key are made, used, the key is deleted over the whole path, is refused, and nothing is left', async () => {
    const { response, hold } = drillsOf(settings);
    const made: string[] = [];
    const { createAccessKey } = IAM.prototype;
    IAM.prototype.createAccessKey = async function (this: IAM, ...args: Parameters<typeof createAccessKey>) {
      const answer = (await createAccessKey.apply(this, args)) as unknown as CreateAccessKeyCommandOutput;
      made.push(answer.AccessKey?.SecretAccessKey ?? '');
      return answer;
    } as unknown as typeof createAccessKey;
    onTestFinished(() => {
      IAM.prototype.createAccessKey = createAccessKey;
    });
    const report = await hold({ with: 'aws-access-key-delete' });
    expect(report).toMatchObject({
      passed: true,
      note: 'sts:GetCallerIdentity refused the key (InvalidClientTokenId)',
    });
    expect(response.audit.ofCause(report.cause).map(({ type }) => type)).toEqual(['verified', 'drill-passed']);
    expect(response.outbox.ofCause(report.cause)[0]?.detail).toMatch(
      new RegExp(`^delete the access key AKIA\\w+ of the AWS user ${report.canary}$`),
    );
    expect(await canaries()).toEqual([]);
    const files = readdirSync(response.folder).map((name) => readFileSync(join(response.folder, name), 'latin1'));
    expect(made).toEqual([expect.stringMatching(/^.{30,}$/)]);
    expect(files.join('')).not.toContain(made[0]);
  });

  test('a key that AWS lists as inactive, and takes all the same, fails the drill: moto is such an AWS', async () => {
    const report = await drillsOf(settings).hold({ with: 'aws-access-key', objective: '1s' });
    expect(report.passed).toBe(false);
    expect(report.note).toMatch(/^refuse: the key still works: sts:GetCallerIdentity answered it/);
    expect(await canaries()).toEqual([]);
  });

  test('a revoker that claims to have revoked is found out', async () => {
    const liar: Revoker = {
      ...awsAccessKeyDelete,
      prepare: () => ({ revoke: async () => {}, verify: async () => ({ dead: true, proof: 'trust me' }) }),
    };
    const { hold } = drillsOf(settings, {}, [], { revokers: [liar] });
    expect((await hold({ with: 'aws-access-key-delete', objective: '1s' })).note).toMatch(
      /^refuse: the key still works: sts:GetCallerIdentity answered it/,
    );
    expect(await canaries()).toEqual([]);
  });

  test('cleans up what is old enough, keys included, and nothing else', async () => {
    const [old, young] = [canaryName(NOW - LEFT_AFTER - 1), canaryName(NOW - LEFT_AFTER)];
    for (const UserName of [old, young]) {
      await admin().createUser({ UserName, Path: '/wayward-canary/' });
      await admin().createAccessKey({ UserName });
    }
    await admin().createUser({ UserName: canaryName(1), Path: '/agents/' });
    expect((await drillsOf(settings).hold({ with: 'aws-access-key-delete' })).passed).toBe(true);
    expect(await canaries()).toEqual([young]);
    expect((await admin().listUsers({ PathPrefix: '/agents/' })).Users).toHaveLength(1);
  });

  test.each([
    ['iam:ListUsers', /^clean: AWS answered 403 AccessDenied/],
    ['iam:CreateUser', /^create: AWS answered 403 AccessDenied/],
  ])('without the right to %s it fails, and says where', async (missing, note) => {
    const rights = ['iam:ListUsers', 'iam:CreateUser', 'iam:CreateAccessKey'].filter((right) => right !== missing);
    const { keys } = await server().newUser('less', policyThat('Allow', ...rights));
    const { hold } = drillsOf({ aws: await accountOf(server(), keys) });
    expect((await hold({ with: 'aws-access-key-delete' })).note).toMatch(note);
  });

  test('without settings it says which ones', async () => {
    expect((await drillsOf({}).hold({ with: 'aws-access-key' })).note).toBe(
      'clean: needs settings: add revokers.aws to the configuration',
    );
  });
});
