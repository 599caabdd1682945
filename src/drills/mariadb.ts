import mysql from 'mysql2/promise';
import { z } from 'zod';
import { type Secret, secretSchema } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { nativeVerifier } from '../mariadb-verifier.ts';
import { type MariaDb, mariaDbAs, mariaDbError, mariaDbLoginRefused, withMariaDb } from '../revokers/mariadb-client.ts';
import { newPassword } from '../scram.ts';
import { CANARY_PREFIX } from './canary-name.ts';
import { type Canary, defineDrill } from './drill-kind.ts';

/**
 * A user without any right but to log in. MariaDB gets a hash of its password, so that no log shows it; MySQL has no such form for what
 * it uses today, and keeps passwords out of its logs itself.
 * https://mariadb.com/kb/en/create-user/#identified-by-password-password_hash, https://dev.mysql.com/doc/refman/8.4/en/password-logging.html
 */
export const mariadb = defineDrill({
  id: 'mariadb',
  title: 'MariaDB or MySQL user `wayward_canary_…`, with a session that is open',
  proof: 'its session ends, and a new login is refused (the account is locked)',
  needs: 'nothing more',
  settings: z.object({ url: secretSchema }),
  fields: {},
  issuer: ({ url }) => ({
    async create(name) {
      const password = newPassword();
      await withMariaDb(url, (server) => server.run(`CREATE USER ${accountOf(name)} ${identified(server, password)}`));
      return canaryOf(url, name, password);
    },
    removeLeft: (isLeft) =>
      withMariaDb(url, async (server) => {
        const rows = await server.select(USERS[server.dialect], `${CANARY_PREFIX}%`);
        const left = rows.map(({ name }) => String(name)).filter(isLeft);
        for (const name of left) await drop(server, name);
        return left.length;
      }),
  }),
});

const USERS = {
  mariadb: 'SELECT User AS name FROM mysql.global_priv WHERE User LIKE ?',
  mysql: 'SELECT User AS name FROM mysql.user WHERE User LIKE ?',
};

const accountOf = (name: string): string => `${mysql.escapeId(name, true)}@'%'`;

/** The characters of our passwords and of a hash need no quoting. */
const identified = ({ dialect }: MariaDb, password: string): string =>
  dialect === 'mysql' ? `IDENTIFIED BY '${password}'` : `IDENTIFIED BY PASSWORD '${nativeVerifier(password)}'`;

function canaryOf(url: Secret, user: string, password: string): Canary {
  let session: mysql.Connection | undefined;
  const works = (): Promise<unknown> =>
    session?.query('SELECT 1') ?? Promise.reject(new CallError('no session', false));
  return {
    kind: 'database-role',
    revoke: { with: 'mariadb', user },
    async use() {
      try {
        session = await mariaDbAs(url, user, password);
        await works();
      } catch (error) {
        throw mariaDbError(error, [password]);
      }
    },
    async refused() {
      const isOpen = await works().then(
        () => true,
        () => false,
      );
      if (isOpen) throw new CallError(`the session of ${user} still works`, false);
      return `the open session ended, a new login was refused (${await refusal(url, user, password)})`;
    },
    async remove() {
      session?.destroy();
      await withMariaDb(url, (server) => drop(server, user));
    },
  };
}

/** How a login is refused. @throws CallError where it is not, or nobody answers */
async function refusal(url: Secret, user: string, password: string): Promise<string> {
  const refused = await mariaDbLoginRefused(url, user, password);
  if (refused === undefined) throw new CallError(`${user} can still log in`, false);
  return refused;
}

const drop = (server: MariaDb, user: string): Promise<void> => server.run(`DROP USER IF EXISTS ${accountOf(user)}`);
