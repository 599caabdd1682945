import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { alertDocument } from '../../src/alerts/document.ts';
import { SEVERITIES } from '../../src/detectors/finding.ts';
import { agent, DAY, HOUR, MONDAY, Watched } from '../baselines/watched.ts';

/** The alert as an ECS document: what Elasticsearch, Kibana and every script read. */

interface Document {
  readonly '@timestamp': string;
  readonly message: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly gen_ai?: unknown;
  readonly wayward: Readonly<Record<string, unknown>>;
}
const documentOf = (alert: Alert): Document => alertDocument(alert) as unknown as Document;

/** Alerts of agents that misbehave in every way that this small world has, known agents and unknown ones. */
const alerts = (): readonly Alert[] => {
  const watched = new Watched([
    agent('a', { scopes: ['GET /v1/orders/*'], peerGroup: 'group', expiresAt: MONDAY + 29 * DAY }),
  ]);
  const today = watched.weeks(4) + HOUR;
  watched.work(today + 10 * HOUR, { from: 0, to: 1, every: 1 }, {}, 'unknown');
  watched.burst(today + 12 * HOUR, 3_000, 50, {
    action: 'GET /v1/payments/{id}',
    sourceIp: '203.0.113.9',
    client: 'curl/8',
  });
  watched.burst(today + 2 * DAY, 500, 50, { result: 'denied', sourceIp: 'not an address' });
  return watched.alerts;
};

const made = alerts();

const keysOf = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
};

test('there is something to look at: known agents and unknown, several severities', () => {
  expect(new Set(made.map((alert) => alert.agent))).toEqual(new Set(['a', undefined]));
  expect(new Set(made.map(({ severity }) => severity)).size).toBeGreaterThan(1);
});

describe.each(made.map((alert) => [`${alert.principal} ${alert.severity}`, alert] as const))('%s', (_, alert) => {
  const document = documentOf(alert);

  test('has nested keys only, and nothing undefined', () => {
    for (const key of keysOf(document)) expect(key).toMatch(/^@?[a-z0-9_]+$/);
    expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document);
  });

  test('is an alert in the words of ECS', () => {
    expect(document.event).toMatchObject({
      kind: 'alert',
      type: ['info'],
      module: 'wayward',
      dataset: 'wayward.alert',
      id: alert.id,
      reason: alert.reason,
    });
    expect(document.event['category']).toContain('intrusion_detection');
    expect(document['@timestamp']).toBe(new Date(alert.openedAt).toISOString());
    expect(Number(document.event['risk_score'])).toBeLessThanOrEqual(100);
  });

  test('names an agent only if the credential is known', () => {
    expect(document.gen_ai).toEqual(
      alert.agent === undefined ? undefined : { agent: { id: alert.agent, name: alert.agent } },
    );
    expect(document.wayward['principal']).toBe(alert.principal);
    expect(JSON.stringify(document)).not.toContain('"agent":{"id":"unregistered');
  });

  test('shows addresses only where there are some', () => {
    for (const ip of alert.related.ip) expect(ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  test('gives each finding with its own severity and evidence', () => {
    for (const finding of document.wayward['findings'] as Record<string, unknown>[]) {
      expect([21, 47, 73, 99]).toContain(finding['severity']);
      expect((finding['evidence'] as string[]).length).toBeGreaterThan(0);
      expect(typeof finding['observed']).toBe('string');
      expect(finding['reason']).toMatch(/\S/);
    }
  });
});

test('severities are Elastic’s numbers', () => {
  const [alert] = made;
  if (alert === undefined) throw new Error('no alert');
  const numbers = SEVERITIES.map((severity) => documentOf({ ...alert, severity }).event['severity']);
  expect(numbers).toEqual([21, 47, 73, 99]);
});

test('how late the records came stands in the alert where it is as severe by them only', () => {
  const [alert] = made;
  if (alert === undefined) throw new Error('no alert');
  const lateMs = (of: Alert['lateMs']): unknown =>
    documentOf({ ...alert, severity: 'high', ...(of && { lateMs: of }) }).wayward['late_ms'];
  expect(lateMs({ high: 90_000, critical: 100_000 })).toBe(90_000);
  expect(lateMs({ critical: 100_000 })).toBeUndefined();
  expect(lateMs(undefined)).toBeUndefined();
});
