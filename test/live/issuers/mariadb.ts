import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import mysql from 'mysql2/promise';
import { isLoginRefused } from '../../../src/revokers/mariadb-client.ts';
import { type MariaDbServer, startMariaDb } from '../../servers/mariadb.ts';
import { orStop } from '../../servers/start-together.ts';
import { entryOf, type Holder, type StartIssuer } from './issuer.ts';
import { logOf, startLoggingProxy } from './logging-proxy.ts';
import { pooled } from './pooled.ts';

/**
 * A user of the database, seen where the agent logs in with it over an API, since MariaDB's own log is none of Wayward's formats: nginx logs
 * the user of HTTP's Basic authentication, which the API takes to MariaDB.
 */
export const startMariaDbIssuer: StartIssuer = async (names) => {
  const server = await startMariaDb();
  await server.query("SET GLOBAL log_output = 'TABLE'");
  await server.query('SET GLOBAL general_log = ON');
  const api = await startApi(server);
  const proxy = await orStop(server, () => orStop(api, () => startLoggingProxy(api.port, logOf('$remote_user'))));

  async function holderOf(agent: string): Promise<Holder> {
    const user = agent.replaceAll('-', '_');
    const password = `pw-of-${agent}`;
    await server.query('CREATE USER ?@? IDENTIFIED BY ?', [user, '%', password]);
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const pool = pooled({
      connect: () => connect(server, user, password),
      query: (client) => client.query('SELECT 1'),
      end: (client) => client.end(),
      isRefused: isLoginRefused,
    });
    return {
      ...pool,
      entry: entryOf(agent, {
        ...{ slot: 'mariadb', kind: 'database-role', match: { credential_id: user } },
        scopes: ['GET /v1/invoices/*'],
        revoke: { with: 'mariadb', user },
      }),
      async offend() {
        const { status } = await fetch(`${proxy.url}v1/exports`, { headers: { authorization: basic } });
        if (status !== 200) throw new Error(`the API answered ${status}`);
      },
    };
  }
  return {
    settings: {
      sources: [{ file: proxy.log, identity: 'authenticated' }],
      revokers: { mariadb: { url: 'secret://file/responder' } },
    },
    secrets: { responder: await createResponder(server) },
    holders: await Promise.all(names.map(holderOf)),
    async revocations() {
      const [row] = await server.query(
        "SELECT count(*) AS n FROM mysql.general_log WHERE command_type = 'Query' AND argument LIKE 'ALTER USER%ACCOUNT LOCK'",
      );
      return Number(row?.['n']);
    },
    async stop() {
      await proxy.stop();
      await api.stop();
      await server.stop();
    },
  };
};

async function connect({ urlFor }: MariaDbServer, user: string, password: string): Promise<mysql.Connection> {
  const client = await mysql.createConnection(urlFor(user, password));
  client.on('error', () => {}); // to be killed is what happens to some of them
  return client;
}

/** What the revoker's `needs` asks for. */
async function createResponder({ query, urlFor }: MariaDbServer): Promise<string> {
  await query('CREATE USER ?@? IDENTIFIED BY ?', ['wayward_responder', '%', 'pw-of-responder']);
  await query('GRANT CREATE USER, CONNECTION ADMIN, PROCESS ON *.* TO ?@?', ['wayward_responder', '%']);
  await query('GRANT SELECT (User, Host, Priv) ON mysql.global_priv TO ?@?', ['wayward_responder', '%']);
  return urlFor('wayward_responder', 'pw-of-responder');
}

/** An API that logs in to MariaDB as whoever calls it: 200, or 401. */
async function startApi(mariadb: MariaDbServer) {
  const server = createServer(async (request, response) => {
    const basic = request.headers.authorization?.replace(/^Basic /, '') ?? '';
    const [user = '', password = ''] = Buffer.from(basic, 'base64').toString().split(':');
    try {
      const client = await connect(mariadb, user, password);
      await client.query('SELECT 1');
      await client.end();
      response.end('exported');
    } catch (error) {
      response.writeHead(isLoginRefused(error) ? 401 : 500).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
