import { earlierStepId, KIND, ORIGIN, plannedSentence, WAITS } from './earlier.ts';
import type { OutboxStep, StepState } from './outbox.ts';
import type { Row } from './state.ts';
import type { Origin, StepKind } from './step-kinds.ts';

/** Reads rows as `stepOf` takes them, also those that an earlier version wrote. */
export const STEPS = `SELECT *, ${KIND} AS kind_read, ${ORIGIN} AS origin_read, ${WAITS} AS waits_read FROM outbox`;

const optional = (value: Row[string] | undefined): number | undefined => (value === null ? undefined : Number(value));

export const stepOf = (row: Row): OutboxStep => ({
  key: String(row.key),
  cause: String(row.cause),
  action: row.action as OutboxStep['action'],
  kind: row.kind_read as StepKind,
  origin: row.origin_read as Origin,
  step: stepIdOf(row),
  spec: row.spec === null ? undefined : JSON.parse(String(row.spec)),
  credential: String(row.credential),
  agent: String(row.agent),
  peerGroup: String(row.peer_group),
  detail: String(row.detail),
  position: Number(row.position),
  state: row.state as StepState,
  decidedBy: row.decided_by === null ? undefined : String(row.decided_by),
  attempts: Number(row.attempts),
  dueAt: Number(row.due_at),
  expiresAt: optional(row.expires_at),
  note: row.note === null ? undefined : String(row.note),
  waits: row.waits_read === 1,
  eventAt: optional(row.event_at),
  alertAt: Number(row.alert_at),
  decidedAt: optional(row.decided_at),
  calledAt: optional(row.called_at),
  doneAt: optional(row.done_at),
  asked: Number(row.asked ?? 0),
  knownUntil: optional(row.known_until),
});

function stepIdOf({ step, action, credential, detail }: Row): string {
  if (step !== null) return String(step);
  if (action === 'notify') return '';
  return earlierStepId(String(credential), plannedSentence(String(action), String(detail)));
}
