import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startIssuer } from '../../servers/issuer.ts';
import { startMariaDb } from '../../servers/mariadb.ts';
import { secretOfClient, startOAuth } from '../../servers/oauth.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { logsIn } from '../../servers/postgres-login.ts';
import { MissingServer } from '../../servers/require-server.ts';
import { startVaultWithPostgres } from '../../servers/vault-with-postgres.ts';
import { aws } from './aws-issuer.ts';
import { authensor, gcp } from './fake-issuers.ts';
import { envoy, nginx } from './gateway-issuers.ts';
import { newVaultCredentials, startAuditedVault } from './vault-credentials.ts';

/** A credential that works, and what its issuer knows of it. */
export interface LiveCredential {
  /** Its `revoke:`. */
  readonly spec: object;
  /** Files beside the registry that the spec refers to. */
  readonly files?: Readonly<Record<string, string>>;
  isDead(): Promise<boolean>;
  /** How often somebody has had it revoked, as the server itself counts. */
  effects(): Promise<number>;
}

/** An issuer, real where there is one, with `revokers:` for it, and its credentials by revoker. */
export interface CrashIssuer {
  /** Secrets are written as `secret://file/NAME`, and stand under their names in `secrets`. */
  readonly settings: object;
  readonly secrets: Readonly<Record<string, string>>;
  readonly newCredential: Readonly<Record<string, (folder: string) => Promise<LiveCredential>>>;
  stop(): Promise<void>;
}

const run = process.pid.toString(36);
let count = 0;
const newName = () => `crash_${run}_${++count}`;

async function postgres(): Promise<CrashIssuer> {
  const server = await startPostgres();
  const { logFile } = server;
  if (logFile === undefined) throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  /** The log up to now: whatever came before the mark is written before it. */
  async function logSoFar(): Promise<string> {
    const mark = newName();
    await server.query(`DO $$ BEGIN RAISE LOG '${mark} end'; END $$`);
    for (;;) {
      const log = readFileSync(String(logFile), 'utf8');
      if (log.includes(`"${mark} end"`)) return log;
      await sleep(20);
    }
  }
  /** How often a statement was made that begins so, in which pgaudit doubles quotes and JSON escapes them. */
  async function audited(statement: string): Promise<number> {
    const written = statement.replaceAll('"', '\\"\\"');
    const lines = (await logSoFar()).split('\n');
    return lines.filter((line) => line.includes('AUDIT: SESSION,') && line.includes(written)).length;
  }
  return {
    settings: { postgres: { url: 'secret://file/issuer' } },
    secrets: { issuer: server.url },
    stop: server.stop,
    newCredential: {
      async postgres() {
        const role = newName();
        await server.query(`CREATE ROLE ${role} LOGIN`);
        const isDead = async () =>
          (await server.query('SELECT FROM pg_roles WHERE rolname = $1 AND rolcanlogin', [role])).rowCount === 0;
        return { spec: { role }, isDead, effects: () => audited(`ALTER ROLE "${role}" NOLOGIN`) };
      },
      async 'postgres-grants'() {
        const role = newName();
        await server.query(
          `CREATE TABLE of_${role} (); CREATE ROLE ${role} LOGIN; GRANT SELECT ON of_${role} TO ${role}`,
        );
        const isDead = async () => {
          const { rows } = await server.query(`SELECT has_table_privilege('${role}', 'of_${role}', 'SELECT') AS may`);
          return !rows[0].may;
        };
        const revoked = `REVOKE SELECT ON TABLE public.of_${role} FROM "${role}" CASCADE`;
        return { spec: { role }, isDead, effects: () => audited(revoked) };
      },
      async 'postgres-valid-until'() {
        const role = newName();
        await server.query(`CREATE ROLE ${role} LOGIN`);
        const isDead = async () =>
          (await server.query('SELECT FROM pg_roles WHERE rolname = $1 AND rolvaliduntil < now()', [role])).rowCount ===
          1;
        return { spec: { role }, isDead, effects: () => audited(`ALTER ROLE "${role}" VALID UNTIL`) };
      },
    },
  };
}

async function mariadb(): Promise<CrashIssuer> {
  const server = await startMariaDb();
  await server.query("SET GLOBAL log_output = 'TABLE'");
  await server.query('SET GLOBAL general_log = ON');
  const root = server.urlFor('root', '');
  const rowsOf = (sql: string, ...values: string[]) => server.query(sql, values);
  async function newUser(): Promise<string> {
    const user = newName();
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [user, '%', 'pw']);
    return user;
  }
  async function logged(statement: string, user: string): Promise<number> {
    const sql =
      "SELECT count(*) AS n FROM mysql.general_log WHERE command_type = 'Query' AND argument LIKE ? AND argument LIKE ?";
    return Number((await rowsOf(sql, statement, `%${user}%`))[0]?.['n']);
  }
  return {
    settings: { mariadb: { url: 'secret://file/issuer' } },
    secrets: { issuer: root },
    stop: server.stop,
    newCredential: {
      async mariadb() {
        const user = await newUser();
        const sql = "SELECT JSON_VALUE(Priv, '$.account_locked') AS locked FROM mysql.global_priv WHERE User = ?";
        const isDead = async () => String((await rowsOf(sql, user))[0]?.['locked']) === '1';
        return { spec: { user }, isDead, effects: () => logged('ALTER USER%LOCK%', user) };
      },
      async 'mariadb-grants'() {
        const user = await newUser();
        await server.query('GRANT PROCESS ON *.* TO ?@?', [user, '%']);
        const isDead = async () =>
          Object.values((await rowsOf('SHOW GRANTS FOR ?@?', user, '%'))[0] ?? {}).every((grant) =>
            String(grant).startsWith('GRANT USAGE ON *.*'),
          );
        return { spec: { user }, isDead, effects: () => logged('REVOKE ALL PRIVILEGES, GRANT OPTION FROM%', user) };
      },
    },
  };
}

async function oauth(): Promise<CrashIssuer> {
  const server = await startOAuth();
  return {
    settings: {
      oauth: {
        revocation_url: `${server.issuer}/token/revocation`,
        introspection_url: `${server.issuer}/token/introspection`,
        client_id: 'responder',
        client_secret: 'secret://file/issuer',
      },
    },
    secrets: { issuer: secretOfClient('responder') },
    stop: server.stop,
    newCredential: {
      async oauth() {
        const token = await server.newToken('agent-b');
        const before = server.revocations();
        return {
          spec: { token: 'secret://file/token' },
          files: { token },
          isDead: async () =>
            (await fetch(server.resource, { headers: { authorization: `Bearer ${token}` } })).status === 401,
          effects: async () => server.revocations() - before,
        };
      },
    },
  };
}

async function webhook(): Promise<CrashIssuer> {
  const issuer = await startIssuer();
  return {
    settings: { webhook: { secret: 'secret://file/issuer' } },
    secrets: { issuer: 'key' },
    stop: issuer.stop,
    newCredential: {
      async webhook() {
        issuer.reissue('cred');
        const before = issuer.calls.length;
        return {
          spec: { url: `${issuer.url}/revoke`, verify_url: `${issuer.url}/verify` },
          isDead: async () => issuer.dead.has('cred'),
          effects: async () => issuer.calls.length - before,
        };
      },
    },
  };
}

async function command(): Promise<CrashIssuer> {
  const sh = (script: string) => ['/bin/sh', '-c', `cd /{folder} && ${script}`];
  return {
    settings: { command: { lock: { run: sh('echo x >> calls; touch lock'), verify: sh('test -e lock') } } },
    secrets: {},
    stop: async () => {},
    newCredential: {
      command: async (folder) => ({
        spec: { command: 'lock', parameters: { folder: folder.slice(1) } },
        isDead: async () => existsSync(join(folder, 'lock')),
        async effects() {
          const calls = join(folder, 'calls');
          return existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n').length : 0;
        },
      }),
    },
  };
}

/** A stolen password of PostgreSQL, kept in Vault. */
async function rotation(): Promise<CrashIssuer> {
  const { postgres, vault, stop } = await startVaultWithPostgres();
  const { logFile } = postgres;
  if (logFile === undefined) throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  return {
    settings: { postgres: { url: 'secret://file/issuer' }, vault: { url: vault.url, token: 'secret://file/vault' } },
    secrets: { issuer: postgres.url, vault: vault.rootToken },
    stop,
    newCredential: {
      async rotation() {
        const role = newName();
        const password = 'canary-stolen-password';
        await postgres.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
        await vault.call(vault.rootToken, 'POST', `secret/data/${role}`, { data: { password } });
        const secret = `secret://vault/secret/data/${role}#password`;
        return {
          spec: { rotate: { with: 'postgres-password', role, secret } },
          isDead: async () => !(await logsIn(postgres, role, password)),
          async effects() {
            const lines = readFileSync(logFile, 'utf8').split('\n');
            return lines.filter((line) => line.includes('AUDIT: SESSION,') && line.includes(`ALTER ROLE \\"\\"${role}`))
              .length;
          },
        };
      },
    },
  };
}

async function vault(): Promise<CrashIssuer> {
  const server = await startAuditedVault();
  return {
    settings: { vault: { url: server.url, token: 'secret://file/issuer' } },
    secrets: { issuer: server.rootToken },
    stop: server.stop,
    newCredential: newVaultCredentials(server),
  };
}

/** One line an issuer: the revokers that are tried there, and how to start it. */
export const CRASH_ISSUERS: readonly (readonly [revokers: readonly string[], start: () => Promise<CrashIssuer>])[] = [
  [['postgres', 'postgres-grants', 'postgres-valid-until'], postgres],
  [['mariadb', 'mariadb-grants'], mariadb],
  [['vault', 'vault-secret-id', 'vault-entity', 'vault-entity-tokens', 'vault-lease', 'vault-lease-prefix'], vault],
  [['oauth'], oauth],
  [['aws-access-key', 'aws-access-key-delete', 'aws-deny-all', 'aws-role-sessions'], aws],
  [['gcp-service-account-key', 'gcp-service-account-key-delete', 'gcp-service-account', 'gcp-secret-version'], gcp],
  [['authensor'], authensor],
  [['rotation'], rotation],
  [['nginx'], nginx],
  [['envoy'], envoy],
  [['webhook'], webhook],
  [['command'], command],
];
