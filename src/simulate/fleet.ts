import type { Behaviour, SimulatedAgent } from './agent.ts';
import { logNormal, seeded } from './random.ts';
import type { RegistryEntry } from './registry-file.ts';
import { http, sql, type Template, vault } from './use.ts';

/** The agents of the demo: a company with a gateway, two databases and Vault. */

/** Which server's log a principal shows up in. */
export type Server = 'gateway' | 'appdb' | 'warehouse' | 'vault';

/** One peer group's use of one kind of credential. */
interface Group {
  readonly name: string;
  readonly members: number;
  readonly server: Server;
  readonly slot: string;
  readonly behaviour: Behaviour;
  readonly registry?: Partial<RegistryEntry>;
}

const SUPPORT: readonly Template[] = [
  http('GET /v1/tickets/{id}', 1_800),
  http('GET /v1/customers/{id}?fields=name,plan', 320),
  http('POST /v1/tickets/{id}/replies', 210),
  http('GET /v1/tickets?status=open', 7_200),
  http('GET /v1/articles/{id}', 4_100),
  http('PATCH /v1/tickets/{id}', 240),
];

const BILLING: readonly Template[] = [
  sql('public.invoices', 'SELECT id,total,due FROM invoices WHERE id=$1', 1),
  sql('public.customers', 'SELECT name,email FROM customers WHERE id=$1', 1),
  sql('public.invoices', "SELECT id,total FROM invoices WHERE status='open' LIMIT 200", 70),
  sql('public.payments', 'INSERT INTO payments(invoice_id,amount) VALUES ($1,$2)', 1),
  sql('public.invoices', 'UPDATE invoices SET status=$1 WHERE id=$2', 1),
];

const NOTHING_NEW = { rare: [], upcoming: [], newActionsPerDay: 0, daysPerDeployment: 12 } as const;

const GROUPS: readonly Group[] = [
  {
    name: 'support-bot',
    members: 4,
    server: 'gateway',
    slot: 'gateway',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'always-on', zone: 'Europe/Berlin' },
      runsPerDay: 30,
      callsPerRun: 5,
      repertoire: SUPPORT,
      rare: [http('POST /v1/tickets/{id}/escalations', 260)],
      network: '10.20',
      client: 'support-bot',
    },
  },
  {
    name: 'order-sync',
    members: 3,
    server: 'gateway',
    slot: 'gateway',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'cron', zone: 'UTC', everyMinutes: 30, atMinute: 5 },
      runsPerDay: 48,
      callsPerRun: 4,
      repertoire: [
        http('GET /v1/orders?since={id}', 9_000),
        http('GET /v1/orders/{id}', 900),
        http('PUT /v1/warehouse/orders/{id}', 120),
      ],
      network: '10.22',
      client: 'order-sync',
    },
    registry: {
      scopes: ['GET /v1/orders', 'GET /v1/orders/*', 'PUT /v1/warehouse/orders/*'],
      networks: ['10.22.0.0/16'],
    },
  },
  {
    name: 'research-agent',
    members: 3,
    server: 'gateway',
    slot: 'gateway',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'always-on', zone: 'America/New_York' },
      runsPerDay: 22,
      callsPerRun: 8,
      repertoire: [
        http('GET /v1/search?q=report', 12_000),
        http('GET /v1/documents/{uuid}', 18_000),
        http('GET /v1/customers/{id}', 420),
        http('GET /v1/products/{id}', 700),
        http('POST /v1/notes', 160),
      ],
      rare: [http('GET /v1/documents/{uuid}/history', 5_000)],
      upcoming: ['suppliers', 'regions', 'forecasts', 'contracts', 'events', 'surveys', 'partners', 'trends'].map(
        (name) => http(`GET /v1/${name}/{id}`, 900),
      ),
      newActionsPerDay: 0.12,
      network: '10.23',
      client: 'research-agent',
      daysPerDeployment: 6,
    },
  },
  {
    name: 'checkout-assistant',
    members: 2,
    server: 'gateway',
    slot: 'gateway',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'always-on', zone: 'Europe/Berlin' },
      runsPerDay: 32,
      callsPerRun: 5,
      repertoire: [
        http('GET /v1/carts/{id}', 1_100),
        http('PUT /v1/carts/{id}/items/{id}', 180),
        http('GET /v1/products/{id}', 700),
        http('GET /v1/shipping/quotes?cart={id}', 640),
        http('POST /v1/checkouts', 300),
      ],
      network: '10.21',
      client: 'checkout-assistant',
    },
  },
  {
    name: 'hr-onboarding',
    members: 1,
    server: 'gateway',
    slot: 'gateway',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'office', zone: 'America/New_York', fromHour: 8, toHour: 18 },
      runsPerDay: 34,
      callsPerRun: 7,
      repertoire: [
        http('GET /v1/employees/{id}', 1_300),
        http('POST /v1/accounts', 220),
        http('GET /v1/checklists/{id}', 2_000),
        http('PATCH /v1/checklists/{id}', 150),
      ],
      network: '10.24',
      client: 'hr-onboarding',
    },
  },
  {
    name: 'billing-agent',
    members: 3,
    server: 'appdb',
    slot: 'postgres',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'office', zone: 'Europe/Berlin', fromHour: 8, toHour: 18 },
      runsPerDay: 26,
      callsPerRun: 8,
      repertoire: BILLING,
      rare: [sql('public.credit_notes', 'SELECT id,total FROM credit_notes WHERE invoice_id=$1', 1)],
      network: '10.30',
      client: 'billing-agent',
    },
  },
  {
    name: 'billing-agent',
    members: 3,
    server: 'vault',
    slot: 'vault',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'office', zone: 'Europe/Berlin', fromHour: 8, toHour: 18 },
      runsPerDay: 10,
      callsPerRun: 2,
      repertoire: [vault('read', 'secret/data/billing/postgres'), vault('read', 'secret/data/billing/smtp')],
      network: '10.30',
      client: 'vault-agent',
    },
  },
  {
    name: 'data-steward',
    members: 2,
    server: 'appdb',
    slot: 'postgres',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'always-on', zone: 'UTC' },
      runsPerDay: 20,
      callsPerRun: 9,
      repertoire: [
        sql('public.customers', 'SELECT id,name,email FROM customers WHERE id=$1', 1),
        sql('public.customers', 'UPDATE customers SET email=$1 WHERE id=$2', 1),
        sql(
          'public.orders,public.customers',
          'SELECT o.id,c.name FROM orders o JOIN customers c ON c.id=o.customer_id LIMIT 500',
          180,
        ),
        sql('public.addresses', 'SELECT id,city,zip FROM addresses WHERE customer_id=$1', 2),
        sql('public.customers', 'DELETE FROM customers WHERE id=$1', 1),
      ],
      network: '10.31',
      client: 'data-steward',
    },
  },
  {
    name: 'report-writer',
    members: 2,
    server: 'warehouse',
    slot: 'postgres',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'cron', zone: 'Europe/Berlin', everyMinutes: 360, atMinute: 130 },
      runsPerDay: 4,
      callsPerRun: 30,
      repertoire: [
        sql('sales.facts', 'SELECT day,region,sum(total) FROM sales.facts WHERE day=$1 GROUP BY 1,2', 24),
        sql('sales.regions', 'SELECT id,name FROM sales.regions', 24),
        sql('sales.reports', 'INSERT INTO sales.reports(day,body) VALUES ($1,$2)', 1),
      ],
      network: '10.32',
      client: 'report-writer',
    },
  },
  {
    name: 'deploy-agent',
    members: 2,
    server: 'vault',
    slot: 'vault',
    behaviour: {
      ...NOTHING_NEW,
      schedule: { kind: 'always-on', zone: 'UTC' },
      runsPerDay: 14,
      callsPerRun: 3,
      repertoire: [
        vault('read', 'secret/data/deploy/registry'),
        vault('read', 'secret/data/deploy/signing'),
        vault('read', 'database/creds/migrations'),
        vault('update', 'secret/data/deploy/last-release'),
      ],
      network: '10.33',
      client: 'vault-agent',
    },
  },
];

/** One agent's use of one credential, with its entry in the registry. */
export interface Principal extends SimulatedAgent {
  readonly server: Server;
  readonly credential: RegistryEntry;
}

const KIND: Readonly<Record<Server, string>> = {
  gateway: 'api-key',
  appdb: 'database-role',
  warehouse: 'database-role',
  vault: 'vault-token',
};
const MATCH: Readonly<Record<Server, string>> = {
  gateway: 'credential_id',
  appdb: 'db_user',
  warehouse: 'db_user',
  vault: 'vault_accessor',
};

/** Everybody, in the order of the registry file. `issued` is when their credentials were last rotated, ISO 8601. */
export const fleet = (seed: string, issued: string): Principal[] =>
  GROUPS.flatMap((group) =>
    Array.from({ length: group.members }, (_, index) =>
      member(group, group.members === 1 ? '' : `-${index + 1}`, seed, issued),
    ),
  );

function member(group: Group, suffix: string, seed: string, issued: string): Principal {
  const agent = `${group.name}${suffix}`;
  const identity = identityOf(agent, group.server);
  const own = `${seed}/${agent}/${group.slot}`;
  return {
    seed: own,
    groupSeed: `${seed}/${group.name}`,
    behaviour: group.behaviour,
    identity,
    rate: logNormal(seeded(`${own}/rate`), 0.15),
    server: group.server,
    credential: {
      id: `cred-${agent}-${group.slot}`,
      agent,
      peer_group: group.name,
      slot: group.slot,
      kind: KIND[group.server],
      owner: `team-${group.name.split('-')[0]}@example.com`,
      match: { [MATCH[group.server]]: identity },
      issued_at: issued,
      ...(group.name === 'billing-agent' && group.slot === 'postgres' ? { parent: `cred-${agent}-vault` } : {}),
      ...group.registry,
      revoke: revokeWith(group.server, identity),
    },
  };
}

function identityOf(agent: string, server: Server): string {
  if (server === 'gateway') return `cred-${agent}-gateway`;
  if (server !== 'vault') return agent.replaceAll('-', '_');
  // Vault's accessors are 24 letters and digits; these spell their owner.
  return `Sim${agent.replaceAll('-', '')}AccessorXXXXXXXXXXXXXXX`.slice(0, 24);
}

function revokeWith(server: Server, identity: string): Readonly<Record<string, string>> {
  if (server === 'gateway') return { with: 'webhook', url: 'https://gateway.example.com/credentials/revoke' };
  return server === 'vault' ? { with: 'vault', accessor: identity } : { with: 'postgres', role: identity };
}
