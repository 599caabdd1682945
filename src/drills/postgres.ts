import pg from 'pg';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { loginRefused, postgresAs, postgresError, sqlState, withPostgres } from '../revokers/postgres-client.ts';
import { newPassword, scramVerifier } from '../scram.ts';
import { CANARY_PREFIX } from './canary-name.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

/** A role without any right but to log in, which expires by itself; its password reaches the server as a verifier only. */
export const postgres = defineDrill({
  id: 'postgres',
  title: 'PostgreSQL role `wayward_canary_…`, with a session that is open',
  proof: 'its session ends, and a new login is refused (SQLSTATE class 28)',
  needs: 'nothing more; `pg_hba.conf` must let the role log in from where Wayward runs',
  settings: z.object({ url: secretSchema }),
  fields: {},
  issuer: ({ url }) => ({
    async create(name, expiresAt) {
      const password = newPassword();
      const [verifier, until] = [scramVerifier(password), new Date(expiresAt).toISOString()].map(pg.escapeLiteral);
      const role = pg.escapeIdentifier(name);
      await withPostgres(url, (client) =>
        client.query(`CREATE ROLE ${role} LOGIN PASSWORD ${verifier} VALID UNTIL ${until}`),
      );
      return canaryOf(url, name, password);
    },
    removeLeft: (isLeft) =>
      withPostgres(url, async (client) => {
        const { rows } = await client.query<{ rolname: string }>(
          'SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)',
          [CANARY_PREFIX],
        );
        const left = rows.map(({ rolname }) => rolname).filter(isLeft);
        for (const name of left) await drop(client, name);
        return left.length;
      }),
  }),
});

function canaryOf(url: Secret, role: string, password: string): Canary {
  const session = postgresAs(url, role, password);
  return {
    kind: 'database-role',
    revoke: { with: 'postgres', role },
    async use() {
      try {
        await session.connect();
        await session.query('SELECT 1');
      } catch (error) {
        throw postgresError(error, [password]);
      }
    },
    async refused() {
      const ended = await session.query('SELECT 1').then(
        () => undefined,
        (error: unknown) => sqlState(error) ?? 'connection closed',
      );
      if (ended === undefined) throw new CallError(`the session of ${role} still works`, false);
      const refused = await loginRefused(url, role, password);
      if (refused === undefined) throw new CallError(`${role} can still log in`, false);
      return `the open session ended (${ended}), a new login was refused (${refused})`;
    },
    async remove() {
      await session.end().catch(() => undefined); // most often it is closed already: that was the drill
      await withPostgres(url, (client) => drop(client, role));
    },
  };
}

async function drop(client: pg.Client, role: string): Promise<void> {
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
  await client.query(`DROP ROLE IF EXISTS ${pg.escapeIdentifier(role)}`);
}
