import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import type { Credential } from '../../src/attribution/credential.ts';
import { type Activity, FIRST_SEEN } from '../../src/baselines/activity.ts';
import { healthDocuments } from '../../src/documents/health.ts';
import { observedDocument } from '../../src/documents/observed.ts';
import type { OutgoingDocument } from '../../src/documents/outgoing.ts';
import { responseDocuments } from '../../src/documents/response.ts';
import { PROOF } from '../../src/proof.ts';
import type { AuditEvent, RecordedEntry } from '../../src/response/audit.ts';
import type { OutboxStep } from '../../src/response/outbox.ts';
import { timesOf } from '../../src/response/record.ts';
import { agent } from '../baselines/watched.ts';
import { alertOf } from '../response/alert-of.ts';

/** A little of everything that Wayward writes, made by the functions that write it: enough that no panel stays empty. */
export interface Indexed {
  /** A data stream or an index. */
  readonly target: string;
  readonly id: string;
  readonly document: Readonly<Record<string, unknown>>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SECOND = 1000;

const billing = (now: number, fields: Partial<Credential> = {}): Credential =>
  agent('billing-agent-1', {
    id: 'cred-billing-pg',
    kind: 'database-role',
    peerGroup: 'billing-agent',
    slot: 'postgres',
    owner: 'team-billing@example.com',
    issuedAt: now - 120 * DAY,
    rotateEvery: 90 * DAY,
    scopes: ['GET /v1/orders/*', 'DELETE *'],
    revoke: { with: 'postgres', role: 'billing_agent_1' },
    ...fields,
  });

const TARGETS: Readonly<Record<OutgoingDocument['stream'], string>> = {
  activity: 'metrics-wayward.activity-default',
  inventory: 'logs-wayward.inventory-default',
  response: 'logs-wayward.response-default',
  health: 'logs-wayward.health-default',
};

/** @param now wall clock, milliseconds since the epoch: some panels look at what expires soon */
export const seed = (now: number): Indexed[] => [
  ...alerts(now),
  ...[...observed(now).map(observedDocument), ...responses(now), ...health(now)].map(({ stream, id, document }) => ({
    target: TARGETS[stream],
    id,
    document,
  })),
];

function alerts(now: number): Indexed[] {
  const given = { by: 'ann', at: now, because: 'new release' };
  const changes: readonly Partial<Alert>[] = [
    { severity: 'low' },
    { severity: 'medium', state: 'over', verdict: { value: 'confirmed', ...given } },
    { severity: 'high', state: 'over' },
    { severity: 'critical' },
    { severity: 'high', state: 'over', verdict: { value: 'benign', ...given } },
  ];
  return changes.flatMap((change, index) => {
    const alert = alertOf({ id: `alert-${index}`, openedAt: now - (index + 1) * HOUR, ...change });
    const document = index === 0 ? asEarlierVersions(alertDocument(alert)) : alertDocument(alert);
    return [
      { target: 'wayward-alerts-latest', id: alert.id, document },
      { target: 'logs-wayward.alert-default', id: `${alert.id}-${index}`, document },
    ];
  });
}

/** Those knew neither verdicts nor how an incident stands. */
function asEarlierVersions({ wayward, ...document }: Record<string, unknown>): Record<string, unknown> {
  const { incident: _incident, verdict: _verdict, ...before } = wayward as Record<string, unknown>;
  return { ...document, wayward: before };
}

function observed(now: number): Activity[] {
  const credential = billing(now);
  const who = { principal: 'billing-agent-1/postgres', credential };
  const hours = Array.from(
    { length: 48 },
    (_, index): Activity => ({
      ...who,
      kind: 'hour',
      start: now - (index + 1) * HOUR,
      hourOfWeek: (index * 5) % 168,
      requests: 40 + index,
      bytes: 90_000,
      rows: 10,
      denied: index % 7,
      errors: index % 5,
      expected: 42,
      expectedLow: 20,
      expectedHigh: 90,
      baselineAgeDays: 12,
    }),
  );
  const firstSeen = FIRST_SEEN.map(
    (what): Activity => ({
      ...who,
      kind: 'first-seen',
      time: now - 2 * HOUR,
      what,
      value: { action: 'SELECT public.payment_cards', network: '10.4.0.0/24', client: 'psql' }[what],
      event: `event-${what}`,
      action: 'SELECT public.payment_cards',
      succeeded: true,
      proof: PROOF.keyMap,
      sourceIp: '10.4.0.9',
      client: 'psql',
    }),
  );
  const states = [
    { credential, lastUse: now - HOUR, scopesUnused: ['DELETE *'], shared: true },
    { credential: billing(now, { id: 'cred-old', expiresAt: now - DAY }), lastUse: now - 2 * DAY },
    { credential: billing(now, { id: 'cred-soon', kind: 'api-key', expiresAt: now + 3 * DAY }), lastUse: undefined },
  ].map(
    (state): Activity => ({
      kind: 'credential',
      because: 'day',
      at: now - HOUR,
      scopesUnused: undefined,
      shared: false,
      ...state,
    }),
  );
  return [...hours, ...firstSeen, ...states];
}

/** What the audit trail says of one credential: asked for, approved, dead; a dry run, a drill, a failure. */
function responses(now: number): OutgoingDocument[] {
  const step: OutboxStep = {
    key: 'key',
    cause: 'alert-2',
    action: 'revoke',
    kind: 'revoke',
    origin: 'alert',
    step: 'step',
    spec: { with: 'postgres', role: 'billing_agent_1' },
    credential: 'cred-billing-pg',
    agent: 'billing-agent-1',
    peerGroup: 'billing-agent',
    detail: 'NOLOGIN for billing_agent_1, sessions ended',
    position: 0,
    state: 'verified',
    decidedBy: 'ann',
    attempts: 1,
    dueAt: now,
    expiresAt: now + HOUR,
    note: 'NOLOGIN is set',
    waits: false,
    eventAt: now - 60 * SECOND,
    alertAt: now - 55 * SECOND,
    decidedAt: now - 30 * SECOND,
    calledAt: now - 29 * SECOND,
    doneAt: now - 28 * SECOND,
    asked: 1,
    knownUntil: now - 60 * SECOND,
  };
  const decided = (outcome: string) => ({
    type: 'decided' as const,
    mode: outcome,
    event_at: new Date(now - 60 * SECOND).toISOString(),
    steps: [{ credential: step.credential, would: step.detail, outcome }],
  });
  const ended = (type: 'verified' | 'failed', note: string) => {
    const { credential, agent, detail, attempts } = step;
    return { type, credential, agent, action: detail, note, attempts, times: timesOf(step) };
  };
  const events: (Omit<AuditEvent, 'by'> & Pick<AuditEvent, 'type' | 'cause'>)[] = [
    { cause: 'alert-2', ...decided('approve') },
    { cause: 'alert-2', type: 'approved', credentials: [step.credential] },
    { cause: 'alert-2', ...ended('verified', 'NOLOGIN is set') },
    { cause: 'alert-3', ...decided('dry-run') },
    { cause: 'alert-1', ...ended('failed', 'PostgreSQL does not answer') },
    { cause: 'drill-1', ...ended('verified', 'NOLOGIN is set') },
    {
      ...{ cause: 'drill-1', type: 'drill-passed', credential: 'wayward-canary-1', agent: 'wayward-canary' },
      ...{ revoker: 'postgres', note: 'the login was refused', took_ms: 800, objective_ms: 10_000 },
    },
  ];
  return events.flatMap((event, index) => {
    const place = { seq: index + 1, prev: '0', hash: '1' };
    const entry: RecordedEntry = { ...place, at: new Date(now).toISOString(), by: 'ann', ...event };
    return responseDocuments(entry, { steps: [step], credentialOf: () => billing(now) });
  });
}

const METRICS: readonly string[] = [
  'lag',
  'records',
  'events',
  'alerts',
  'dead_letters',
  'ignored',
  'suppressed',
  'held_back',
  'principals',
  'state_bytes',
  'config_stale',
  'restore_seconds',
  'watermark_delay_seconds',
  'breaker_open',
];

const health = (now: number): OutgoingDocument[] =>
  healthDocuments(
    METRICS.map((metric) => ({ metric, value: 3, reason: 'malformed', topic: 'gateway-logs', partition: 0 })),
    { process: 'host-1:4242', version: '0.1.0', time: now },
  );
