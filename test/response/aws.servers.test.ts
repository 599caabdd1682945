import { IAM } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { respondTo } from '../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../src/response/restore.ts';
import { awsRoleSessions } from '../../src/revokers/aws-role-sessions.ts';
import { AGENT, accountOf, sessionOf, use } from '../revokers/aws-responder.ts';
import { startMoto } from '../servers/moto.ts';
import { describeWith } from '../servers/require-server.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, responseOf } from './response-of.ts';

const NAME = 'WaywardRevokeOlderSessions';

describeWith('from an alert to AWS', startMoto, (server) => {
  const iam = () => new IAM(server().client(server().admin));

  /** Response in mode auto, at AWS's time, for one credential with this `revoke` entry. */
  async function responseFor(revoke: { with: string; [field: string]: unknown }, folder?: string, at = Date.now()) {
    const settings = { aws: await accountOf(server(), server().admin) };
    const credential = credentialOf({ revoke });
    const response = responseOf({ mode: 'auto' }, [credential], settings, folder === undefined ? {} : { folder });
    response.at(at);
    return response;
  }

  async function cutoffOf(role: string): Promise<number> {
    const { PolicyDocument: document = '' } = await iam().getRolePolicy({ RoleName: role, PolicyName: NAME });
    return Date.parse(/TokenIssueTime":"([^"]+)"/.exec(decodeURIComponent(document))?.[1] ?? '');
  }

  test('auto: the access key is dead for a live client, and the record says what proved it', async () => {
    const agent = await server().newUser('agent', AGENT);
    const response = await responseFor({
      ...{ with: 'aws-access-key-delete', user: agent.user, access_key_id: agent.keys.accessKeyId },
    });
    expect(await use(server(), agent.keys)).toBe('ok');
    respondTo(alertOf({ openedAt: Date.now() }), response);
    await response.worker().drain();
    expect(response.outbox.ofCause('alert-1')).toMatchObject([{ state: 'verified', attempts: 1 }]);
    expect(await use(server(), agent.keys)).toBe('InvalidClientTokenId');
    expect(response.audit.verify().problems).toEqual([]);
  });

  test('auto: a role’s live session is denied everything, until it is restored', async () => {
    const agent = await server().newUser('agent', AGENT);
    const { role, arn } = await server().newRole('role', AGENT);
    const session = await sessionOf(server(), agent.keys, arn);
    const response = await responseFor({ with: 'aws-deny-all', role });
    respondTo(alertOf({ openedAt: Date.now() }), response);
    await response.worker().drain();
    expect(await use(server(), session)).toBe('AccessDenied');

    const order = orderRestore(restorablesOf(['cred-billing-pg'], response), 'ann', response);
    await response.worker().drain();
    expect(response.outbox.ofCause(order)).toMatchObject([{ state: 'verified' }]);
    expect(await use(server(), session)).toBe('ok');
  });

  test('killed before its call, it does not take an older revocation of the role for its own', async () => {
    const { role } = await server().newRole('role', AGENT);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    const statement = {
      ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
      Condition: { DateLessThan: { 'aws:TokenIssueTime': hourAgo } },
    };
    const older = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam().putRolePolicy({ RoleName: role, PolicyName: NAME, PolicyDocument: older });

    const decidedAt = Date.now();
    const revoke = { with: 'aws-role-sessions', role };
    const killed = await responseFor(revoke, undefined, decidedAt);
    respondTo(alertOf({ openedAt: decidedAt }), killed);
    const errors: unknown[] = [];
    const beforeCall = () => Promise.reject(new Error('killed'));
    await killed.worker({ beforeCall, onError: (error) => errors.push(error) }).drain();
    expect(errors).toHaveLength(1);
    expect(killed.outbox.ofCause('alert-1')).toMatchObject([{ state: 'calling' }]);

    const restarted = await responseFor(revoke, killed.folder, decidedAt + 120_000);
    await restarted.worker().drain();
    expect(restarted.outbox.ofCause('alert-1')).toMatchObject([{ state: 'verified' }]);
    expect(await cutoffOf(role)).toBeGreaterThanOrEqual(decidedAt);
  });

  test('killed after its call, it asks and does not call again', async () => {
    const { role } = await server().newRole('role', AGENT);
    const decidedAt = Date.now();
    const revoke = { with: 'aws-role-sessions', role };
    const killed = await responseFor(revoke, undefined, decidedAt);
    respondTo(alertOf({ openedAt: decidedAt }), killed);
    await killed.worker({ beforeCall: () => Promise.reject(new Error('killed')), onError: () => {} }).drain();
    const step = awsRoleSessions.prepare(await accountOf(server(), server().admin), revoke);
    await step.revoke({ key: 'k', credential: 'c', agent: 'a', decidedAt });
    const cutoff = await cutoffOf(role);

    const restarted = await responseFor(revoke, killed.folder, decidedAt + 120_000);
    await restarted.worker().drain();
    expect(restarted.outbox.ofCause('alert-1')).toMatchObject([{ state: 'verified' }]);
    expect(await cutoffOf(role)).toBe(cutoff);
  });
});
