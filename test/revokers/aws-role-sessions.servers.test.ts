import { IAM } from '@aws-sdk/client-iam';
import { afterEach, expect, test, vi } from 'vitest';
import { awsRoleSessions } from '../../src/revokers/aws-role-sessions.ts';
import { policyThat, startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { AGENT, leastStep, stepAs } from './aws-responder.ts';
import { CONTEXT } from './vault-responder.ts';

const NAME = 'WaywardRevokeOlderSessions';
const HOUR = 3_600_000;

describeWith('revoking the sessions of an AWS role', startMoto, (server) => {
  afterEach(() => void vi.useRealTimers());

  const iam = () => new IAM(server().client(server().admin));

  /** What IAM has for the role. */
  async function policyOfRole(role: string, name = NAME): Promise<unknown> {
    const { PolicyDocument: document = '' } = await iam().getRolePolicy({ RoleName: role, PolicyName: name });
    return JSON.parse(decodeURIComponent(document));
  }

  const denyBefore = (time: unknown) => ({
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
        Condition: { DateLessThan: { 'aws:TokenIssueTime': time } },
      },
    ],
  });

  async function cutoffOf(role: string): Promise<number> {
    const text = /"aws:TokenIssueTime":"([^"]+)"/.exec(JSON.stringify(await policyOfRole(role)))?.[1] ?? '';
    return Date.parse(text);
  }

  async function newStep() {
    const { role } = await server().newRole('role', AGENT);
    return { role, step: await leastStep(server(), awsRoleSessions, { role }) };
  }

  test('the policy is the one of the console, its time lies after the decision, and restoring removes only it', async () => {
    const { role, step } = await newStep();
    const byHand = denyBefore('2026-01-01T00:00:00Z');
    await iam().putRolePolicy({
      ...{ RoleName: role, PolicyName: 'AWSRevokeOlderSessions', PolicyDocument: JSON.stringify(byHand) },
    });
    const call = { ...CONTEXT, decidedAt: Date.now() };
    expect(await step.verify(call)).toMatchObject({ dead: false, alive: true });

    await step.revoke(call);
    const verified = await step.verify(call);
    expect(verified).toMatchObject({ dead: true, alive: false });
    const cutoff = await cutoffOf(role);
    expect(cutoff).toBeGreaterThanOrEqual(call.decidedAt);
    expect(verified?.proof).toContain(`sessions from before ${new Date(cutoff).toISOString()}`);
    expect(await policyOfRole(role)).toEqual(denyBefore(new Date(cutoff).toISOString()));

    await step.restore?.(call);
    await step.restore?.(call);
    expect(await step.verify(call)).toMatchObject({ dead: false, alive: true });
    expect(await policyOfRole(role, 'AWSRevokeOlderSessions')).toEqual(byHand);
    expect((await iam().listRolePolicies({ RoleName: role })).PolicyNames?.toSorted()).toEqual([
      ...['AWSRevokeOlderSessions', 'own'],
    ]);
  });

  test('neither a repeat nor a later decision moves the time back', async () => {
    const { role, step } = await newStep();
    const first = { ...CONTEXT, decidedAt: Date.now() };
    await step.revoke(first);
    const before = await cutoffOf(role);
    await step.revoke(first);
    const repeated = await cutoffOf(role);
    expect(repeated).toBeGreaterThanOrEqual(before);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_000 });
    const second = { ...CONTEXT, decidedAt: Date.now() + HOUR };
    expect(await step.verify(second)).toMatchObject({ dead: false, alive: false });
    await step.revoke(second);
    expect(await cutoffOf(role)).toBeGreaterThanOrEqual(repeated);
  });

  test('a time in the future is never moved back', async () => {
    const { role, step } = await newStep();
    const future = new Date(Date.now() + HOUR).toISOString();
    await iam().putRolePolicy({
      ...{ RoleName: role, PolicyName: NAME, PolicyDocument: JSON.stringify(denyBefore(future)) },
    });
    for (const call of [
      { ...CONTEXT, decidedAt: Date.now() },
      { ...CONTEXT, decidedAt: Date.now() + 2 * HOUR },
      CONTEXT,
    ]) {
      await step.revoke(call);
      expect(await policyOfRole(role)).toEqual(denyBefore(future));
    }
  });

  test.each([-HOUR, HOUR])(
    'a clock here that is off by %i ms does no harm: the time is by the clock of AWS',
    async (off) => {
      const { role, step } = await newStep();
      const real = Date.now();
      vi.useFakeTimers({ toFake: ['Date'], now: real + off });
      const call = { ...CONTEXT, decidedAt: Date.now() };
      await step.revoke(call);
      expect(await step.verify(call)).toMatchObject({ dead: true });
      vi.useRealTimers();
      const cutoff = await cutoffOf(role);
      expect(cutoff).toBeGreaterThanOrEqual(real);
      expect(cutoff).toBeLessThan(real + 120_000);
    },
  );

  test.each([
    ['no condition', policyThat('Deny', '*')],
    [
      'less than everything',
      {
        ...denyBefore('2099-01-01T00:00:00Z'),
        Statement: [{ ...denyBefore('2099-01-01T00:00:00Z').Statement[0], Action: ['s3:*'] }],
      },
    ],
  ])('a policy of that name with %s proves nothing, until it is revoked again', async (_, document) => {
    const { role, step } = await newStep();
    await iam().putRolePolicy({ RoleName: role, PolicyName: NAME, PolicyDocument: JSON.stringify(document) });
    const call = { ...CONTEXT, decidedAt: Date.now() };
    const found = await step.verify(call);
    expect(found).toMatchObject({ dead: false, proof: expect.stringContaining('says something else') });
    expect(found?.alive).toBeUndefined();
    await step.revoke(call);
    expect(await step.verify(call)).toMatchObject({ dead: true });
  });

  test('a role that is not there is a mistake, a missing right is named', async () => {
    const call = { ...CONTEXT, decidedAt: Date.now() };
    const nobody = await leastStep(server(), awsRoleSessions, { role: 'nobody' });
    await expect(nobody.revoke(call)).rejects.toThrow('AWS has no role nobody: check the registry and the account');
    await expect(nobody.verify(call)).rejects.toMatchObject({ retryable: false });

    const { role } = await newStep();
    const { keys } = await server().newUser(
      'powerless',
      policyThat('Allow', 'iam:GetRolePolicy', 'iam:ListRolePolicies'),
    );
    const powerless = await stepAs(server(), awsRoleSessions, keys, { role });
    await expect(powerless.revoke(call)).rejects.toThrow(/403 AccessDenied.*iam:PutRolePolicy/);
    expect(await powerless.verify(call)).toMatchObject({ dead: false, alive: true });
  });
});

test.each([{}, { role: 'path/role' }, { role: 'a', user: 'b' }])('an entry that is none is refused: %j', (spec) => {
  expect(awsRoleSessions.specSchema.safeParse({ with: 'aws-role-sessions', ...spec }).success).toBe(false);
});
