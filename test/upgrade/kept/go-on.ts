import { endLeftSteps } from '../../../src/drills/left-steps.ts';
import { drillOrders, endLostDrills } from '../../../src/drills/orders.ts';
import { decideApproval } from '../../../src/response/approval.ts';
import { approvalIn } from '../../../src/response/approval-link.ts';
import { respondTo } from '../../../src/response/responder.ts';
import { orderRestore, restorablesOf } from '../../../src/response/restore.ts';
import { makeRotations } from '../../../src/rotation/rotations.ts';
import { listAlerts } from '../../../src/sinks/store-alerts.ts';
import type { LeftSteps } from './leave-steps.ts';
import { type KeptPlace, LEFT_AT } from './place.ts';
import type { Calls } from './played-issuers.ts';

const MINUTE = 60_000;

/** What became of the steps that were left. */
export interface StepsOutcome {
  /** `credential action position`: how it ended. */
  readonly steps: Readonly<Record<string, string>>;
  /** What each credential's issuer was told since. */
  readonly calls: Readonly<Record<string, Calls>>;
  /** How each link ended: what it was that was decided, or why it could not be. */
  readonly links: Readonly<Record<string, string>>;
  /** Notifications that were taken, by type. */
  readonly told: Readonly<Record<string, number>>;
  /** Steps that were added when the same alerts came once more. */
  readonly twice: number;
  /** Drills that still wait to be held, by kind. */
  readonly drills: readonly string[];
  /** Problems of the audit trail. */
  readonly problems: readonly string[];
}

/** Goes on with the steps that another process left, with people deciding what waits, until nothing is open. */
export async function goOn(place: KeptPlace, left: LeftSteps): Promise<StepsOutcome> {
  const { response, issuers, store, told } = place;
  for (const id of left.dead) issuers.dead.add(id);
  let time = LEFT_AT + 2 * MINUTE; // nobody's lease lasts so long
  place.at(time);
  const before = stepsIn(place).length;
  for (const alert of listAlerts(store)) respondTo(alert, response);
  const twice = stepsIn(place).length - before;

  endLostDrills(response);
  const links = Object.entries(left.links).map(([alert, url]) => [alert, decideBy(url, place)] as const);
  await drain(place);
  orderRestore(restorablesOf(['verified', 'ladder'], response), 'ann', response);
  for (let round = 0; round < 12 && openIn(place) > 0; round++) {
    time += 10 * MINUTE; // longer than any pause
    place.at(time);
    endLeftSteps(time - MINUTE, response);
    await drain(place);
  }
  response.audit.publishHead();
  return {
    steps: Object.fromEntries(stepsIn(place)),
    calls: Object.fromEntries([...issuers.calls].sort(([a], [b]) => (a < b ? -1 : 1))),
    links: Object.fromEntries(links),
    told: Object.fromEntries([...Map.groupBy(told, ({ type }) => type)].map(([type, events]) => [type, events.length])),
    twice,
    drills: drillOrders(store).map(({ kind }) => kind),
    problems: response.audit.verify().problems,
  };
}

async function drain({ response, worker }: KeptPlace): Promise<void> {
  await makeRotations({ response, onStep: () => undefined });
  await worker().drain();
}

function decideBy(url: string, { response }: KeptPlace): string {
  const settings = response.config.approvals;
  const path = new URL(url).pathname.replace('/approve/', '');
  const approval = settings && approvalIn(path, settings);
  if (approval === undefined) return 'the link is not ours';
  try {
    decideApproval(approval, 'approve', 'ann', response);
    return 'approved';
  } catch (error) {
    return String(error);
  }
}

/** By names that stay the same however a version names its steps. */
const stepsIn = ({ store }: KeptPlace): [string, string][] =>
  store
    .all(
      "SELECT credential, action, position, cause, state FROM outbox WHERE action <> 'notify' ORDER BY credential, action, position, cause",
    )
    .map(({ credential, action, position, state }) => [`${credential} ${action} ${position}`, String(state)]);

const openIn = ({ store }: KeptPlace): number =>
  Number(store.first('SELECT count(*) AS steps FROM outbox WHERE done_at IS NULL')?.steps);
