import { z } from 'zod';
import type { Secret } from '../config/secrets.ts';
import { CallError } from '../errors.ts';
import { VERIFIERS } from '../mariadb-verifier.ts';
import { accountName, noUser, quoted, refuseOurs, userSchema } from '../revokers/mariadb-accounts.ts';
import { type MariaDb, mariaDbLoginRefused, mariaDbSettings, withMariaDb } from '../revokers/mariadb-client.ts';
import { endMariaDbSessions } from '../revokers/mariadb-sessions.ts';
import { rotatePassword } from './password-into-secret.ts';
import { defineRotator } from './rotator.ts';
import { placeSchema } from './secret-writers/registry.ts';

/**
 * Gives a MariaDB or MySQL user a new password that is kept in a secret manager. The server gets a verifier only, so that no log of it
 * shows the password. A user has an account for each host that it comes from, and those may be of different owners: changed are the
 * ones that have the password of the secret, as the server itself keeps it; another password is another secret's.
 * https://mariadb.com/kb/en/alter-user/, https://dev.mysql.com/doc/refman/8.4/en/alter-user.html
 */
export const mariadbPassword = defineRotator({
  id: 'mariadb-password',
  title: 'Password of a MariaDB or MySQL user, kept in a secret manager',
  proof: 'a login with the new password, and none with the old one',
  meanwhile:
    'open sessions go on; for the moment between the change and the proof (milliseconds, or until Wayward is back after a crash) new logins need the pending password',
  needs:
    'for `revokers.mariadb` a user with CREATE USER, and SELECT on the columns that say how accounts prove themselves; that the agent may log in from where Wayward runs; and what the secret manager asks for (below)',
  testedAgainst:
    'MariaDB 10.11 with mysql_native_password and ed25519, with each secret manager as it is tested (below); its MySQL side: no server',
  specSchema: z.strictObject({
    with: z.literal('mariadb-password'),
    user: userSchema,
    /** Where agents find the password. */
    secret: placeSchema,
  }),
  describe: ({ user, secret }) =>
    `give MariaDB user ${quoted(user)}, at each host where it has the password of ${secret.reference}, a new one, kept there`,
  accounts: ({ secret }) => ['mariadb', secret.account],
  prepare(settings, { user, secret }) {
    const { url } = mariaDbSettings.parse(settings.mariadb);
    const holder = {
      name: `user ${quoted(user)}`,
      refused: (password: string) => refused(url, user, password),
      setPassword: (password: string, instead: string) =>
        withMariaDb(url, (server) => setPassword(server, user, { password, instead })),
    };
    return {
      rotate: (notes) => rotatePassword(holder, secret.open(settings), notes),
      endSessions: (notes) => endMariaDbSessions(url, user, notes),
    };
  },
});

/** First by what the server keeps, which says more than a login that it refuses, and counts against nobody. */
async function refused(url: Secret, user: string, password: string): Promise<string | undefined> {
  const has = await withMariaDb(url, (server) => accountsWith(server, user, password));
  if (has.length === 0) return 'the server keeps another one';
  return mariaDbLoginRefused(url, user, password);
}

async function setPassword(
  server: MariaDb,
  user: string,
  { password, instead }: { password: string; instead: string },
): Promise<void> {
  await refuseOurs(server, user);
  // Those that have the new one already are set once more: a statement for several accounts may end in the middle.
  const accounts = [...(await accountsWith(server, user, instead)), ...(await accountsWith(server, user, password))];
  if (accounts.length === 0)
    throw new CallError(`somebody else gave user ${quoted(user)} another password in between`, false);
  const changes = accounts.map(({ host, plugin }) => {
    const verifier = VERIFIERS[plugin]?.(password);
    if (verifier === undefined) throw unfit(user, host, UNFIT_ED25519);
    return `${accountName(user, host)} ${IDENTIFIED[server.dialect](plugin, verifier)}`;
  });
  await server.run(`ALTER USER ${changes.join(', ')}`);
}

/** Neither plugin's name nor verifier holds anything to escape. */
const IDENTIFIED = {
  mariadb: (plugin: string, verifier: string): string => `IDENTIFIED VIA ${plugin} USING '${verifier}'`,
  mysql: (plugin: string, verifier: string): string => `IDENTIFIED WITH ${plugin} AS '${verifier}'`,
};

const UNFIT_ED25519 =
  'is of ed25519, where Wayward knows passwords of 32 bytes only: set such a one by hand, once, at the server and in the secret';
const UNFIT_PLUGIN =
  'Wayward can hand over a verifier for mysql_native_password and ed25519 only, and sends no server a clear password: change its plugin, or let Vault rotate it (vault-database-static)';

const unfit = (user: string, host: string, why: string): CallError =>
  new CallError(`the account ${accountName(user, host)} ${why}`, false);

interface Holder {
  readonly host: string;
  readonly plugin: string;
}

/** The user's accounts that have this password. @throws CallError for an account of which nobody but the server can tell */
async function accountsWith(server: MariaDb, user: string, password: string): Promise<Holder[]> {
  const rows = await server.select(HOLDERS[server.dialect], user);
  if (rows.length === 0) throw new CallError(`${noUser(user)}: check the registry`, false);
  return rows.flatMap((row): Holder[] => {
    const [host, plugin] = [String(row.host), String(row.plugin)];
    const verifierOf = Number(row.alternatives) > 0 ? undefined : VERIFIERS[plugin];
    if (verifierOf === undefined) throw unfit(user, host, `proves itself by ${proofOf(row)}; ${UNFIT_PLUGIN}`);
    const verifier = verifierOf(password);
    if (verifier === undefined) throw unfit(user, host, UNFIT_ED25519);
    return verifier === row.verifier ? [{ host, plugin }] : [];
  });
}

const proofOf = ({ plugin, alternatives }: Record<string, unknown>): string =>
  Number(alternatives) > 0 ? 'one of several plugins' : String(plugin);

/** MariaDB keeps it in JSON, beside roles, which nobody logs in as. Compared byte by byte: names that differ in case are different users. */
const HOLDERS = {
  mysql: `SELECT Host AS host, plugin, authentication_string AS verifier, 0 AS alternatives FROM mysql.user
    WHERE CAST(User AS BINARY) = CAST(? AS BINARY)`,
  mariadb: `SELECT Host AS host, COALESCE(JSON_VALUE(Priv, '$.plugin'), 'mysql_native_password') AS plugin,
      JSON_VALUE(Priv, '$.authentication_string') AS verifier, JSON_EXISTS(Priv, '$.auth_or') AS alternatives
    FROM mysql.global_priv
    WHERE CAST(User AS BINARY) = CAST(? AS BINARY) AND COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0`,
};
