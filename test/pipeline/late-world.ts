import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry, type Registry } from '../../src/attribution/registry.ts';
import { type CredentialUse, NOTHING_ELSE } from '../../src/event.ts';
import { Core } from '../../src/pipeline/core.ts';
import { inOrder, PendingUse } from '../../src/pipeline/ordered.ts';
import { PROOF } from '../../src/proof.ts';
import { integer, seeded } from '../../src/simulate/random.ts';
import { agent, DAY, HOUR, MINUTE, MONDAY } from '../baselines/watched.ts';
import { shippedDetectors } from '../quality/measure.ts';

export interface World {
  readonly sources: readonly string[];
  /** Of each source, in order. */
  readonly events: readonly (readonly PendingUse[])[];
  readonly end: number;
  readonly registry: Registry;
}

/** Three sources, two agents in each. */

export const SOURCES = ['gateway/0', 'gateway/1', 'gateway/2'];
export const DAYS = 12;
export const END = MONDAY + DAYS * DAY;
const names = SOURCES.flatMap((_, at) => [`agent-${at}a`, `agent-${at}b`]);
/** Without what looks across agents: that depends on when another one's records came, and its stream is ingest's to make. */
const detectors = shippedDetectors().filter(({ kind }) => kind.trigger !== 'sighted');
const registry = createRegistry(names.map((name) => agent(name)));

export const useOf = (name: string, time: number, fields: Partial<CredentialUse> = {}): CredentialUse => ({
  ...NOTHING_ELSE,
  time,
  format: 'test',
  dataset: 'test.access',
  action: 'GET /v1/orders/{id}',
  result: 'success',
  proof: PROOF.keyMap,
  identities: [{ key: 'credential_id', value: name }],
  sourceIp: '10.4.1.7',
  client: 'agent/1.0',
  bytes: 500,
  ...fields,
});

/** What the agents of one source do, in order: work by day, and now and then what is not theirs to do. Times are whole seconds. */
function eventsOf(source: number): PendingUse[] {
  const random = seeded(`late ${source}`);
  const uses: CredentialUse[] = [];
  for (const name of [`agent-${source}a`, `agent-${source}b`])
    for (let day = 0; day < DAYS; day++) {
      const morning = MONDAY + day * DAY + 9 * HOUR;
      for (let count = 0; count < 25; count++) uses.push(useOf(name, morning + 1_000 * integer(random, 0, 8 * 3_600)));
      if (day < 7 || (day + source) % 2 === 0) continue;
      const at = morning + integer(random, 0, 6) * HOUR;
      for (let count = 0; count < 400; count++) uses.push(useOf(name, at + 1_000 * Math.floor(count / 40)));
      uses.push(useOf(name, at + HOUR, { action: 'DROP TABLE public.orders' }));
      uses.push(useOf(name, at + 1.5 * HOUR, { sourceIp: '203.0.113.9', client: 'curl/8' }));
      for (let count = 0; count < 90; count++) uses.push(useOf(name, morning - 8 * HOUR + count * 2 * MINUTE));
    }
  return pending(source, uses);
}

export const pending = (source: number, uses: readonly CredentialUse[]): PendingUse[] =>
  uses
    .map((use, at) => PendingUse.of(use, use.time, false, `event-${source}-${String(at * 7919).padStart(12, '0')}`))
    .sort(inOrder);

export const EVENTS = SOURCES.map((_, source) => eventsOf(source));

export const WORLD: World = { sources: SOURCES, events: EVENTS, end: END, registry };

export const coreOf = (alerts: Map<string, Alert>, of: Registry = registry): Core =>
  new Core(of, detectors, (alert) => alerts.set(alert.id, alert));

/** What does not depend on when the records came. */
export const shown = (alerts: ReadonlyMap<string, Alert>): unknown[] =>
  [...alerts.values()]
    .map(({ revision, lateMs, severityHistory, findings, ...rest }) => ({
      ...rest,
      severityHistory: severityHistory.map(({ severity, at }) => ({ severity, at })),
      findings: findings.map(({ lateMs: late, ...finding }) => finding),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
