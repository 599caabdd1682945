import { deploymentAt, deployments, life } from './agent.ts';
import { ATTACKS, type AttackKind } from './attacks.ts';
import { fleet, type Principal, type Server } from './fleet.ts';
import { type Render, renderLog } from './line.ts';
import { seeded } from './random.ts';
import { type RegistryEntry, registryYaml } from './registry-file.ts';
import { nginxJson } from './render-nginx.ts';
import { pgauditCsv, pgauditJson } from './render-pgaudit.ts';
import { vaultAudit } from './render-vault.ts';
import { DAY } from './schedule.ts';
import type { SimulatedUse } from './use.ts';

/** The demo: three weeks of a small company's agents, and what went wrong in the last days. */

const SEED = 'wayward demo';
const FROM = Date.UTC(2026, 10, 2);
const TO = FROM + 21 * DAY;
const ISSUED = '2026-10-12T00:00:00Z';

/** One thing that happened, for `labels.json`: what a detector should find, or must not. */
export interface Label {
  readonly attack: AttackKind | 'expired' | 'rotation-overdue' | 'new-instance';
  readonly agent: string;
  readonly slot: string;
  /** ISO 8601, UTC: the first and the last use that belongs to it. */
  readonly start: string;
  readonly end: string;
  readonly what: string;
  /** `alert`: somebody should be told. `none`: looks odd and is harmless, or counts against nobody. */
  readonly expected: 'alert' | 'none';
}

interface Incident {
  readonly attack: AttackKind;
  readonly credential: string;
  readonly at: string;
  readonly what: string;
  readonly expected?: 'none';
}

const INCIDENTS: readonly Incident[] = [
  {
    attack: 'secret-in-url',
    credential: 'cred-support-bot-1-gateway',
    at: '2026-11-17T13:20:00Z',
    what: 'puts a bearer token into the address of three requests',
  },
  {
    attack: 'night-burst',
    credential: 'cred-billing-agent-3-postgres',
    at: '2026-11-18T01:40:00Z',
    what: 'one short run at night, doing what it always does',
    expected: 'none',
  },
  {
    attack: 'night-hour',
    credential: 'cred-hr-onboarding-gateway',
    at: '2026-11-19T08:00:00Z',
    what: 'works for an hour at 03:00 in New York, at its usual daytime rate',
  },
  {
    attack: 'volume-x50',
    credential: 'cred-support-bot-3-gateway',
    at: '2026-11-19T10:05:00Z',
    what: 'fifty times its usual calls for five minutes',
  },
  {
    attack: 'forged-claims',
    credential: 'cred-checkout-assistant-2-gateway',
    at: '2026-11-20T04:10:00Z',
    what: 'a stranger names its key and is refused 150 times',
    expected: 'none',
  },
  {
    attack: 'copy-table',
    credential: 'cred-billing-agent-2-postgres',
    at: '2026-11-20T13:32:00Z',
    what: 'reads public.payment_cards, which it never touched, page by page and then the whole of it',
  },
  {
    attack: 'denials',
    credential: 'cred-deploy-agent-1-vault',
    at: '2026-11-20T22:40:00Z',
    what: 'tries 200 secrets of other teams, and is denied each time',
  },
  {
    attack: 'crawl',
    credential: 'cred-research-agent-2-gateway',
    at: '2026-11-21T00:30:00Z',
    what: 'reads 1,800 customers one after the other for twenty hours, below every rate limit',
  },
  {
    attack: 'out-of-scope',
    credential: 'cred-order-sync-1-gateway',
    at: '2026-11-21T09:12:00Z',
    what: 'pays out refunds, which its scopes do not have',
  },
  {
    attack: 'unknown-key',
    credential: 'cred-order-sync-3-gateway',
    at: '2026-11-21T11:20:00Z',
    what: 'a key that the gateway accepts and the registry does not know',
  },
  {
    attack: 'second-client',
    credential: 'cred-checkout-assistant-1-gateway',
    at: '2026-11-21T15:00:00Z',
    what: 'its key is used from another network with another client while it goes on',
  },
  {
    attack: 'errors',
    credential: 'cred-order-sync-2-gateway',
    at: '2026-11-22T03:35:00Z',
    what: 'repeats a failing call 5,000 times',
  },
  {
    attack: 'drop-table',
    credential: 'cred-data-steward-1-postgres',
    at: '2026-11-22T09:14:00Z',
    what: 'drops public.customers after three weeks of reads and small writes',
  },
];

/** What the registry says of single credentials, beyond their group's. */
const EXCEPTIONS: Readonly<Record<string, Partial<RegistryEntry>>> = {
  'cred-billing-agent-1-postgres': { scopes: ['SELECT public.*', 'INSERT public.payments', 'UPDATE public.invoices'] },
  'cred-billing-agent-2-postgres': { hours: 'Mon-Fri 06:00-20:00 Europe/Berlin' },
  'cred-data-steward-1-postgres': { protected: true },
  'cred-data-steward-2-postgres': { issued_at: '2026-08-22T00:00:00Z' },
  'cred-report-writer-2-postgres': { expires_at: '2026-11-22T15:00:00Z' },
  'cred-support-bot-4-gateway': { issued_at: '2026-11-18T08:00:00Z' },
};

const LATER: readonly Label[] = [
  {
    attack: 'new-instance',
    agent: 'support-bot-4',
    slot: 'gateway',
    start: '2026-11-18T09:00:00Z',
    end: '2026-11-22T23:59:59Z',
    what: 'a new instance with three peers that behave alike',
    expected: 'none',
  },
  {
    attack: 'rotation-overdue',
    agent: 'data-steward-2',
    slot: 'postgres',
    start: '2026-11-20T00:00:00Z',
    end: '2026-11-22T23:59:59Z',
    what: 'its password is older than 90 days and still used',
    expected: 'alert',
  },
  {
    attack: 'expired',
    agent: 'report-writer-2',
    slot: 'postgres',
    start: '2026-11-22T15:00:00Z',
    end: '2026-11-22T23:59:59Z',
    what: 'goes on with a credential that expired at 15:00',
    expected: 'alert',
  },
];
const BORN: Readonly<Record<string, number>> = { 'cred-support-bot-4-gateway': Date.UTC(2026, 10, 18, 9) };

/** The demo's files by name, uncompressed; the same on every call. */
export interface Demo {
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly registry: string;
  readonly labels: readonly Label[];
}

export function demo(): Demo {
  const principals = fleet(SEED, ISSUED);
  const uses: Record<Server, SimulatedUse[]> = { gateway: [], appdb: [], warehouse: [], vault: [] };
  for (const principal of principals) {
    for (const use of life(principal, BORN[principal.credential.id] ?? FROM, TO)) uses[principal.server].push(use);
  }
  const labels = INCIDENTS.map((incident) => play(incident, principals, uses));
  const entries = principals.map(({ credential }) => ({ ...credential, ...EXCEPTIONS[credential.id] }));
  return {
    logs: {
      'gateway.access.jsonl': renderLog(uses.gateway, nginxJson(seeded(`${SEED}/gateway`))),
      'appdb.postgresql.json': renderLog(uses.appdb, pgauditJson(seeded(`${SEED}/appdb`))),
      'warehouse.postgresql.csv': renderLog(uses.warehouse, pgauditCsv(seeded(`${SEED}/warehouse`))),
      'vault.audit.jsonl': renderLog(uses.vault, vaultRender(principals)),
    },
    registry: registryYaml(
      'Simulated: the credentials of the demo. Made by scripts/make-demo.ts; nobody and nothing in it is real.',
      entries,
    ),
    labels: [...labels, ...LATER].sort((a, b) => (a.start < b.start ? -1 : 1)),
  };
}

function play(incident: Incident, principals: readonly Principal[], uses: Record<Server, SimulatedUse[]>): Label {
  const { attack, credential, what, expected = 'alert' } = incident;
  const agent = principals.find((principal) => principal.credential.id === credential);
  if (agent === undefined) throw new RangeError(`no ${credential} in the fleet`);
  const at = Date.parse(incident.at);
  const place = deploymentAt(deployments(agent, BORN[credential] ?? FROM, TO), at);
  const added = ATTACKS[attack]({ agent, place }, at, seeded(`${SEED}/${attack}/${credential}`));
  for (const use of added) uses[agent.server].push(use);
  const times = added.map((use) => use.time);
  const iso = (time: number) => new Date(time).toISOString();
  const known = attack === 'unknown-key' ? { agent: 'unregistered', slot: 'gateway' } : agent.credential;
  return {
    attack,
    agent: known.agent,
    slot: known.slot,
    start: iso(Math.min(...times)),
    end: iso(Math.max(...times)),
    what,
    expected,
  };
}

function vaultRender(principals: readonly Principal[]): Render {
  const owners = new Map(principals.map(({ identity, credential }) => [identity, credential.agent]));
  return vaultAudit(seeded(`${SEED}/vault`), (accessor) => owners.get(accessor) ?? 'unknown', ISSUED);
}
