import { setTimeout as sleep } from 'node:timers/promises';
import { IAM } from '@aws-sdk/client-iam';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';
import { expect, test } from 'vitest';
import type { RotateSpec } from '../../src/attribution/credential.ts';
import { respondTo } from '../../src/response/responder.ts';
import { AGENT, accountOf } from '../revokers/aws-responder.ts';
import { secretOf } from '../revokers/secret-of.ts';
import { startMoto } from '../servers/moto.ts';
import { logsIn } from '../servers/postgres-login.ts';
import { describeWith } from '../servers/require-server.ts';
import { rotationFunction, startRotatingSecrets } from '../servers/rotating-secrets.ts';
import { startVaultWithPostgres } from '../servers/vault-with-postgres.ts';
import { alertOf } from './alert-of.ts';
import { credentialOf, responseOf } from './response-of.ts';

/** Response in mode auto that has seen a high alert on a credential that is rotated so; it works until there is an end. */
async function responded(rotate: RotateSpec, settings: Record<string, unknown>) {
  const credential = credentialOf({ rotate, revoke: { with: 'rotation' } });
  const response = responseOf({ mode: 'auto' }, [credential], settings);
  respondTo(alertOf(), response);
  const step = () => response.outbox.revocations(credential.id)[0];
  const notes: unknown[] = [];
  do {
    await response.worker({ retry: { attempts: 2, first: 1, longest: 1 } }).drain();
    notes.push(step()?.note);
    response.at(response.now() + 10_000);
  } while (step()?.doneAt === undefined);
  return { response, step: step(), notes };
}

describeWith(
  'a secret that Secrets Manager rotates (a fake of RotateSecret before moto)',
  startRotatingSecrets,
  (server) => {
    const settings = async () => ({
      aws: { ...(await accountOf(server().moto, server().moto.admin)), endpoint: server().url },
    });
    let count = 0;
    async function newSecret(set?: Parameters<typeof rotationFunction>[2]): Promise<string> {
      const name = `agents/stolen-${++count}`;
      await server().admin.createSecret({ Name: name, SecretString: 'canary-stolen' });
      const works = rotationFunction(server().admin, () => `new-${count}`, set);
      server().configure(name, works);
      return name;
    }
    const at = async (name: string, stage: string) =>
      (await server().admin.getSecretValue({ SecretId: name, VersionStage: stage })).SecretString;

    test('a high alert has it rotated, once: AWSCURRENT is at another version; a slow function is waited for', async () => {
      const name = await newSecret(() => sleep(4_000));
      const { step, notes, response } = await responded(
        { with: 'aws-secrets-manager', secret_id: name },
        await settings(),
      );
      expect(step).toMatchObject({
        state: 'verified',
        note: expect.stringMatching(/^AWSCURRENT of agents.* is at its new version/),
      });
      expect(notes[0]).toBe('waits: for its rotation function');
      expect(response.circuits.open).toEqual([]);
      expect(await at(name, 'AWSCURRENT')).toMatch(/^new-/);
      expect(await at(name, 'AWSPREVIOUS')).toBe('canary-stolen');
      expect(server().begun.filter((one) => one === name)).toHaveLength(1);
    });

    test('a function that fails is no success: the step fails with its reason', async () => {
      const name = await newSecret(() => Promise.reject(new Error('database is down')));
      const { step } = await responded(
        { with: 'aws-secrets-manager', secret_id: name, within: '1ms' },
        await settings(),
      );
      expect(step).toMatchObject({
        state: 'failed',
        note: expect.stringContaining('still waits for its rotation function'),
      });
      expect(await at(name, 'AWSCURRENT')).toBe('canary-stolen');
    });
  },
);

describeWith('a stolen access key of AWS', startMoto, (server) => {
  test('gets no time to go on: keep_old is for rotations that are due', async () => {
    const { user, keys } = await server().newUser('agent', AGENT);
    const manager = new SecretsManager(server().client(server().admin));
    const first = { Version: 1, AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey };
    await manager.createSecret({ Name: user, SecretString: JSON.stringify(first) });
    const rotate = { with: 'aws-access-key', user, secret: `secret://aws-secrets-manager/${user}`, keep_old: '1h' };
    const { step } = await responded(rotate, { aws: await accountOf(server(), server().admin) });
    expect(step).toMatchObject({
      state: 'verified',
      note: expect.stringContaining(`the old one, ${keys.accessKeyId}, is Inactive`),
    });
    const iam = new IAM(server().client(server().admin));
    const { AccessKeyMetadata: listed = [] } = await iam.listAccessKeys({ UserName: user });
    const { SecretString: text = '' } = await manager.getSecretValue({ SecretId: user, VersionStage: 'AWSCURRENT' });
    expect(listed.map(({ AccessKeyId, Status }) => [AccessKeyId, Status]).toSorted()).toEqual(
      [
        [keys.accessKeyId, 'Inactive'],
        [JSON.parse(text).AccessKeyId, 'Active'],
      ].toSorted(),
    );
    iam.destroy();
    manager.destroy();
  });
});

describeWith("a stolen password of a static role of Vault's database engine", startVaultWithPostgres, (servers) => {
  test('is changed by Vault, is refused then, and what it had opened is ended', async () => {
    const { postgres, vault } = servers();
    const asRoot = (method: string, path: string, body?: unknown) => vault.call(vault.rootToken, method, path, body);
    await postgres.query("CREATE ROLE vault_root LOGIN SUPERUSER PASSWORD 'first'");
    await postgres.query("CREATE ROLE billing_static LOGIN PASSWORD 'x'");
    await asRoot('POST', 'sys/mounts/database', { type: 'database' });
    await asRoot('POST', 'database/config/pg', {
      plugin_name: 'wayward-postgresql',
      allowed_roles: '*',
      connection_url: `postgresql://{{username}}:{{password}}@127.0.0.1:${postgres.port}/appdb?sslmode=disable`,
      username: 'vault_root',
      password: 'first',
    });
    await asRoot('POST', 'database/static-roles/billing', {
      db_name: 'pg',
      username: 'billing_static',
      rotation_period: '24h',
    });
    const password = async () =>
      String((await asRoot('GET', 'database/static-creds/billing')).body?.data?.['password']);
    const stolen = await password();
    const thief = new pg.Client({ connectionString: postgres.urlFor('billing_static', stolen) });
    thief.on('error', () => {});
    await thief.connect();
    const { step } = await responded(
      { with: 'vault-database-static', role: 'billing', login: 'postgres' },
      {
        vault: { url: vault.url, token: await secretOf(vault.rootToken) },
        postgres: { url: await secretOf(postgres.url) },
      },
    );
    expect(step).toMatchObject({
      state: 'verified',
      note: expect.stringMatching(
        /^Vault rotated it at .*, and the new password logs in; of 1 sessions that role "billing_static" had, none is left$/,
      ),
    });
    expect(await logsIn(postgres, 'billing_static', stolen)).toBe(false);
    expect(await logsIn(postgres, 'billing_static', await password())).toBe(true);
    await expect(thief.query('SELECT 1')).rejects.toThrow();
  });
});
