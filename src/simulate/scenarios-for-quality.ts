import { type Behaviour, deploymentAt, deployments, life, type SimulatedAgent } from './agent.ts';
import { ATTACKS, type AttackKind } from './attacks.ts';
import { renderLog } from './line.ts';
import { seeded, uniform } from './random.ts';
import { type RegistryEntry, registryYaml } from './registry-file.ts';
import { nginxJson } from './render-nginx.ts';
import { pgauditJson } from './render-pgaudit.ts';
import { DAY, fromLocal, MINUTE, type Schedule } from './schedule.ts';
import { http, type SimulatedUse, sql } from './use.ts';

/** Principals to measure detection on: one bursty agent, some weeks of its life, and the same with one attack in it. */

export type PrincipalKind = 'office' | 'always-on' | 'cron';
export type HistoryFormat = 'nginx-json' | 'pgaudit-json';

export interface HistoryOptions {
  /** Another number, another agent: rate (200 to 1,500 uses a day), gaps, sizes, storms, deployments, new actions. */
  readonly seed: number;
  /** Days before the one on which an attack may come; that day is part of the history too. */
  readonly days: number;
  readonly kind: PrincipalKind;
  readonly format: HistoryFormat;
}

export interface PrincipalHistory {
  readonly options: HistoryOptions;
  readonly agent: SimulatedAgent;
  /** As alerts name it: `agent/slot`. */
  readonly principal: string;
  /** Milliseconds since the epoch; `to` is past the last day. */
  readonly from: number;
  readonly to: number;
  readonly uses: readonly SimulatedUse[];
  /** First and last moment of the attack that was added. */
  readonly attack?: { readonly kind: AttackKind; readonly start: number; readonly end: number };
}

/** A Monday; Berlin's clocks go back on 25 October, in the middle of thirty days. */
const START = Date.UTC(2026, 9, 5);
const ZONE = 'Europe/Berlin';

const SCHEDULES: Readonly<Record<PrincipalKind, Schedule>> = {
  office: { kind: 'office', zone: ZONE, fromHour: 8, toHour: 18 },
  'always-on': { kind: 'always-on', zone: ZONE },
  cron: { kind: 'cron', zone: ZONE, everyMinutes: 30, atMinute: 5 },
};

/** When its attacks begin, in local minutes of the last day: while it works, except for those of the night. */
const ATTACK_MINUTE: Readonly<Record<PrincipalKind, number>> = { office: 634, 'always-on': 634, cron: 635 };
const NIGHT_MINUTE = 180;

const REPERTOIRE: Readonly<Record<HistoryFormat, Pick<Behaviour, 'repertoire' | 'rare' | 'upcoming'>>> = {
  'nginx-json': {
    repertoire: [
      http('GET /v1/orders/{id}', 900),
      http('GET /v1/customers/{id}?fields=name,city', 320),
      http('GET /v1/orders?status=open', 6_500),
      http('POST /v1/orders/{id}/notes', 140),
      http('GET /v1/products/{id}', 700),
      http('GET /v1/shipments/{uuid}', 800),
      http('PATCH /v1/orders/{id}', 210),
    ],
    rare: [http('GET /v1/invoices/{id}', 2_400), http('DELETE /v1/orders/{id}/notes/{id}', 20)],
    upcoming: ['coupons', 'returns', 'carriers', 'stock', 'ratings', 'bundles'].map((name) =>
      http(`GET /v1/${name}/{id}`, 600),
    ),
  },
  'pgaudit-json': {
    repertoire: [
      sql('public.orders', 'SELECT id,total FROM orders WHERE id=$1', 1),
      sql('public.customers', 'SELECT name,email FROM customers WHERE id=$1', 1),
      sql('public.orders', "SELECT id,total FROM orders WHERE status='open' LIMIT 200", 60),
      sql('public.orders', 'UPDATE orders SET status=$1 WHERE id=$2', 1),
      sql(
        'public.orders,public.customers',
        'SELECT o.id,c.name FROM orders o JOIN customers c ON c.id=o.customer_id WHERE o.id=$1',
        4,
      ),
      sql('public.order_notes', 'INSERT INTO order_notes(order_id,note) VALUES ($1,$2)', 1),
    ],
    rare: [
      sql('public.invoices', 'SELECT id,total FROM invoices WHERE order_id=$1', 2),
      sql('public.order_notes', 'DELETE FROM order_notes WHERE id=$1', 1),
    ],
    upcoming: ['coupons', 'returns', 'carriers', 'stock', 'ratings', 'bundles'].map((name) =>
      sql(`public.${name}`, `SELECT * FROM ${name} WHERE order_id=$1`, 2),
    ),
  },
};

/** A benign principal's log: the same options, the same bytes. Every fourth seed takes up a new benign action now and then. */
export function principalHistory(options: HistoryOptions): PrincipalHistory {
  const { seed, days, kind, format } = options;
  const usesPerDay = 200 * 7.5 ** uniform(seeded(`quality ${seed} rate`), 0, 1);
  const schedule = SCHEDULES[kind];
  const runsPerDay = schedule.kind === 'cron' ? 1_440 / schedule.everyMinutes : usesPerDay / 8;
  const agent: SimulatedAgent = {
    seed: `quality ${seed} ${kind} ${format}`,
    groupSeed: `quality ${seed}`,
    identity: format === 'nginx-json' ? 'cred-order-agent' : 'order_agent',
    rate: 1,
    behaviour: {
      ...REPERTOIRE[format],
      schedule,
      runsPerDay,
      callsPerRun: usesPerDay / runsPerDay,
      newActionsPerDay: seed % 4 === 0 ? 0.1 : 0,
      network: '10.4',
      client: 'order-agent',
      daysPerDeployment: 10,
    },
  };
  const to = START + (days + 1) * DAY;
  const slot = format === 'nginx-json' ? 'gateway' : 'postgres';
  const uses = [...life(agent, START, to)];
  return { options, agent, principal: `order-agent-1/${slot}`, from: START, to, uses };
}

/** The same history with one attack on its last day. */
export function withAttack(history: PrincipalHistory, kind: AttackKind, seed: number): PrincipalHistory {
  const { agent, from, to, options } = history;
  const minute = kind.startsWith('night-') ? NIGHT_MINUTE : ATTACK_MINUTE[options.kind];
  const at = fromLocal(to - DAY + minute * MINUTE, ZONE);
  const place = deploymentAt(deployments(agent, from, to), at);
  const added = ATTACKS[kind]({ agent, place }, at, seeded(`attack ${seed} ${kind}`));
  const times = added.map((use) => use.time);
  const uses = [...history.uses, ...added].sort((a, b) => a.time - b.time);
  return { ...history, uses, attack: { kind, start: Math.min(...times), end: Math.max(...times) } };
}

/** Its log as the real server would have written it, line by line. */
export function historyLines(history: PrincipalHistory): string[] {
  const random = seeded(`${history.agent.seed}/log`);
  return renderLog(history.uses, history.options.format === 'nginx-json' ? nginxJson(random) : pgauditJson(random));
}

/** The registry that names this one credential, issued ten days before the history begins. */
export function historyRegistry(history: PrincipalHistory): string {
  const nginx = history.options.format === 'nginx-json';
  const entry: RegistryEntry = {
    id: nginx ? 'cred-order-agent' : 'cred-order-agent-pg',
    agent: 'order-agent-1',
    slot: nginx ? 'gateway' : 'postgres',
    kind: nginx ? 'api-key' : 'database-role',
    owner: 'team-orders@example.com',
    match: nginx ? { credential_id: history.agent.identity } : { db_user: history.agent.identity },
    issued_at: new Date(history.from - 10 * DAY).toISOString(),
  };
  return registryYaml('One simulated principal.', [entry]);
}
