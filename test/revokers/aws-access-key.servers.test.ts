import { IAM } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { awsAccessKey } from '../../src/revokers/aws-access-key.ts';
import { awsAccessKeyDelete } from '../../src/revokers/aws-access-key-delete.ts';
import { type AwsKeys, policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { AGENT, leastStep, stepAs, use } from './aws-responder.ts';
import { CONTEXT } from './vault-responder.ts';

describeWith('access keys of AWS', startMoto, (server) => {
  const newAgent = async () => {
    const { user, keys } = await server().newUser('agent', AGENT);
    return { user, keys, spec: { user, access_key_id: keys.accessKeyId } };
  };

  const secondKey = async (user: string): Promise<AwsKeys> => {
    const { AccessKey: made } = await new IAM(server().client(server().admin)).createAccessKey({ UserName: user });
    return { accessKeyId: made?.AccessKeyId ?? '', secretAccessKey: made?.SecretAccessKey ?? '' };
  };

  const listed = async (user: string): Promise<Record<string, string>> => {
    const { AccessKeyMetadata: keys = [] } = await new IAM(server().client(server().admin)).listAccessKeys({
      UserName: user,
    });
    return Object.fromEntries(keys.map(({ AccessKeyId, Status }) => [AccessKeyId, Status]));
  };

  test('made inactive, IAM lists it so; a repeat changes nothing; restored it works', async () => {
    const agent = await newAgent();
    const other = await secondKey(agent.user);
    const step = await leastStep(server(), awsAccessKey, agent.spec);
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, alive: true, proof: 'IAM lists the key as Active' });

    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({ dead: true, alive: false, proof: 'IAM lists the key as Inactive' });
    expect(await listed(agent.user)).toEqual({
      [agent.keys.accessKeyId]: 'Inactive',
      [other.accessKeyId]: 'Active',
    });

    await step.restore?.(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await use(server(), agent.keys)).toBe('ok');
  });

  test("deleted, it is refused to a live client; the user's other key works; a repeat is harmless", async () => {
    const agent = await newAgent();
    const other = await secondKey(agent.user);
    const step = await leastStep(server(), awsAccessKeyDelete, agent.spec);
    expect(await use(server(), agent.keys)).toBe('ok');
    expect(await step.verify(CONTEXT)).toEqual({ dead: false, proof: 'IAM still lists the key, as Active' });

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toEqual({
      dead: true,
      proof: `IAM lists no such key of the user ${agent.user} any more`,
    });
    expect(await use(server(), agent.keys)).toBe('InvalidClientTokenId');
    expect(await use(server(), other)).toBe('ok');

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
    expect(step.restore).toBeUndefined();
  });

  test('a key of another user is a mistake, never a proof, and goes on working', async () => {
    const [agent, stranger] = [await newAgent(), await newAgent()];
    const spec = { user: agent.user, access_key_id: stranger.keys.accessKeyId };
    const final = await leastStep(server(), awsAccessKeyDelete, spec);
    await final.revoke(CONTEXT);
    expect(await final.verify(CONTEXT)).toEqual({
      dead: false,
      proof: `the key is one of the AWS user ${stranger.user}, not of ${agent.user}: correct the registry`,
    });
    const reversible = await leastStep(server(), awsAccessKey, spec);
    await expect(reversible.revoke(CONTEXT)).rejects.toThrow(
      `AWS has no access key ${stranger.keys.accessKeyId} of a user ${agent.user}: check the registry`,
    );
    await expect(reversible.verify(CONTEXT)).rejects.toThrow('check the registry');
    expect(await use(server(), stranger.keys)).toBe('ok');
  });

  test.each([awsAccessKey, awsAccessKeyDelete])('a user that is not there is a mistake: $id', async (revoker) => {
    const step = await leastStep(server(), revoker, { user: 'nobody', access_key_id: 'AKIANOSUCHKEY0000000' });
    for (const call of [step.revoke, step.verify]) {
      const attempt = call(CONTEXT);
      await expect(attempt).rejects.toThrow(/^AWS has no .*user nobody: check the registry and the account$/);
      await expect(attempt).rejects.toMatchObject({ retryable: false });
    }
  });

  test.each([awsAccessKey, awsAccessKeyDelete])(
    'a missing right is named, and nothing happens: $id',
    async (revoker) => {
      const agent = await newAgent();
      const { keys } = await server().newUser('powerless', policyThat('Allow', 'iam:ListAccessKeys'));
      const step = await stepAs(server(), revoker, keys, agent.spec);
      const attempt = step.revoke(CONTEXT);
      await expect(attempt).rejects.toThrow(/403 AccessDenied.*not authorized to perform: iam:UpdateAccessKey/);
      await expect(attempt).rejects.toMatchObject({ retryable: false });
      expect(await listed(agent.user)).toEqual({ [agent.keys.accessKeyId]: 'Active' });
    },
  );
});

test.each([awsAccessKey, awsAccessKeyDelete])('an entry that is none is refused: $id', ({ id, specSchema }) => {
  const key = 'AKIAIOSFODNN7EXAMPLE';
  const refused = [
    { access_key_id: key },
    { user: 'a', access_key_id: 'AKIA' },
    { user: '/path/a', access_key_id: key },
    { user: 'a', access_key_id: `${key}/x` },
    { user: 'a', access_key_id: key, more: 1 },
  ];
  for (const spec of refused) expect(specSchema.safeParse({ with: id, ...spec }).success).toBe(false);
  const temporary = specSchema.safeParse({ with: id, user: 'a', access_key_id: 'ASIAIOSFODNN7EXAMPLE' });
  expect(temporary.error?.issues[0]?.message).toContain('aws-role-sessions');
});
