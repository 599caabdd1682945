import type { AuditTrail } from '../response/audit.ts';
import type { ResponseContext } from '../response/context.ts';
import { stepKey } from '../response/outbox.ts';
import { type CloudEvent, cloudEvent } from '../webhook.ts';
import type { DrillReport } from './drill.ts';

/** Puts a drill into the audit trail, and tells the webhook, where there is one: both or neither. */
export function recordDrill(
  report: DrillReport,
  by: string,
  response: ResponseContext,
  { notifies }: { readonly notifies: boolean },
): void {
  const { state, audit, config } = response;
  const { cause, kind, canary, passed, note, took, objective, steps } = report;
  const now = response.now();
  state.transaction(() => {
    const what = { cause, origin: 'drill', credential: canary, agent: 'wayward-canary', revoker: kind, note };
    const times = { took_ms: took, objective_ms: objective, steps_ms: steps };
    audit.append({ type: passed ? 'drill-passed' : 'drill-failed', by, ...what, ...times }, now);
    if (notifies && config.webhook !== undefined) notify(report, response, now);
  });
  audit.publishHead();
}

/** A drill as the audit trail has it; undefined where it is not on record. */
export function reportOf(cause: string, audit: AuditTrail): DrillReport | undefined {
  const entry = audit.ofCause(cause).find(({ type }) => type === 'drill-passed' || type === 'drill-failed');
  if (entry === undefined) return undefined;
  const { type, credential = '', revoker, note, took_ms: took, objective_ms: objective, steps_ms: steps } = entry;
  return {
    cause,
    kind: String(revoker),
    canary: credential,
    passed: type === 'drill-passed',
    note: String(note),
    took: took === undefined ? undefined : Number(took),
    objective: Number(objective),
    steps: steps as DrillReport['steps'],
  };
}

function notify(report: DrillReport, { outbox }: ResponseContext, now: number): void {
  const key = stepKey(report.cause, report.kind, 'notify');
  outbox.add(
    {
      key,
      cause: report.cause,
      origin: 'drill',
      action: 'notify',
      kind: 'notice',
      credential: '',
      agent: 'wayward-canary',
      peerGroup: 'wayward-canary',
      detail: JSON.stringify(notificationOf(report, key, now)),
      position: 0,
      eventAt: undefined,
      expiresAt: undefined,
      decidedBy: 'drill',
    },
    now,
  );
}

const notificationOf = (report: DrillReport, id: string, now: number): CloudEvent =>
  cloudEvent('wayward.drill', {
    ...{ id, subject: report.cause, at: now },
    data: {
      revoker: report.kind,
      passed: report.passed,
      note: report.note,
      took_ms: report.took,
      objective_ms: report.objective,
      steps_ms: report.steps,
    },
  });
