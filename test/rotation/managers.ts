import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { awsSecretsManager } from '../../src/rotation/secret-writers/aws-secrets-manager.ts';
import { gcpSecretManager } from '../../src/rotation/secret-writers/gcp-secret-manager.ts';
import { vault } from '../../src/rotation/secret-writers/vault.ts';
import { policyOf, tokenWith } from '../revokers/vault-responder.ts';
import type { FakeGcp } from '../servers/fake-gcp.ts';
import { type GcpAgent, gcpAgent } from '../servers/gcp-agent.ts';
import type { MotoServer } from '../servers/moto.ts';
import { startTogether } from '../servers/start-together.ts';
import type { VaultServer } from '../servers/vault-client.ts';
import type { PlainAccounts } from './accounts.ts';

/** A secret manager as its users see it. */
export interface Manager {
  /** With no more than the documented policy. */
  readonly accounts: PlainAccounts;
  /** How configuration refers to a secret there. */
  reference(name: string): string;
  create(name: string, text: string): Promise<void>;
  /** As somebody else writes it. */
  write(name: string, text: string): Promise<void>;
  current(name: string): Promise<string | undefined>;
  pending(name: string): Promise<string | undefined>;
  /** The value before the current one. */
  previous(name: string): Promise<string | undefined>;
}

export async function onMoto(moto: MotoServer): Promise<Manager> {
  const policy = policyOf(awsSecretsManager, {}, 'rotation/secret-writers').replaceAll(
    /"Resource": "[^"]+"/g,
    '"Resource": "*"',
  );
  const { keys } = await moto.newUser('rotator', JSON.parse(policy));
  const admin = new SecretsManager(moto.client(moto.admin));
  const at = async (name: string, stage: string) => {
    const version = await admin.getSecretValue({ SecretId: name, VersionStage: stage }).catch(() => undefined);
    return { text: version?.SecretString, stages: version?.VersionStages ?? [] };
  };
  return {
    accounts: {
      aws: {
        ...{ endpoint: moto.url, region: 'us-east-1' },
        ...{ access_key_id: keys.accessKeyId, secret_access_key: keys.secretAccessKey },
      },
    },
    reference: (name) => `secret://aws-secrets-manager/${name}`,
    create: async (name, text) => void (await admin.createSecret({ Name: name, SecretString: text })),
    write: async (name, text) => void (await admin.putSecretValue({ SecretId: name, SecretString: text })),
    current: async (name) => (await at(name, 'AWSCURRENT')).text,
    async pending(name) {
      const { text, stages } = await at(name, 'AWSPENDING');
      return stages.includes('AWSCURRENT') ? undefined : text;
    },
    previous: async (name) => (await at(name, 'AWSPREVIOUS')).text,
  };
}

export async function onFake(fake: FakeGcp): Promise<Manager> {
  const permissions = policyOf(gcpSecretManager, {}, 'rotation/secret-writers')
    .split('\n')
    .map((line) => line.replace('- ', ''));
  const admin: GcpAgent = gcpAgent(
    fake,
    fake
      .newAccount('admin', [
        'secretmanager.versions.add',
        'secretmanager.versions.access',
        'secretmanager.versions.get',
      ])
      .newKey().file,
  );
  await admin.logIn();
  const url = (name: string) => `${fake.secretManagerUrl}v1/projects/billing-prod/secrets/${name}`;
  const access = async (name: string, version: string) => {
    const { status, text } = await admin.get(`${url(name)}/versions/${version}:access`);
    return status === 200 ? Buffer.from(JSON.parse(text).payload.data, 'base64').toString() : undefined;
  };
  const add = async (name: string, text: string) => {
    const payload = { data: Buffer.from(text).toString('base64') };
    expect((await admin.post(`${url(name)}:addVersion`, { payload })).status).toBe(200);
  };
  return {
    accounts: {
      gcp: {
        ...{ iam_url: fake.iamUrl, secret_manager_url: fake.secretManagerUrl, metadata_url: fake.metadataUrl },
        key: fake.newAccount('rotator', permissions).newKey().file,
      },
    },
    reference: (name) => `secret://gcp-secret-manager/projects/billing-prod/secrets/${name}`,
    async create(name, text) {
      fake.newSecret(name);
      fake.newSecret(`${name}-pending`);
      await add(name, text);
    },
    write: add,
    current: (name) => access(name, 'latest'),
    pending: (name) => access(`${name}-pending`, 'latest'),
    async previous(name) {
      const { text } = await admin.get(`${url(name)}/versions/latest`);
      return access(name, String(Number(/versions\/(\d+)"/.exec(text)?.[1]) - 1));
    },
  };
}

/** Of a secret the field `password`. */
export async function onVault(server: VaultServer): Promise<Manager> {
  const token = await tokenWith(server, policyOf(vault, { 'billing/pg': '*' }, 'rotation/secret-writers'));
  const call = (method: string, path: string, body?: unknown) => server.call(server.rootToken, method, path, body);
  const fields = async (name: string, version = '') =>
    ((await call('GET', `secret/data/${name}${version}`)).body?.data?.data ?? {}) as Record<string, string>;
  const write = async (name: string, text: string) =>
    void (await call('POST', `secret/data/${name}`, { data: { password: text, host: 'db.example.com' } }));
  return {
    accounts: { vault: { url: server.url, token } },
    reference: (name) => `secret://vault/secret/data/${name}#password`,
    create: write,
    write,
    current: async (name) => (await fields(name)).password,
    pending: async (name) => (await fields(name)).password_pending,
    async previous(name) {
      const { current_version: newest = 0 } = (await call('GET', `secret/metadata/${name}`)).body?.data ?? {};
      // Between the two lies the version with both.
      return (await fields(name, `?version=${Number(newest) - 2}`)).password;
    },
  };
}

interface Stoppable {
  stop(): Promise<void>;
}

/** A database, and the manager that keeps its passwords. */
export interface Beside<Database> extends Stoppable {
  readonly database: Database;
  readonly manager: Manager;
}

/** Both of them, or none. */
export const beside =
  <Database extends Stoppable, Server extends Stoppable>(
    startDatabase: () => Promise<Database>,
    startManager: () => Promise<Server>,
    managerOf: (server: Server) => Promise<Manager>,
  ) =>
  async (): Promise<Beside<Database>> => {
    const { database, server, stop } = await startTogether({ database: startDatabase, server: startManager });
    return { database, manager: await managerOf(server), stop };
  };
