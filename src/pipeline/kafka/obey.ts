import { randomUUID } from 'node:crypto';
import { verdictOfWord } from '../../alerts/verdict.ts';
import type { Drill } from '../../drills/config.ts';
import { orderDrills } from '../../drills/orders.ts';
import { CallError, UsageError } from '../../errors.ts';
import { decideApproval } from '../../response/approval.ts';
import type { ResponseContext } from '../../response/context.ts';
import { approve, assessOrder, dismiss, halt, placeOrder, resume } from '../../response/control.ts';
import { knownMisuse } from '../../response/goes-on.ts';
import { finalPlanFor, planFor } from '../../response/plan.ts';
import { orderRestore, restorablesOf } from '../../response/restore.ts';
import { planRotation } from '../../rotation/plan.ts';
import { orderRotation } from '../../rotation/rotations.ts';
import type { Store } from '../../sinks/store.ts';
import { saveClosing } from '../../sinks/store-alerts.ts';
import { type Answer, answerOf, saveAnswer } from './answers.ts';
import type { Word } from './control-message.ts';

/** A word of which the person has long been told that nobody took it, milliseconds. */
const LATE = 60_000;
/** Right whenever they come. */
const NEVER_LATE: ReadonlySet<Word['say']> = new Set(['halt', 'close']);

/** What a word is obeyed with. */
interface Obedience {
  readonly store: Store;
  readonly response: ResponseContext;
  /** As configured. */
  readonly drills: readonly Drill[];
}

/**
 * Does what a person said, once: in one transaction with its answer and with `done`, which notes how far the topic was read.
 * `saidAt`: when it was written, by Kafka's clock, milliseconds.
 */
export async function obey(word: Word, saidAt: number, context: Obedience, done: () => void): Promise<void> {
  const { store, response } = context;
  const act = answerOf(store, word.id) === undefined ? await prepare(word, saidAt, context) : undefined;
  store.transaction(() => {
    if (act !== undefined) saveAnswer(store, word.id, answered(act), response.now());
    done();
  });
}

/** Asks whoever must be asked before; returns the doing, which asks nobody. */
async function prepare(word: Word, saidAt: number, context: Obedience): Promise<() => Answer> {
  const { response } = context;
  const age = response.now() - saidAt;
  if (age > LATE && !NEVER_LATE.has(word.say))
    return () => ({ error: `it came ${Math.round(age / 1000)} s after it was said; say it again` });
  if (word.say === 'revoke') return prepareRevoke(word, response);
  return () => doing(word, saidAt, context);
}

function doing(word: Exclude<Word, { say: 'revoke' }>, saidAt: number, { store, response, drills }: Obedience): Answer {
  switch (word.say) {
    case 'halt':
      halt(word.by, response);
      return {};
    case 'resume':
      resume(word.by, response);
      return {};
    case 'approve':
      approve(word.alert, word.by, response);
      return { cause: word.alert };
    case 'decide':
      decideApproval(word.approval, word.decision, word.by, response);
      return { cause: word.approval.alert };
    case 'restore':
      return restoreAll(word.credentials, word.by, response);
    case 'rotate':
      return rotateAll(word.credentials, word.by, response);
    case 'drill':
      return { drills: orderDrills(word.kind, word.by, drills, store) };
    case 'close':
      close(word, saidAt, store, response);
      return {};
  }
}

async function prepareRevoke(
  { credentials: ids, final, by }: Word & { say: 'revoke' },
  response: ResponseContext,
): Promise<() => Answer> {
  const steps = (final ? finalPlanFor : planFor)(ids, response.plan);
  const { wanted, refused, alreadyDead } = await assessOrder(steps, response);
  return () => ({
    cause: placeOrder(wanted, by, response),
    refused: [
      ...refused.map(({ step, because }) => ({ credential: step.credential.id, because })),
      ...unknown(ids, response),
    ],
    alreadyDead: alreadyDead.map(({ credential }) => credential.id),
  });
}

function restoreAll(ids: readonly string[], by: string, response: ResponseContext): Answer {
  const restorables = restorablesOf(ids, response);
  const refused = restorables
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ step, because }) => ({ credential: step.credential.id, because }));
  return { cause: orderRestore(restorables, by, response), refused: [...refused, ...unknown(ids, response)] };
}

/** They are made, and gone on with, by whoever responds. */
function rotateAll(ids: readonly string[], by: string, response: ResponseContext): Answer {
  const { plan } = response;
  const credentials = [...new Set(ids)].flatMap((id) => plan.credentials.get(id) ?? []);
  const cause = `rotation-${randomUUID()}`;
  const rotations: string[] = [];
  const refused = unknown(ids, response);
  for (const each of credentials.map((credential) => planRotation(credential, response))) {
    if (each.blocked === undefined) rotations.push(orderRotation(each, cause, by, response));
    else refused.push({ credential: each.credential.id, because: each.blocked });
  }
  return { rotations, refused };
}

const unknown = (ids: readonly string[], { plan }: ResponseContext) =>
  ids
    .filter((id) => !plan.credentials.has(id))
    .map((credential) => ({ credential, because: "the responder's registry does not have it" }));

function close(
  { alert, verdict: word, because, by }: Word & { say: 'close' },
  saidAt: number,
  store: Store,
  response: ResponseContext,
): void {
  const verdict = verdictOfWord(word);
  saveClosing(store, { alert: alert.id, verdict, because, by, at: saidAt });
  knownMisuse(alert.id, store);
  if (verdict === 'benign') dismiss(alert.id, `closed as benign by ${by}`, response);
}

/** What a person asked for and can't have is an answer, too. */
function answered(act: () => Answer): Answer {
  try {
    return act();
  } catch (error) {
    if (error instanceof UsageError || error instanceof CallError) return { error: error.message };
    throw error;
  }
}
