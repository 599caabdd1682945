import type { Alert } from '../alerts/alert.ts';
import { loadedAlert } from '../alerts/stored.ts';
import { severityRank } from '../detectors/finding.ts';
import { askedAgain } from './ask-again.ts';
import { pageBreaker } from './breaker-page.ts';
import { MODES, type Mode } from './config.ts';
import { haltOf, type ResponseContext } from './context.ts';
import { tellOfMisuse } from './goes-on.ts';
import { type Decision, decide, isGrave, isHigh, modeFor, offendedAt } from './guards.ts';
import { countHistory, HISTORY, isHistory } from './history.ts';
import { Limits, type OpenBreaker, openBreaker } from './limits.ts';
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
    const isOld = isHistory(alert, context); // of that, nobody is told one by one
    const isNew = isNews(isOld ? HISTORY + alert.id : alert.id, alert, modes, context);
    const ladders = laddersFor(alert.credentials, context.plan);
    const wanted = ladders
      .flatMap((ladder) => nextStep(alert, ladder, context) ?? [])
      .flatMap((step): WantedStep[] => {
        const isFurther = step.wentOn !== undefined && isNews(step.key, alert, modes, context);
        if (isFurther || isNew) return [step];
        return isOld || rank(modes.get(step.step.credential.id) ?? 'off') < rank('approve')
          ? []
          : askedAgain(step, context);
      });
    for (const ladder of ladders) {
      if (modes.get(ladder[0].credential.id) !== 'off') tellOfMisuse(alert, ladder, context);
    }
    if (mode === 'off' || (!isNew && wanted.length === 0)) return [];
    const breaker = openBreaker(context.state);
    const decisions = decideAll(alert, wanted, modes, context);
    const waitsUntil = context.now() + context.config.approval_timeout; // all that one alert wants at once, until the same time
    for (const [position, decision] of decisions.entries()) enqueue(alert, decision, position, waitsUntil, context);
    record(alert, mode, decisions, context);
    tellOfBreaker(alert, breaker, context);
    const isForPeople = isHigh(alert) || decisions.some(({ outcome }) => outcome === 'approve');
    if (isOld) countHistory(context);
    else if (isForPeople && context.config.webhook !== undefined) {
      const occasion = isNew ? alert.severity : occasionOf(decisions[0]);
      if (isNew || !isAboutToBeTold(alert, context)) notify(alert, decisions, occasion, context);
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

/** One notification per severity reached, one per further step, one each time that a person is asked again. */
const occasionOf = (first: Decision | undefined): string => {
  if (first === undefined) return '';
  const { key, again } = first.wanted;
  return again === undefined ? key : `${key} asked ${again.asked}`;
};

/** A notification of it that waits still says, once it goes out, what waits for a person by then. */
const isAboutToBeTold = ({ id }: Alert, { outbox }: ResponseContext): boolean =>
  outbox.ofCause(id).some(({ action, doneAt }) => action === 'notify' && doneAt === undefined);

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
      isGrave: outcome === 'auto' && isGrave(alert, context.config),
      asked: outcome === 'approve' ? (wanted.again?.asked ?? 1) : 0,
      knownUntil: wanted.usedAt,
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

/** Where this alert has opened it, or has opened it for grave alerts, too. */
function tellOfBreaker(alert: Alert, before: OpenBreaker | undefined, context: ResponseContext): void {
  const { state, config, audit, now } = context;
  const opened = openBreaker(state);
  if (opened === undefined || (before !== undefined && before.sparesGrave === opened.sparesGrave)) return;
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

/** Looks at the alerts of what ended without anything being done, once it is time to see whether misuse goes on. */
export function askAgainWhereDue(context: ResponseContext): void {
  const { state, outbox, now } = context;
  for (const { key, cause } of outbox.toLookAgain(now())) {
    state.transaction(() => {
      outbox.lookAgain(key);
      const row = state.first('SELECT document FROM alerts WHERE id = ?', cause);
      if (row !== undefined) respondTo(loadedAlert(JSON.parse(String(row.document))), context);
    });
  }
}
