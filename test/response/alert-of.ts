import type { Alert } from '../../src/alerts/alert.ts';

/** A high alert on billing-agent-1's PostgreSQL role, opened at `openedAt`, with whatever the test changes. */
export function alertOf(changes: Partial<Alert> = {}): Alert {
  const openedAt = changes.openedAt ?? 1_800_000_000_000;
  const severity = changes.severity ?? 'high';
  return {
    id: 'alert-1',
    revision: 1,
    state: 'running',
    principal: 'billing-agent-1/postgres',
    agent: 'billing-agent-1',
    slot: 'postgres',
    peerGroup: 'billing-agent',
    credentials: ['cred-billing-pg'],
    attribution: { method: 'db_user', confidence: 1 },
    severity,
    severityHistory: [{ severity, at: openedAt, revision: 1 }],
    bits: 14.2,
    riskScore: 80,
    openedAt,
    start: openedAt,
    end: openedAt,
    title: 'billing-agent-1 did something new',
    reason: 'billing-agent-1 read public.payment_cards for the first time in 21 days; 14.2 bits',
    findings: [
      {
        detector: 'new-action',
        title: 'New action',
        threat: ['T1078.004'],
        severity,
        bits: 14.2,
        time: openedAt,
        reason: 'first SELECT public.payment_cards in 21 days',
        subject: 'SELECT public.payment_cards',
        observed: 1,
        expected: 0,
        evidence: ['event-1'],
      },
    ],
    findingsDropped: 0,
    related: { ip: ['10.4.0.9'], user: ['billing_agent_1'], actions: [], datasets: ['postgresql.audit'] },
    ...changes,
  };
}
