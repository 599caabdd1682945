import type { Alert } from '../alerts/alert.ts';
import { severityRank } from '../detectors/finding.ts';
import { cloudEvent } from '../webhook.ts';
import type { ResponseContext } from './context.ts';
import { AUTOMATIC, type OutboxStep, stepKey } from './outbox.ts';
import type { Ladder, PlanStep } from './plan.ts';
import type { ResponseState } from './state.ts';
import { isStep } from './step-identity.ts';

const TYPE = 'wayward.misuse-goes-on';
const PREFIX = 'response.goes-on.';

/** Misuse of a credential in spite of everything that its `revoke:` has. */
interface GoesOn {
  readonly alert: string;
  /** Which of its last step's ends it was told after: key and time. */
  readonly step: string;
  readonly doneAt: number;
  /** A person has closed the alert, and so knows. */
  readonly isKnown: boolean;
}

/**
 * Tells a person, once, where an alert has evidence that is later than the last step of a credential's list was made: there is nothing left
 * that Wayward could do by itself. Told in the record, by the webhook and in health. Part of the transaction that runs.
 */
export function tellOfMisuse(alert: Alert, ladder: Ladder, context: ResponseContext): void {
  const { state, config, audit, now } = context;
  const { id, agent } = ladder[0].credential;
  const made = madeOf(ladder, context);
  const last = made.at(-1);
  const usedAt = alert.lastEvidence?.[id] ?? alert.end;
  const end = ladder.at(-1) ?? ladder[0];
  if (last?.doneAt === undefined || !isStep(last, end, context.plan)) return;
  if (usedAt <= last.doneAt + config.escalate_after) return;
  const before = goesOnOf(id, state);
  if (before?.step === last.key && before.doneAt === last.doneAt) return;
  const found: GoesOn = { alert: alert.id, step: last.key, doneAt: last.doneAt, isKnown: false };
  state.setSetting(PREFIX + id, found);
  const used = { event_at: iso(usedAt), because: becauseOf(usedAt, last.doneAt) };
  const done = made.map(({ detail, state: end, doneAt = 0, note, decidedBy }) => {
    return { what: detail, state: end, at: iso(doneAt), by: decidedBy, proof: note };
  });
  const about = { by: AUTOMATIC, cause: alert.id, origin: 'alert', credential: id, agent };
  audit.append({ type: 'misuse-goes-on', ...about, ...used, done }, now());
  if (config.webhook === undefined) return;
  const byHand = byHandOf(alert, ladder, context);
  const data = { credential: id, agent, ...used, done, by_hand: byHand, text: [used.because, ...byHand].join('\n') };
  notify(alert, ladder[0].credential, stepKey(alert.id, id, 'goes-on', last.doneAt), data, context);
}

/** How many credentials are misused in spite of everything, and no person has closed the alert or restored them. */
export const misusedStill = ({ state, outbox }: ResponseContext): number =>
  toldOf(state).filter((id) => {
    const found = goesOnOf(id, state);
    return found?.isKnown === false && Number(outbox.restores(id)[0]?.doneAt ?? 0) <= found.doneAt;
  }).length;

/** A person has closed this alert: what goes on is known. */
export function knownMisuse(alert: string, state: ResponseState): void {
  for (const id of toldOf(state)) {
    const found = goesOnOf(id, state);
    if (found?.alert === alert) state.setSetting(PREFIX + id, { ...found, isKnown: true });
  }
}

/** Ids of credentials. */
const toldOf = (state: ResponseState): string[] =>
  state
    .all(`SELECT name FROM settings WHERE name LIKE '${PREFIX}%'`)
    .map(({ name }) => String(name).slice(PREFIX.length));

const goesOnOf = (id: string, state: ResponseState): GoesOn | undefined =>
  state.setting(PREFIX + id) as GoesOn | undefined;

/** Of each step that the list has, the last time that it came through and was not undone since; in the list's order. */
function madeOf(ladder: Ladder, { outbox, plan }: ResponseContext): OutboxStep[] {
  const { id } = ladder[0].credential;
  const restoredAt = outbox.restores(id)[0]?.doneAt ?? 0;
  const ends = outbox
    .revocations(id)
    .filter(({ state, doneAt = 0 }) => (state === 'verified' || state === 'called') && doneAt > restoredAt);
  return ladder.flatMap((step) => ends.find((end) => isStep(end, step, plan)) ?? []);
}

const iso = (time: number): string => new Date(time).toISOString();

const becauseOf = (usedAt: number, doneAt: number): string =>
  `it was used at ${iso(usedAt)}, ${Math.round((usedAt - doneAt) / 1_000)} s after the last step of its revoke: was made; none is left`;

/** What a person can do, a sentence each. */
function byHandOf(alert: Alert, ladder: Ladder, { plan }: ResponseContext): string[] {
  const { id, agent, parent } = ladder[0].credential;
  const holdsMore = [...plan.credentials.values()].some((other) => other.agent === agent && other.id !== id);
  const from = alert.related.ip.join(', ');
  return [
    ...new Set(ladder.map((step) => cannotStop(step, plan.revokers))),
    ...(parent === undefined
      ? []
      : [`Revoke what it was issued from: wayward revoke --credential ${parent} --final --execute`]),
    ...(holdsMore ? [`Revoke all that the agent holds: wayward revoke --agent ${agent} --final --execute`] : []),
    `Stop the agent itself${from === '' ? '' : `, or block where it calls from (${from})`}.`,
    `Check in the registry that match: of ${id} means this credential alone, and revoke: the same one.`,
    `wayward alerts close ${alert.id} says that a person knows.`,
  ];
}

const cannotStop = ({ spec, describe }: PlanStep, revokers: ResponseContext['plan']['revokers']): string =>
  `What "${describe}" cannot stop: ${revokers.get(spec?.with ?? '')?.cannotStop ?? 'unknown'}.`;

function notify(
  alert: Alert,
  { agent, peerGroup }: PlanStep['credential'],
  key: string,
  data: object,
  { outbox, now }: ResponseContext,
): void {
  const about = { credential: '', agent, peerGroup, eventAt: alert.end, expiresAt: undefined };
  const position = severityRank(alert.severity);
  const detail = JSON.stringify(cloudEvent(TYPE, { id: key, subject: alert.id, at: now(), data }));
  const what = { key, cause: alert.id, origin: 'alert', action: 'notify', kind: 'notice' } as const;
  outbox.add({ ...what, ...about, detail, position, decidedBy: AUTOMATIC }, now());
}
