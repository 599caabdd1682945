import type { Alert } from '../alerts/alert.ts';
import { severityRank } from '../detectors/finding.ts';
import { pageBreaker } from './breaker-page.ts';
import { MODES, type Mode } from './config.ts';
import { haltOf, type ResponseContext } from './context.ts';
import { tellOfMisuse } from './goes-on.ts';
import { type Decision, decide, isHigh, modeFor, offendedAt } from './guards.ts';
import { Limits, openBreaker } from './limits.ts';
import { nextStep, type WantedStep } from './next-step.ts';
import { notificationOf } from './notification.ts';
import { AUTOMATIC, stepKey } from './outbox.ts';
import { laddersFor, type PlanStep } from './plan.ts';
import { identityOf } from './step-identity.ts';

/** Event ids in one entry of the record; an alert may have many more. */
const MOST_EVIDENCE = 20;

/**
 * Decides what response makes of an alert: plan, guards, outbox, record. Call it whenever an alert is new or has
 * changed: it acts once per severity reached and once for each further step, so a replay or a restart does nothing again.
 * Synchronous; calls nobody: a `Worker` makes the steps. Run it in the transaction that saves the alert, so that neither is
 * without the other.
 */
export function respondTo(alert: Alert, context: ResponseContext): readonly Decision[] {
  return context.state.transaction(() => {
    if (isDecidedByPerson(alert, context)) return [];
    const modes = modesOf(alert, context);
    const mode = boldest([...modes.values()]);
    const isNew = isNews(alert.id, alert, modes, context);
    const ladders = laddersFor(alert.credentials, context.plan);
    const wanted = ladders
      .flatMap((ladder) => nextStep(alert, ladder, context) ?? [])
      .filter(({ key, wentOn }) => (wentOn !== undefined && isNews(key, alert, modes, context)) || isNew);
    for (const ladder of ladders) {
      if (modes.get(ladder[0].credential.id) !== 'off') tellOfMisuse(alert, ladder, context);
    }
    if (mode === 'off' || (!isNew && wanted.length === 0)) return [];
    const breaker = openBreaker(context.state);
    const decisions = decideAll(alert, wanted, modes, context);
    const waitsUntil = context.now() + context.config.approval_timeout; // all that one alert wants at once, until the same time
    for (const [position, decision] of decisions.entries()) enqueue(alert, decision, position, waitsUntil, context);
    record(alert, mode, decisions, context);
    if (breaker === undefined) tellOfBreaker(alert, context);
    const isForPeople = isHigh(alert) || decisions.some(({ outcome }) => outcome === 'approve');
    if (isForPeople && context.config.webhook !== undefined) {
      const occasion = isNew ? alert.severity : (decisions[0]?.wanted.key ?? '');
      notify(alert, decisions, occasion, context); // one per severity reached, one per further step
    }
    return decisions;
  });
}

/**
 * A verdict is no evidence: the revision that brings it changes nothing, and what is benign is left alone, also where the verdict overtook what
 * it is about. What was confirmed before response came to it is acted on as any other.
 */
const isDecidedByPerson = ({ id, verdict }: Alert, { state }: ResponseContext): boolean =>
  verdict !== undefined ||
  state.first('SELECT verdict FROM closings WHERE alert = ? ORDER BY seq DESC LIMIT 1', id)?.verdict === 'benign';

/** By credential; under an empty name where the alert has none. */
function modesOf(alert: Alert, { config }: ResponseContext): ReadonlyMap<string, Mode> {
  if (alert.credentials.length === 0) return new Map([['', modeFor(alert, config)]]);
  return new Map(alert.credentials.map((id) => [id, modeFor(alert, config, id)]));
}

const rank = (mode: Mode): number => MODES.indexOf(mode);
const boldest = (modes: readonly Mode[]): Mode => modes.reduce((a, b) => (rank(b) > rank(a) ? b : a), 'off');

/** New, or further than when it was decided about: more severe, bolder modes, more credentials. Remembers it under that name. */
function isNews(
  name: string,
  { severity, credentials }: Alert,
  modes: ReadonlyMap<string, Mode>,
  { state }: ResponseContext,
): boolean {
  const changed = state.run(
    `INSERT INTO decided (alert, severity, mode, credentials) VALUES (?, ?, ?, ?)
     ON CONFLICT (alert) DO UPDATE SET severity = max(severity, excluded.severity), mode = max(mode, excluded.mode),
       credentials = max(credentials, excluded.credentials)
     WHERE excluded.severity > severity OR excluded.mode > mode OR excluded.credentials > credentials`,
    name,
    severityRank(severity),
    [...modes.values()].reduce((sum, mode) => sum + rank(mode), 0),
    credentials.length,
  );
  return changed > 0;
}

function decideAll(
  alert: Alert,
  wanted: readonly WantedStep[],
  modes: ReadonlyMap<string, Mode>,
  context: ResponseContext,
): readonly Decision[] {
  const { state, config, plan } = context;
  const now = context.now();
  const limits = new Limits(state, config.limits, plan.credentials, now);
  const situation = { config, now, halted: haltOf(state) !== undefined, limits };
  return wanted.flatMap((one) => {
    const mode = modes.get(one.step.credential.id) ?? 'off';
    return mode === 'off' ? [] : [decide(alert, one, mode, situation)];
  });
}

function enqueue(
  alert: Alert,
  { wanted, step, outcome }: Decision,
  position: number,
  waitsUntil: number,
  context: ResponseContext,
): void {
  if (outcome !== 'auto' && outcome !== 'approve') return;
  const { credential, describe } = step;
  context.outbox.add(
    {
      key: wanted.key,
      cause: alert.id,
      origin: 'alert',
      action: 'revoke',
      ...identityOf(step, context),
      credential: credential.id,
      agent: credential.agent,
      peerGroup: credential.peerGroup,
      detail: describe,
      position,
      eventAt: wanted.eventAt,
      expiresAt: outcome === 'approve' ? waitsUntil : undefined,
      decidedBy: outcome === 'auto' ? AUTOMATIC : undefined,
      seenAt: seenInUse(alert, step, context),
    },
    context.now(),
  );
}

/**
 * Event time of a use that shows that the issuer knows what the step names: the alert is about this credential alone, was attributed by that very
 * name, and the registry has no other one of it.
 */
function seenInUse(alert: Alert, { credential, spec }: PlanStep, { plan }: ResponseContext): number | undefined {
  const known = spec && plan.revokers.get(spec.with)?.knownAs?.(spec);
  if (known === undefined || alert.credentials.length !== 1) return undefined;
  const { method, confidence } = alert.attribution;
  const names = credential.match[known.key] ?? [];
  if (method !== known.key || confidence < 1 || names.length !== 1 || names[0] !== known.value) return undefined;
  return alert.lastEvidence?.[credential.id];
}

function record(alert: Alert, mode: Mode, decisions: readonly Decision[], { audit, now }: ResponseContext): void {
  audit.append(
    {
      type: 'decided',
      by: AUTOMATIC,
      cause: alert.id,
      origin: 'alert',
      agent: alert.agent,
      severity: alert.severity,
      mode,
      event_at: new Date(decisions[0]?.wanted.eventAt ?? offendedAt(alert)).toISOString(),
      evidence: [...new Set(alert.findings.flatMap(({ evidence }) => evidence))].slice(0, MOST_EVIDENCE),
      steps: decisions.map(({ step, outcome, because }) => ({
        credential: step.credential.id,
        would: step.describe,
        with: step.spec?.with,
        outcome,
        because,
      })),
    },
    now(),
  );
}

/** Where this alert has opened it. */
function tellOfBreaker(alert: Alert, context: ResponseContext): void {
  const { state, config, audit, now } = context;
  const opened = openBreaker(state);
  if (opened === undefined) return;
  if (config.webhook !== undefined) pageBreaker(alert.id, opened, context);
  const about = { by: AUTOMATIC, cause: alert.id, origin: 'alert' };
  audit.append({ type: 'breaker-opened', ...about, because: opened.because }, now());
}

function notify(alert: Alert, decisions: readonly Decision[], occasion: string, context: ResponseContext): void {
  const { outbox, now } = context;
  const key = stepKey(alert.id, occasion, 'notify');
  outbox.add(
    {
      key,
      cause: alert.id,
      origin: 'alert',
      action: 'notify',
      kind: 'notice',
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
