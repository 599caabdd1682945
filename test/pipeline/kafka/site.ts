import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import { AuditTrail } from '../../../src/response/audit.ts';
import { type FaultyProxy, startFaultyProxy } from '../../servers/faulty-proxy.ts';
import { type Kafka, startKafka } from '../../servers/kafka.ts';
import { startTogether } from '../../servers/start-together.ts';
import { VAULT_WITH_POSTGRES, type VaultWithPostgres } from '../../servers/vault-with-postgres.ts';
import { newPlace, type Place } from './responders.ts';

const DAY = 86_400_000;
let count = 0;

interface SiteServers extends VaultWithPostgres {
  readonly kafka: Kafka;
}

/** A place whose credentials can be rotated, and whose issuers can hold drills. */
export interface Site {
  readonly place: Place;
  /** Before Vault. */
  readonly proxy: FaultyProxy;
  /** Of PostgreSQL, one for each credential; the password of each is in Vault. */
  readonly roles: readonly string[];
  secretOf(role: string): Promise<{ readonly data: Record<string, string>; readonly version: number }>;
  /** Rejects unless one new password was made, and it is the one that is kept and that logs in. */
  isRotatedOnce(role: string): Promise<void>;
}

export const startSiteServers = (): Promise<SiteServers> =>
  startTogether({ kafka: startKafka, ...VAULT_WITH_POSTGRES });

/** Credentials of these ids, ten days overdue. `settings` as in wayward.yaml. */
export async function newSite(
  { kafka, vault, postgres }: SiteServers,
  ids: readonly string[] = ['cred-pg'],
  settings: object = {},
): Promise<Site> {
  const roles = ids.map(() => `agent_${++count}`);
  for (const role of roles) {
    await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD 'old'`);
    await vault.call(vault.rootToken, 'POST', `secret/data/${role}`, { data: { password: 'old' } });
  }
  const proxy = await startFaultyProxy(vault.url);
  onTestFinished(() => proxy.stop());
  const credentials = ids.map((id, at) => ({
    ...{ id, agent: `agent ${id}`, slot: 'pg', kind: 'database-role', match: { db_user: roles[at] } },
    issued_at: new Date(Date.now() - 100 * DAY).toISOString(),
    revoke: { with: 'postgres', role: roles[at] },
    rotate: {
      with: 'postgres-password',
      role: roles[at],
      secret: `secret://vault/secret/data/${roles[at]}#password`,
    },
  }));
  const place = await newPlace(
    kafka.broker,
    {},
    {
      credentials,
      settings,
      revokers: {
        postgres: { url: 'secret://env/PG_URL' },
        vault: { url: proxy.url, token: 'secret://env/VAULT_ROOT' },
      },
      env: { PG_URL: postgres.url, VAULT_ROOT: vault.rootToken },
    },
  );
  const secretOf: Site['secretOf'] = async (role) => {
    const { body } = await vault.call(vault.rootToken, 'GET', `secret/data/${role}`);
    const kept = body?.data as { data: Record<string, string>; metadata: { version: number } } | undefined;
    return { data: kept?.data ?? {}, version: kept?.metadata.version ?? 0 };
  };
  const login = async (role: string, password = ''): Promise<void> => {
    const client = new pg.Client({ connectionString: postgres.urlFor(role, password) });
    await client.connect();
    await client.end();
  };
  return {
    ...{ place, proxy, roles, secretOf },
    async isRotatedOnce(role) {
      const { data, version } = await secretOf(role);
      expect({ fields: Object.keys(data), version }).toEqual({ fields: ['password'], version: 3 });
      await login(role, data.password);
      await expect(login(role, 'old')).rejects.toThrow('authentication failed');
    },
  };
}

/** No role can be changed until it is let go. */
export async function holdRoles(url: string): Promise<{ isWaitedFor(): Promise<void>; letGo(): Promise<void> }> {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  onTestFinished(() => holder.end());
  await holder.query('BEGIN; LOCK TABLE pg_authid IN EXCLUSIVE MODE');
  const waiting = async () => (await holder.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount;
  return {
    isWaitedFor: async () => void (await expect.poll(waiting, { timeout: 60_000 }).toBe(1)),
    letGo: async () => void (await holder.query('ROLLBACK')),
  };
}

export const ndjson = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
export const trail = ({ replica }: Place) =>
  new AuditTrail(replica.store, '/nowhere', { get: () => 0, set() {}, safe: () => 0 });
export const recorded = (place: Place, ...types: string[]) =>
  trail(place)
    .after(0)
    .filter(({ type }) => types.includes(type));
export const rotationsOf = ({ replica }: Place) =>
  replica.store.all("SELECT key FROM outbox WHERE action = 'rotate'").map(({ key }) => String(key));
