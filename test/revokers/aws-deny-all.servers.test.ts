import { IAM } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { awsDenyAll } from '../../src/revokers/aws-deny-all.ts';
import { policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { AGENT, leastStep, sessionOf, stepAs, use } from './aws-responder.ts';
import { CONTEXT } from './vault-responder.ts';

describeWith('denying an AWS user or role everything', startMoto, (server) => {
  const iam = () => new IAM(server().client(server().admin));

  test('a user: a live client is refused, others are not; restored, the same keys work and its own policy is there', async () => {
    const [agent, other] = [await server().newUser('agent', AGENT), await server().newUser('agent', AGENT)];
    const step = await leastStep(server(), awsDenyAll, { user: agent.user });
    expect(await use(server(), agent.keys)).toBe('ok');
    expect(await step.verify(CONTEXT)).toEqual({
      ...{ dead: false, alive: true },
      proof: 'IAM has no inline policy WaywardDenyAll for it',
    });

    await step.revoke(CONTEXT);
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, alive: false });
    expect(await use(server(), agent.keys)).toBe('AccessDenied');
    expect(await use(server(), other.keys)).toBe('ok');

    await step.restore?.(CONTEXT);
    await step.restore?.(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: false, alive: true });
    expect(await use(server(), agent.keys)).toBe('ok');
    const { PolicyNames: left } = await iam().listUserPolicies({ UserName: agent.user });
    expect(left).toEqual(['own']);
  });

  test('a role: its live sessions are refused, restored they work again', async () => {
    const agent = await server().newUser('agent', AGENT);
    const { role, arn } = await server().newRole('role', AGENT);
    const session = await sessionOf(server(), agent.keys, arn);
    const step = await leastStep(server(), awsDenyAll, { role });
    expect(await use(server(), session)).toBe('ok');

    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true, alive: false });
    expect(await use(server(), session)).toBe('AccessDenied');
    expect(await use(server(), agent.keys)).toBe('ok');

    await step.restore?.(CONTEXT);
    expect(await use(server(), session)).toBe('ok');
  });

  test('a policy of that name that says something else proves nothing, until it is revoked again', async () => {
    const agent = await server().newUser('agent', AGENT);
    const edited = JSON.stringify(policyThat('Deny', 's3:*'));
    await iam().putUserPolicy({ UserName: agent.user, PolicyName: 'WaywardDenyAll', PolicyDocument: edited });
    const step = await leastStep(server(), awsDenyAll, { user: agent.user });
    const found = await step.verify(CONTEXT);
    expect(found).toMatchObject({ dead: false, proof: expect.stringContaining('says something else') });
    expect(found?.alive).toBeUndefined();
    await step.revoke(CONTEXT);
    expect(await step.verify(CONTEXT)).toMatchObject({ dead: true });
  });

  test.each([{ user: 'nobody' }, { role: 'nobody' }])('whoever is not there is a mistake: %j', async (spec) => {
    const step = await leastStep(server(), awsDenyAll, spec);
    const [kind] = Object.keys(spec);
    for (const call of [step.revoke, step.verify]) {
      const attempt = call(CONTEXT);
      await expect(attempt).rejects.toThrow(`AWS has no ${kind} nobody: check the registry and the account`);
      await expect(attempt).rejects.toMatchObject({ retryable: false });
    }
  });

  test('a missing right is named, and nothing happens', async () => {
    const [agent, powerless] = [await server().newUser('agent', AGENT), await server().newUser('powerless', AGENT)];
    const step = await stepAs(server(), awsDenyAll, powerless.keys, { user: agent.user });
    await expect(step.revoke(CONTEXT)).rejects.toThrow(/403 AccessDenied.*iam:PutUserPolicy/);
    await expect(step.verify(CONTEXT)).rejects.toThrow(/403 AccessDenied.*iam:GetUserPolicy/);
    await expect(step.restore?.(CONTEXT)).rejects.toThrow(/403 AccessDenied.*iam:DeleteUserPolicy/);
    expect(await use(server(), agent.keys)).toBe('ok');
  });
});

test.each([{}, { user: 'a', role: 'b' }, { user: '' }, { role: 'agents/a' }])(
  'an entry that is none is refused: %j',
  (spec) => {
    expect(awsDenyAll.specSchema.safeParse({ with: 'aws-deny-all', ...spec }).success).toBe(false);
  },
);
