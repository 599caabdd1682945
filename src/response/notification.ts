import type { Alert } from '../alerts/alert.ts';
import { type CloudEvent, cloudEvent } from '../webhook.ts';
import type { Decision } from './guards.ts';

/**
 * What the webhook is told of an alert and of what response makes of it. `dry_run` is true unless something is done or
 * waits for a person.
 */
export function notificationOf(alert: Alert, decisions: readonly Decision[], id: string, now: number): CloudEvent {
  const acts = decisions.some(({ outcome }) => outcome === 'auto' || outcome === 'approve');
  return cloudEvent('wayward.alert', {
    ...{ id, subject: alert.id, at: now },
    data: {
      dry_run: !acts,
      alert: {
        id: alert.id,
        severity: alert.severity,
        title: alert.title,
        reason: alert.reason,
        principal: alert.principal,
        agent: alert.agent,
        risk_score: alert.riskScore,
        opened_at: new Date(alert.openedAt).toISOString(),
        detectors: [...new Set(alert.findings.map(({ detector }) => detector))],
      },
      response: decisions.map(({ step, outcome, because }) => ({
        credential: step.credential.id,
        would: step.describe,
        decision: outcome,
        because,
      })),
    },
  });
}
