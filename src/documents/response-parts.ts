import type { AuditEntry } from '../response/audit.ts';
import { deedInWords } from '../response/earlier.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { StepTimes } from '../response/record.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What one document is about: an entry of the audit trail, or what it says of one credential. */
export interface Part {
  readonly state: string;
  readonly action?: string | undefined;
  readonly credential?: string | undefined;
  readonly agent?: string | undefined;
  readonly detail?: string | undefined;
  /** Where the registry does not say it. */
  readonly revoker?: string | undefined;
  /** Event ids. */
  readonly evidence?: readonly string[];
  readonly reason?: string | undefined;
  readonly mode?: string | undefined;
  readonly decidedBy?: string | undefined;
  readonly attempts?: number | undefined;
  readonly dryRun?: boolean;
  readonly seconds?: Fields;
}

/** Reads an entry, one part for each credential; `steps` are those of its cause. An entry is data: nothing in it is taken on trust. */
export const partsOf = (entry: AuditEntry, steps: readonly OutboxStep[]): readonly Part[] => {
  switch (entry.type) {
    case 'decided':
      return decidedParts(entry);
    case 'approved':
    case 'refused':
      return answeredParts(entry, steps);
    case 'breaker-opened':
      return [{ state: 'open', reason: textOf(entry['because']) }];
    case 'history':
      return [{ state: 'read', reason: textOf(entry['because']) }];
    case 'misuse-goes-on':
      return [goesOnPart(entry)];
    case 'halted':
      return [{ state: 'halted', decidedBy: entry.by }];
    case 'resumed':
      return [{ state: 'running', decidedBy: entry.by }];
    case 'drill-passed':
    case 'drill-failed':
      return [drillPart(entry)];
    default:
      return [endedPart(entry, steps)];
  }
};

/** What becomes of a step of the plan, by what the guards said. */
const STATES: ReadonlyMap<string, string> = new Map([
  ['auto', 'approved'],
  ['approve', 'waiting'],
  ['dry-run', 'dry-run'],
  ['refused', 'refused'],
]);

const decidedParts = (entry: AuditEntry): readonly Part[] => {
  const mode = textOf(entry['mode']);
  const eventAt = timeOf(entry['event_at']);
  const seconds = { seconds_to_detect: between(eventAt, timeOf(entry.at)) };
  const evidence = listOf(entry['evidence']);
  const steps = recordsOf(entry['steps']);
  if (steps.length === 0)
    return [{ state: 'nothing', action: 'revoke', mode, seconds, evidence, reason: 'the plan has no step to make' }];
  return steps.map((step) => {
    const outcome = textOf(step['outcome']) ?? '';
    return {
      state: STATES.get(outcome) ?? outcome,
      action: 'revoke',
      credential: textOf(step['credential']),
      detail: textOf(step['would']),
      revoker: textOf(step['with']),
      reason: textOf(step['because']),
      mode: outcome === 'refused' ? mode : outcome,
      decidedBy: outcome === 'auto' ? entry.by : undefined,
      dryRun: outcome === 'dry-run',
      seconds,
      evidence,
    };
  });
};

/** What a person said to what waited. */
const answeredParts = (entry: AuditEntry, steps: readonly OutboxStep[]): readonly Part[] =>
  listOf(entry['credentials']).map((credential) => {
    const step = steps.findLast(
      (other) => other.credential === credential && other.action === 'revoke' && other.decidedBy === entry.by,
    );
    return {
      state: entry.type,
      action: 'revoke',
      credential,
      agent: step?.agent,
      detail: step?.detail,
      reason: entry['via'] === 'link' ? `${entry.type} by a signed link` : undefined,
      mode: 'approve',
      decidedBy: entry.by,
      seconds: { seconds_to_decide: between(step?.alertAt, step?.decidedAt) },
    };
  });

const goesOnPart = (entry: AuditEntry): Part => ({
  state: 'goes-on',
  credential: entry.credential,
  agent: textOf(entry['agent']),
  reason: textOf(entry['because']),
  seconds: { seconds_to_detect: between(timeOf(entry['event_at']), timeOf(entry.at)) },
});

const drillPart = (entry: AuditEntry): Part => {
  const took = entry['took_ms'];
  return {
    state: entry.type === 'drill-passed' ? 'passed' : 'failed',
    action: 'drill',
    credential: entry.credential,
    agent: textOf(entry['agent']),
    revoker: textOf(entry['revoker']),
    reason: textOf(entry['note']),
    decidedBy: entry.by,
    seconds: { seconds_total: typeof took === 'number' ? took / 1_000 : undefined },
  };
};

const ACTIONS: readonly OutboxStep['action'][] = ['revoke', 'restore', 'rotate', 'notify'];

const endedPart = (entry: AuditEntry, steps: readonly OutboxStep[]): Part => {
  const what = textOf(entry['action']) ?? '';
  const action = ACTIONS.find((known) => known === entry['did']) ?? deedInWords(what);
  const step = steps.findLast(entry['key'] === undefined ? isInWords(entry, what) : ({ key }) => key === entry['key']);
  return {
    state: entry.type,
    action,
    credential: entry.credential,
    agent: textOf(entry['agent']),
    detail: what,
    revoker: textOf(entry['with']),
    reason: textOf(entry['note']),
    mode: step && action === 'revoke' ? modeOf(step) : undefined,
    decidedBy: entry.by,
    attempts: typeof entry['attempts'] === 'number' ? entry['attempts'] : undefined,
    seconds: secondsOf(entry.type, recordsOf([entry['times']])[0]),
  };
};

/** Whether an entry that has no key is about that step. */
const isInWords = (entry: AuditEntry, what: string) => (step: OutboxStep) => {
  const action = deedInWords(what);
  const isSaidSo = action === 'notify' || step.detail === what;
  return step.action === action && step.credential === (entry.credential ?? '') && isSaidSo;
};

/** Only what waits for a person has an end of waiting; what a person ordered has no mode. */
const modeOf = ({ expiresAt, decidedBy }: OutboxStep): string | undefined =>
  expiresAt !== undefined ? 'approve' : decidedBy === 'automatic' ? 'auto' : undefined;

const secondsOf = (
  type: AuditEntry['type'],
  times: Readonly<Partial<Record<keyof StepTimes, unknown>>> | undefined,
): Fields => {
  if (times === undefined) return {};
  const [event, alert, decided, called, done] = [times.event, times.alert, times.decided, times.called, times.done].map(
    timeOf,
  );
  return {
    seconds_to_detect: between(event, alert),
    seconds_to_decide: between(alert, decided),
    seconds_to_call: between(decided, called),
    seconds_to_verify: type === 'verified' ? between(called, done) : undefined,
    seconds_total: between(event ?? alert, done),
  };
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** RFC 3339 to milliseconds since the epoch. */
export const timeOf = (value: unknown): number | undefined => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

const between = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined ? undefined : (to - from) / 1_000;

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

const recordsOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
