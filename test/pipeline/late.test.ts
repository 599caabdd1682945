import { beforeAll, expect, test } from 'vitest';
import type { Alert } from '../../src/alerts/alert.ts';
import { onKafka, ordinaryLines, scanned } from './both-ways.ts';

const MINUTE = 60_000;

let ordinary: readonly string[];

beforeAll(() => {
  ordinary = ordinaryLines();
});

/** The log with what it says last of a use, changed, and moved so many minutes back: it comes too late to be put in order. */
function withLate(minutes: number, change: (line: string) => string): string[] {
  const use = ordinary.findLast((line) => line.includes('"message":"AUDIT: ')) ?? '';
  const time = Date.parse(`${JSON.parse(use).timestamp.replace(' ', 'T').replace(' UTC', '')}Z`) - minutes * MINUTE;
  const stamp = `${new Date(time).toISOString().replace('T', ' ').slice(0, 23)} UTC`;
  return [...ordinary, change(JSON.stringify({ ...JSON.parse(use), timestamp: stamp }))];
}

const found = (alerts: readonly Alert[]): unknown[] =>
  alerts.map(({ agent, findings, start }) => [agent, findings.map(({ detector }) => detector).toSorted(), start]);

test.each([
  [
    'a new action',
    'new-action',
    (line: string) => line.replaceAll('public.invoices', 'public.payroll').replace('READ,SELECT', 'DDL,DROP TABLE'),
  ],
  [
    'a new network',
    'new-source',
    (line: string) => line.replace('10.4.1.7', '203.0.113.9').replace('billing/1', 'curl/8'),
  ],
] as const)(
  '%s in a record that comes hours late is found at its own time, here and on Kafka',
  async (_, detector, change) => {
    const lines = withLate(300, change);
    const alerts = await scanned(lines);
    expect(found(alerts)).toEqual([['billing', [detector], expect.any(Number)]]);
    const [alert] = alerts;
    expect(alert?.openedAt).toBe(alert?.start);
    expect(alert?.lateMs?.[alert.severity]).toBeGreaterThan(200 * MINUTE);
    expect(await onKafka(lines, 60_000)).toEqual(alerts);
  },
);

test('what it always does is nothing, however late', async () => {
  expect(await scanned(withLate(300, (line) => line))).toEqual([]);
  expect(await scanned(withLate(30_000, (line) => line))).toEqual([]);
});
