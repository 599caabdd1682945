import { readFileSync } from 'node:fs';
import { startPostgres } from '../../servers/postgres.ts';
import { MissingServer } from '../../servers/require-server.ts';
import { connectAs, createAgents, createResponder, type LiveAgent } from '../postgres-scenario.ts';
import { entryOf, type Holder, type StartIssuer } from './issuer.ts';
import { pooled } from './pooled.ts';

/** A database role; pgaudit's log has what it does. It may read every table, and is for some of them. */
export const startPostgresIssuer: StartIssuer = async (names) => {
  const server = await startPostgres();
  const { logFile } = server;
  if (logFile === undefined) throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  const agents = await createAgents(server, names);

  const holderOf = (agent: LiveAgent): Holder => {
    const pool = pooled({
      connect: () => connectAs(server, agent),
      query: (client) => client.query('SELECT id, total, due FROM invoices WHERE id = $1', [7]),
      end: (client) => client.end(),
      isRefused: (error) => (error as { code?: string }).code === '28000',
    });
    return {
      ...pool,
      entry: entryOf(agent.agent, {
        ...{ slot: 'postgres', kind: 'database-role', match: { db_user: agent.role } },
        scopes: ['SELECT public.invoices', 'SELECT public.customers'],
        revoke: { with: 'postgres', role: agent.role },
      }),
      async offend() {
        const client = await connectAs(server, agent);
        await client.query('SELECT * FROM payment_cards LIMIT 10');
        await client.end();
      },
    };
  };
  return {
    settings: {
      sources: [{ file: logFile }],
      revokers: { postgres: { url: 'secret://file/responder' } },
    },
    secrets: { responder: await createResponder(server) },
    holders: agents.map(holderOf),
    async revocations() {
      const audited = readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes('AUDIT: SESSION,'));
      return audited.filter((line) => / NOLOGIN\b/.test(line)).length;
    },
    stop: server.stop,
  };
};
