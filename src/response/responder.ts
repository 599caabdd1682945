import type { Alert } from '../alerts/alert.ts';
import { severityRank } from '../detectors/finding.ts';
import { MODES, type Mode } from './config.ts';
import { haltOf, type ResponseContext } from './context.ts';
import { type Decision, decide, isHigh, modeFor, offendedAt } from './guards.ts';
import { Limits, openBreaker } from './limits.ts';
import { notificationOf } from './notification.ts';
import { AUTOMATIC, stepKey } from './outbox.ts';
import { planFor } from './plan.ts';

/**
 * Decides what response makes of an alert: plan, guards, outbox, record. Call it whenever an alert is new or has
 * changed: it acts once per severity reached, so a replay or a restart does nothing again. Synchronous; calls nobody:
 * a `Worker` makes the steps. Run it in the transaction that saves the alert, so that neither is without the other.
 */
export function respondTo(alert: Alert, context: ResponseContext): readonly Decision[] {
  return context.state.transaction(() => {
    const { state, config, plan, audit } = context;
    const mode = modeFor(alert, config);
    if (!isNews(alert, mode, context) || mode === 'off') return [];
    const now = context.now();
    const situation = {
      config,
      now,
      halted: haltOf(state) !== undefined,
      limits: new Limits(state, config.limits, plan.credentials, now),
    };
    const breakerBefore = openBreaker(state);
    const steps = planFor(alert.credentials, plan).filter(
      ({ credential }) => !isUnderWay(alert, credential.id, context),
    );
    const decisions = steps.map((step) => decide(alert, step, mode, situation));
    for (const [position, decision] of decisions.entries()) enqueue(alert, decision, position, context);
    audit.append(
      {
        type: 'decided',
        by: AUTOMATIC,
        cause: alert.id,
        severity: alert.severity,
        mode,
        event_at: new Date(offendedAt(alert)).toISOString(),
        steps: decisions.map(({ step, outcome, because }) => ({
          credential: step.credential.id,
          would: step.describe,
          outcome,
          because,
        })),
      },
      now,
    );
    const breaker = openBreaker(state);
    if (breakerBefore === undefined && breaker !== undefined) {
      audit.append({ type: 'breaker-opened', by: AUTOMATIC, cause: alert.id, because: breaker.because }, now);
    }
    if (isHigh(alert) && config.webhook !== undefined) notify(alert, decisions, context);
    return decisions;
  });
}

/** New, or further than when it was decided about: more severe, a bolder mode, more credentials. Remembers it. */
function isNews(alert: Alert, mode: Mode, { state }: ResponseContext): boolean {
  const changed = state.run(
    `INSERT INTO decided (alert, severity, mode, credentials) VALUES (?, ?, ?, ?)
     ON CONFLICT (alert) DO UPDATE SET severity = max(severity, excluded.severity), mode = max(mode, excluded.mode),
       credentials = max(credentials, excluded.credentials)
     WHERE excluded.severity > severity OR excluded.mode > mode OR excluded.credentials > credentials`,
    alert.id,
    severityRank(alert.severity),
    MODES.indexOf(mode),
    alert.credentials.length,
  );
  return changed > 0;
}

/** Decided to be made, or made already, because of this alert. */
function isUnderWay(alert: Alert, credential: string, { outbox }: ResponseContext): boolean {
  const state = outbox.step(stepKey(alert.id, credential, 'revoke'))?.state;
  return state !== undefined && !['planned', 'failed', 'expired'].includes(state);
}

function enqueue(alert: Alert, { step, outcome }: Decision, position: number, context: ResponseContext): void {
  if (outcome !== 'auto' && outcome !== 'approve') return;
  const { credential, describe } = step;
  const now = context.now();
  context.outbox.add(
    {
      key: stepKey(alert.id, credential.id, 'revoke'),
      cause: alert.id,
      action: 'revoke',
      credential: credential.id,
      agent: credential.agent,
      peerGroup: credential.peerGroup,
      detail: describe,
      position,
      eventAt: offendedAt(alert),
      expiresAt: outcome === 'approve' ? now + context.config.approval_timeout : undefined,
      decidedBy: outcome === 'auto' ? AUTOMATIC : undefined,
    },
    now,
  );
}

function notify(alert: Alert, decisions: readonly Decision[], context: ResponseContext): void {
  const { outbox, now } = context;
  const key = stepKey(alert.id, alert.severity, 'notify'); // one per severity reached
  outbox.add(
    {
      key,
      cause: alert.id,
      action: 'notify',
      credential: '',
      agent: alert.agent ?? '',
      peerGroup: alert.peerGroup ?? '',
      detail: JSON.stringify(notificationOf(alert, decisions, key, now())),
      position: severityRank(alert.severity),
      eventAt: offendedAt(alert),
      expiresAt: undefined,
      decidedBy: AUTOMATIC,
    },
    now(),
  );
}
