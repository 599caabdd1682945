import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVault } from '../../servers/vault.ts';
import type { VaultServer } from '../../servers/vault-client.ts';
import type { LiveCredential } from './issuers.ts';

export interface AuditedVault extends VaultServer {
  /** Requests so far that change something at a path that fits, as its audit log has them. */
  changes(path: RegExp): number;
}

export async function startAuditedVault(): Promise<AuditedVault> {
  const server = await startVault();
  const folder = mkdtempSync(join(tmpdir(), 'wayward-vault-audit-'));
  const file = join(folder, 'audit.log');
  await server.call(server.rootToken, 'PUT', 'sys/audit/file', { type: 'file', options: { file_path: file } });
  await server.call(server.rootToken, 'POST', 'sys/auth/approle', { type: 'approle' });
  await server.call(server.rootToken, 'POST', 'sys/auth/userpass', { type: 'userpass' });
  return {
    ...server,
    changes(path) {
      const entries = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      return entries.filter(
        ({ type, request }) => type === 'request' && request.operation === 'update' && path.test(request.path),
      ).length;
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type NewCredential = () => Promise<LiveCredential>;

/** A new credential for each of Vault's revokers. */
export function newVaultCredentials(server: AuditedVault): Readonly<Record<string, NewCredential>> {
  let count = 0;
  const newName = () => `crash-${++count}`;
  const asRoot = async (method: string, path: string, body?: unknown) =>
    (await server.call(server.rootToken, method, path, body)).body;
  const works = async (token: string): Promise<boolean> =>
    (await server.call(token, 'GET', 'auth/token/lookup-self')).status === 200;

  /** Counts from now on. */
  const counted = (path: RegExp, rest: Omit<LiveCredential, 'effects'>): LiveCredential => {
    const before = server.changes(path);
    return { ...rest, effects: async () => server.changes(path) - before };
  };

  async function newToken(path = 'auth/token/create') {
    const { auth } = (await asRoot('POST', path, { ttl: '1h', policies: ['default'] })) ?? {};
    return { token: auth?.client_token ?? '', accessor: auth?.accessor ?? '' };
  }

  async function newEntity() {
    const name = newName();
    await asRoot('POST', `auth/userpass/users/${name}`, { password: 'pw' });
    const login = async () => (await server.call('', 'POST', `auth/userpass/login/${name}`, { password: 'pw' })).body;
    const token = (await login())?.auth?.client_token ?? '';
    const self = (await server.call(token, 'GET', 'auth/token/lookup-self')).body;
    return { token, entity: String(self?.data?.['entity_id']) };
  }

  /** Tokens of a token role have leases under its name. */
  async function newLease() {
    const role = newName();
    await asRoot('POST', `auth/token/roles/${role}`, { allowed_policies: 'default' });
    const { token } = await newToken(`auth/token/create/${role}`);
    const prefix = `auth/token/create/${role}`;
    const { data } = (await asRoot('LIST', `sys/leases/lookup/${prefix}`)) ?? {};
    return { token, prefix, lease: `${prefix}/${(data?.['keys'] as string[] | undefined)?.[0]}` };
  }

  return {
    async vault() {
      const { token, accessor } = await newToken();
      return counted(/^auth\/token\/revoke-accessor$/, {
        spec: { accessor },
        isDead: async () => !(await works(token)),
      });
    },
    async 'vault-secret-id'() {
      const role = newName();
      await asRoot('POST', `auth/approle/role/${role}`, { token_ttl: '1h' });
      const { role_id } = (await asRoot('GET', `auth/approle/role/${role}/role-id`))?.data ?? {};
      const { secret_id } = (await asRoot('POST', `auth/approle/role/${role}/secret-id`))?.data ?? {};
      const isDead = async () =>
        (await server.call('', 'POST', 'auth/approle/login', { role_id, secret_id })).status !== 200;
      return counted(new RegExp(`^auth/approle/role/${role}/secret-id-accessor/destroy$`), { spec: { role }, isDead });
    },
    async 'vault-entity'() {
      const { entity, token } = await newEntity();
      return counted(new RegExp(`^identity/entity/id/${entity}$`), {
        spec: { entity },
        isDead: async () => !(await works(token)),
      });
    },
    async 'vault-entity-tokens'() {
      const { entity, token } = await newEntity();
      return counted(/^auth\/token\/revoke-accessor$/, { spec: { entity }, isDead: async () => !(await works(token)) });
    },
    async 'vault-lease'() {
      const { lease, token } = await newLease();
      return counted(/^sys\/leases\/revoke$/, { spec: { lease }, isDead: async () => !(await works(token)) });
    },
    async 'vault-lease-prefix'() {
      const { prefix, token } = await newLease();
      return counted(new RegExp(`^sys/leases/revoke-prefix/${prefix}`), {
        spec: { prefix },
        isDead: async () => !(await works(token)),
      });
    },
  };
}
