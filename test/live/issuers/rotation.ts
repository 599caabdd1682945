import { readFileSync } from 'node:fs';
import { policyOf, tokenWith } from '../../revokers/vault-responder.ts';
import { MissingServer } from '../../servers/require-server.ts';
import { startVaultWithPostgres } from '../../servers/vault-with-postgres.ts';
import { connectAs, createAgents, createResponder, type LiveAgent } from '../postgres-scenario.ts';
import { entryOf, type Holder, type StartIssuer } from './issuer.ts';
import { pooled } from './pooled.ts';

/** A stolen copy of a password that lies in Vault: it is changed, and whoever reads it there goes on. pgaudit's log has what the thief does. */
export const startRotationIssuer: StartIssuer = async (names) => {
  const { postgres, vault, stop } = await startVaultWithPostgres();
  const { logFile } = postgres;
  if (logFile === undefined) throw new MissingServer('the log of the server in WAYWARD_TEST_POSTGRES is elsewhere');
  const agents = await createAgents(postgres, names);
  const keep = ({ role, password }: LiveAgent) =>
    vault.call(vault.rootToken, 'POST', `secret/data/${role}`, { data: { password } });
  for (const agent of agents) await keep(agent);

  const holderOf = (agent: LiveAgent): Holder => ({
    ...pooled({
      connect: () => connectAs(postgres, agent),
      query: (client) => client.query('SELECT id, total, due FROM invoices WHERE id = $1', [7]),
      end: (client) => client.end(),
      isRefused: (error) => (error as { code?: string }).code === '28P01',
    }),
    entry: entryOf(agent.agent, {
      ...{ slot: 'postgres', kind: 'database-role', match: { db_user: agent.role } },
      scopes: ['SELECT public.invoices', 'SELECT public.customers'],
      rotate: {
        with: 'postgres-password',
        role: agent.role,
        secret: `secret://vault/secret/data/${agent.role}#password`,
      },
      revoke: { with: 'rotation' },
    }),
    async offend() {
      const client = await connectAs(postgres, agent);
      await client.query('SELECT * FROM payment_cards LIMIT 10');
      await client.end();
    },
  });
  const policy = policyOf({ id: 'vault' }, { 'billing/pg': '*' }, 'rotation/secret-writers');
  return {
    settings: {
      sources: [{ file: logFile }],
      revokers: {
        postgres: { url: 'secret://file/responder' },
        vault: { url: vault.url, token: 'secret://file/token' },
      },
    },
    secrets: { responder: await createResponder(postgres), token: await tokenWith(vault, policy) },
    holders: agents.map(holderOf),
    async revocations() {
      const audited = readFileSync(logFile, 'utf8')
        .split('\n')
        .filter((line) => line.includes('AUDIT: SESSION,'));
      return audited.filter((line) => /ALTER ROLE .* PASSWORD/.test(line)).length;
    },
    stop,
  };
};
