import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry, type Registry } from '../../src/attribution/registry.ts';
import { detectFormat } from '../../src/formats/detect.ts';
import type { IdentitySource } from '../../src/formats/http.ts';
import { createRedactor } from '../../src/formats/redact.ts';
import { formatById, formats } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { Lane } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import { type Line, type Render, renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { nginxCombined, nginxJson } from '../../src/simulate/render-nginx.ts';
import { pgauditCsv } from '../../src/simulate/render-pgaudit.ts';
import { vaultAudit } from '../../src/simulate/render-vault.ts';
import { http, type SimulatedUse, sql, type Template, vault } from '../../src/simulate/use.ts';
import { historyOf, type Victim } from '../attacks/victim.ts';
import { credential } from '../attribution/helpers.ts';
import { BytesSource } from '../pipeline/lines.ts';
import { shippedDetectors } from '../quality/measure.ts';

/** A Monday morning: when three weeks of ordinary use are over. */
export const NOW = Date.UTC(2026, 10, 23, 10);
export const IP = '10.4.1.7';
export const CLIENT = 'agent/1.4';
const DAY = 86_400_000;

/** One agent and the log that it appears in, with three weeks of what it always does. */
interface World {
  readonly agent: string;
  readonly registry: Registry;
  readonly identity: IdentitySource | undefined;
  readonly history: Buffer;
}

export const LOGS = ['gateway', 'combined', 'database', 'vault'] as const;
export type Log = (typeof LOGS)[number];

/** As nginx and Apache write a user that they have checked. */
const withUser: Render = (use) =>
  nginxCombined(use).map(({ time, text }): Line => ({ time, text: text.replace(' - - [', ` - ${use.identity} [`) }));

const SET_UP: Readonly<Record<Log, { templates: readonly Template[]; render: Render; identity?: IdentitySource }>> = {
  gateway: {
    templates: [http('GET /v1/orders/{id}', 900), http('GET /v1/customers/{id}', 700), http('POST /v1/orders', 300)],
    render: nginxJson(seeded('gateway')),
    identity: 'from-key-map',
  },
  combined: {
    templates: [http('GET /v1/orders/{id}', 900), http('GET /v1/customers/{id}', 700), http('POST /v1/orders', 300)],
    render: withUser,
    identity: 'authenticated',
  },
  database: {
    templates: [
      sql('public.orders', 'SELECT total FROM orders WHERE id = $1', 1),
      sql('public.customers', 'SELECT name FROM customers WHERE id = $1', 1),
    ],
    render: pgauditCsv(seeded('database')),
  },
  vault: {
    templates: [vault('read', 'secret/data/billing/stripe'), vault('read', 'database/creds/billing')],
    render: vaultAudit(seeded('vault'), () => 'vault-agent', new Date(NOW - 90 * DAY).toISOString()),
  },
};

const SCOPES: Readonly<Record<Log, string[]>> = {
  gateway: ['GET /v1/orders/*', 'GET /v1/customers/*', 'POST /v1/orders'],
  combined: ['GET /v1/orders/*', 'GET /v1/customers/*', 'POST /v1/orders'],
  database: ['SELECT public.orders', 'SELECT public.customers'],
  vault: ['secret/data/billing/*:read', 'database/creds/*:read'],
};

const KEY: Readonly<Record<Log, string>> = {
  gateway: 'credential_id',
  combined: 'credential_id',
  database: 'db_user',
  vault: 'vault_accessor',
};

const worldOf = (log: Log): World => {
  const agent = `${log}-agent`;
  const { templates, render, identity } = SET_UP[log];
  const victim = { agent, credential: agent, identity: agent } as Victim;
  const uses: SimulatedUse[] = historyOf(victim, { templates, ip: IP, client: CLIENT }, NOW);
  const entry = credential(agent, {
    agent,
    peerGroup: agent,
    slot: log,
    scopes: SCOPES[log],
    match: { [KEY[log]]: [agent] },
  });
  return { agent, identity, registry: createRegistry([entry]), history: bytesOf(renderLog(uses, render)) };
};

/** Lines of text, or of bytes that are none. */
const bytesOf = (lines: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));

const worlds = new Map<Log, World>();
const known = (log: Log): World => {
  const world = worlds.get(log) ?? worldOf(log);
  worlds.set(log, world);
  return world;
};

export const agentOf = (log: Log): string => known(log).agent;

const detectors = shippedDetectors();
const redactor = createRedactor(Buffer.alloc(32, 1));

/** Every alert of the three weeks and of what is written behind them, in its last form. */
export async function alertsOf(log: Log, behind: readonly (string | Buffer)[]): Promise<Alert[]> {
  const { registry, identity, history } = known(log);
  const alerts = new Map<string, Alert>();
  const core = new Core(registry, detectors, (alert) => alerts.set(alert.id, alert));
  const lane = new Lane(new BytesSource(log, Buffer.concat([history, bytesOf(behind)])), {
    detect: (lines) => detectFormat(lines, formats),
    formatById,
    context: { redactor, identity },
    tellsReading: true,
  });
  for await (const batch of new Merge([lane]).batches()) core.process(batch);
  return [...alerts.values()];
}
