import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '../../../src/alerts/alert.ts';
import { bareCredential } from '../../../src/attribution/credential.ts';
import { orderDrills } from '../../../src/drills/orders.ts';
import { CallError } from '../../../src/errors.ts';
import { NotYet } from '../../../src/response/action.ts';
import { decideApproval, waitingApprovals } from '../../../src/response/approval.ts';
import { linkTo } from '../../../src/response/approval-link.ts';
import { halt, orderSteps, placeOrder, resume } from '../../../src/response/control.ts';
import { planFor } from '../../../src/response/plan.ts';
import { respondTo } from '../../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../../src/response/restore.ts';
import { planRotation } from '../../../src/rotation/plan.ts';
import { makeRotations, orderRotation } from '../../../src/rotation/rotations.ts';
import { saveAlert } from '../../../src/sinks/store-alerts.ts';
import { alertOf } from '../../response/alert-of.ts';
import { CASES, type Case, type Left } from './cases.ts';
import { type KeptPlace, LEFT_AT } from './place.ts';
import { never } from './played-issuers.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What is left, for whoever goes on. */
export interface LeftSteps {
  /** Links to decide by, by alert. */
  readonly links: Readonly<Record<string, string>>;
  /** Credentials that are dead at their issuers. */
  readonly dead: readonly string[];
}

/** Of a misuse that was just seen. */
export const alertAbout = ({ id }: Case, at: number, changes: Partial<Alert> = {}): Alert =>
  alertOf({
    id: `alert-${id}`,
    principal: `agent-${id}/api`,
    agent: `agent-${id}`,
    slot: 'api',
    peerGroup: 'kept',
    credentials: [id],
    attribution: { method: 'credential_id', confidence: 1 },
    openedAt: at,
    ...changes,
  });

/** Leaves the steps of all cases as a process does that is killed: this one must be, since some calls never end. */
export async function leaveSteps(place: KeptPlace): Promise<LeftSteps> {
  const { response, store, issuers } = place;
  const leaving = new Leaving(place);
  place.at(LEFT_AT - DAY);
  halt('ann', response);
  resume('ann', response);
  // Of long ago first: time must not run backwards for what reads the store in order.
  const early: readonly Left[] = [
    'expired',
    'used after the last step',
    'on the second step',
    'verified',
    'restore ordered',
    'before the restore',
    'restored',
  ];
  for (const one of CASES.toSorted((a, b) => Number(early.includes(b.left)) - Number(early.includes(a.left))))
    await leaving.leave(one);
  leaveDrills(place);
  leaveBreaker(place);
  response.audit.publishHead();
  const settings = response.config.approvals;
  if (settings === undefined) throw new Error('no approvals are configured');
  const links = waitingApprovals(response, 1_000).map((approval) => [approval.alert, linkTo(approval, settings)]);
  // Nobody shall learn the name of the machine that this was made on.
  store.run("UPDATE outbox SET owner = 'another-host:1:00000000-0000-4000-8000-000000000000' WHERE owner IS NOT NULL");
  return { links: Object.fromEntries(links), dead: [...issuers.dead] };
}

class Leaving {
  readonly #place: KeptPlace;

  constructor(place: KeptPlace) {
    this.#place = place;
  }

  async leave(one: Case): Promise<void> {
    const { response, issuers } = this.#place;
    const { id } = one;
    const instead = (what: 'revoke' | 'restore' | 'verify', call: () => Promise<void>) =>
      issuers.instead.set(id, { [what]: call });
    this.#place.at(LEFT_AT);
    switch (one.left) {
      case 'waiting for approval':
      case 'approved':
        return this.#misuse(one);
      case 'before the effect':
        instead('revoke', never);
        this.#misuse(one);
        return this.#workUntil(one, 'calling');
      case 'after the effect':
        instead('revoke', () => {
          issuers.dead.add(id);
          return never();
        });
        this.#misuse(one);
        return this.#workUntil(one, 'calling');
      case 'before the read-back':
        instead('verify', never);
        this.#misuse(one);
        return this.#workUntil(one, 'called');
      case 'to be tried again':
        instead('revoke', async () => {
          throw new CallError('the played issuer is down', true);
        });
        this.#misuse(one);
        return this.#work(one);
      case 'waiting for its issuer':
        instead('revoke', async () => {
          throw new NotYet(MINUTE, 'the played issuer needs time');
        });
        this.#misuse(one);
        return this.#work(one);
      case 'half made':
        issuers.instead.set(id, {
          async revoke({ notes }) {
            await notes?.keep('first', 'done');
            await never();
          },
        });
        this.#misuse(one);
        return this.#workUntil(one, 'calling');
      case 'verified':
        return this.#revoked(one);
      case 'restore ordered':
        await this.#revoked(one);
        this.#restore(one);
        return;
      case 'before the restore': {
        await this.#revoked(one);
        const cause = this.#restore(one);
        instead('restore', never);
        this.#place.worker({ cause }).wake();
        return until(() => response.outbox.ofCause(cause)[0]?.state === 'calling');
      }
      case 'restored': {
        await this.#revoked(one);
        const cause = this.#restore(one);
        return this.#place.worker({ cause }).drain();
      }
      case 'failed':
        instead('revoke', async () => {
          throw new CallError('the played issuer does not know it', false);
        });
        this.#misuse(one);
        return this.#work(one);
      case 'expired':
        this.#place.at(LEFT_AT - 31 * DAY);
        this.#misuse(one);
        this.#place.at(LEFT_AT);
        return this.#work(one);
      case 'refused': {
        this.#misuse(one);
        const [approval] = waitingApprovals(response, 1, `alert-${id}`);
        if (approval === undefined) throw new Error(`nothing waits for ${id}`);
        return decideApproval(approval, 'refuse', 'ann', response);
      }
      case 'ordered by hand':
        await orderSteps(planFor([id], response.plan), 'ann', response);
        return;
      case 'on the second step':
        await this.#revoked(one);
        return this.#usedOn(one);
      case 'used after the last step':
        await this.#revoked(one);
        return this.#usedOn(one);
      case 'behind the breaker':
        return; // once everything else is left
      case 'rotation ordered':
        this.#order(one);
        return;
      case 'rotation waiting': {
        issuers.rotation.set(id, async (notes) => {
          await notes.keep('first', 'done');
          throw new NotYet(MINUTE, 'readers still use the old one');
        });
        const key = this.#order(one);
        return makeRotations({ response, onStep: () => undefined }, key);
      }
    }
  }

  #misuse(one: Case, at = this.#place.response.now()): void {
    const alert = alertAbout(one, at);
    saveAlert(this.#place.store, alert);
    respondTo(alert, this.#place.response);
  }

  /** An hour before. */
  async #revoked(one: Case): Promise<void> {
    this.#place.at(LEFT_AT - 60 * MINUTE);
    this.#misuse(one);
    await this.#work(one);
    this.#place.at(LEFT_AT);
  }

  #usedOn(one: Case): void {
    const alert = alertAbout(one, LEFT_AT - 60 * MINUTE, {
      revision: 2,
      end: LEFT_AT,
      lastEvidence: { [one.id]: LEFT_AT },
    });
    saveAlert(this.#place.store, alert);
    respondTo(alert, this.#place.response);
  }

  #restore({ id }: Case): string {
    return orderRestore(restorablesOf([id], this.#place.response), 'ann', this.#place.response);
  }

  #order({ id }: Case): string {
    const { response } = this.#place;
    const credential = response.plan.credentials.get(id);
    if (credential === undefined) throw new Error(`${id} is not in the registry`);
    return orderRotation(planRotation(credential, response), `rotation-of-${id}`, 'ann', response);
  }

  /** Makes what is due of its alert's steps; not its notification. */
  async #work({ id }: Case): Promise<void> {
    const cause = `alert-${id}`;
    await this.#place.worker({ cause }).drain();
  }

  async #workUntil({ id }: Case, state: string): Promise<void> {
    const cause = `alert-${id}`;
    this.#place.worker({ cause }).wake();
    await until(() =>
      this.#place.response.outbox.ofCause(cause).some((step) => step.action === 'revoke' && step.state === state),
    );
  }
}

/** One ordered drill that waits, one in the middle, and the step of a scheduled one whose process ended long ago. */
function leaveDrills({ response, store }: KeptPlace): void {
  const configured = [
    { with: 'postgres', objective: MINUTE },
    { with: 'vault', objective: MINUTE },
  ];
  const orders = orderDrills(undefined, 'ann', configured, store);
  const canary = 'wayward_canary_mi9o8xs0_0badcafe';
  store.setSetting(
    'drills.ordered',
    orders.map((order) => (order.kind === 'postgres' ? { ...order, canary } : order)),
  );
  const stepOf = (id: string, cause: string): void => {
    const revoke = { with: 'postgres', role: id };
    const credential = bareCredential({ id, agent: 'wayward-canary', kind: 'database-role', slot: 'postgres', revoke });
    const plan = { ...response.plan, credentials: new Map([[id, credential]]) };
    placeOrder(planFor([id], plan), 'ann', { ...response, plan }, cause, 'drill');
  };
  for (const { cause, kind } of orders) if (kind === 'postgres') stepOf(canary, cause);
  stepOf('wayward_canary_mi9o8xs0_0badbeef', 'drill-00000000-0000-4000-8000-000000000001');
}

/** An alert too many for the limits: the breaker is open, and its page waits for the webhook. */
function leaveBreaker({ response, store }: KeptPlace): void {
  const one = CASES.find(({ left }) => left === 'behind the breaker');
  if (one === undefined) throw new Error('no case is left for the breaker');
  const limited = {
    ...response,
    config: { ...response.config, limits: { ...response.config.limits, credentials: 1 } },
  };
  const alert = alertAbout(one, LEFT_AT);
  saveAlert(store, alert);
  respondTo(alert, limited);
}

/** Kept short: the circuits end a call that hangs for long. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isSo(); await sleep(5))
    if (Date.now() > end) throw new Error('a step did not come to where it was to be left');
}
