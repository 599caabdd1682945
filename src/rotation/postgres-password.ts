import pg from 'pg';
import { z } from 'zod';
import type { Secret } from '../config/secrets.ts';
import { loginRefused, postgresSettings, withPostgres } from '../revokers/postgres-client.ts';
import { roleToRevoke } from '../revokers/postgres-role.ts';
import { endPostgresSessions } from '../revokers/postgres-sessions.ts';
import { scramVerifier } from '../scram.ts';
import { rotatePassword } from './password-into-secret.ts';
import { defineRotator } from './rotator.ts';
import { placeSchema } from './secret-writers/registry.ts';

/**
 * Gives a PostgreSQL role a new password that is kept in a secret manager. The server gets a verifier only, so that no log of it
 * shows the password.
 * https://www.postgresql.org/docs/current/sql-alterrole.html
 */
export const postgresPassword = defineRotator({
  id: 'postgres-password',
  title: 'Password of a PostgreSQL role, kept in a secret manager',
  proof: 'a login with the new password, and none with the old one',
  meanwhile:
    'open sessions go on; for the moment between the change and the proof (milliseconds, or until Wayward is back after a crash) new logins need the pending password',
  needs:
    'for `revokers.postgres` a role with CREATEROLE (from PostgreSQL 16 also ADMIN OPTION on the role), and what the secret manager asks for (below)',
  testedAgainst: 'PostgreSQL 15, with each secret manager as it is tested (below)',
  specSchema: z.strictObject({
    with: z.literal('postgres-password'),
    role: z.string().min(1).max(63),
    /** Where agents find the password. */
    secret: placeSchema,
  }),
  describe: ({ role, secret }) =>
    `give PostgreSQL role ${pg.escapeIdentifier(role)} a new password, kept in ${secret.reference}`,
  accounts: ({ secret }) => ['postgres', secret.account],
  prepare(settings, { role, secret }) {
    const { url } = postgresSettings.parse(settings.postgres);
    const holder = (isStolen: boolean) => ({
      name: `role ${pg.escapeIdentifier(role)}`,
      refused: (password: string) => loginRefused(url, role, password),
      setPassword: (password: string) => setPassword(url, role, password, isStolen),
    });
    return {
      rotate: (notes, isStolen = false) => rotatePassword(holder(isStolen), secret.open(settings), notes),
      endSessions: (notes) => endPostgresSessions(url, role, notes),
    };
  },
});

const setPassword = (url: Secret, role: string, password: string, isStolen: boolean): Promise<void> =>
  withPostgres(url, async (client) => {
    const { oid } = await roleToRevoke(client, role);
    if (isStolen) await client.query(END_ITS_CHANGES, [oid]);
    const verifier = pg.escapeLiteral(scramVerifier(password));
    await client.query(`ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${verifier}`);
  });

/** Sessions of the role that have changed roles and not committed: a thief who leaves a new password of his own open would keep ours waiting. */
const END_ITS_CHANGES = `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE usesysid = $1 AND relation = 'pg_authid'::regclass AND mode = 'RowExclusiveLock'`;
