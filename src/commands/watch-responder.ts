import { setTimeout as sleep } from 'node:timers/promises';
import type { DrillReport } from '../drills/drill.ts';
import { type DrillOrder, drillOrders } from '../drills/orders.ts';
import { reportOf } from '../drills/record.ts';
import { ServerUnavailableError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import type { CommandIo } from './io.ts';
import { isOver, rotationText } from './rotate-here.ts';

const POLL_MS = 100;
const MINUTE = 60_000;
/** For the next rotation to end, milliseconds: another process takes over after 10 s, and what the one before held is free after a minute. */
const ROTATION_PATIENCE = 2 * MINUTE;
/** For a drill to get further, beside its objective: its revocation is tried for four minutes, and clouds are slow to know a new key. */
const DRILL_PATIENCE = 10 * MINUTE;

/** Shows how rotations go that the responder makes; returns them as they ended, or as far as they came. @throws AbortError at Ctrl-C */
export async function watchRotations(
  keys: readonly string[],
  { outbox }: ResponseContext,
  io: CommandIo,
): Promise<OutboxStep[]> {
  const told = new Map<string, string>();
  const look = (): OutboxStep[] => {
    const steps = keys.flatMap((key) => outbox.step(key) ?? []);
    for (const step of steps) if (step.state !== 'approved') tellOnce(told, step.key, rotationText(step), io);
    return steps;
  };
  if (!(await hasEnded(() => look().filter(isOver).length, keys.length, ROTATION_PATIENCE, io)))
    io.stderr.write(`No more has ended within ${ROTATION_PATIENCE / MINUTE} min: ${GOES_ON}\n`);
  return look();
}

/** Waits for drills that the responder holds; returns what the record has of them. @throws AbortError at Ctrl-C; ServerUnavailableError */
export async function watchDrills(
  orders: readonly DrillOrder[],
  { state, audit }: ResponseContext,
  io: CommandIo,
): Promise<readonly DrillReport[]> {
  const told = new Map<string, string>();
  const reports = (): DrillReport[] => orders.flatMap(({ cause }) => reportOf(cause, audit) ?? []);
  /** Each gets further twice: it begins, and it is on record. */
  const look = (): number => {
    const begun = drillOrders(state).filter(({ cause, canary }) => canary !== undefined && isOurs(cause));
    for (const { cause, kind, canary } of begun) tellOnce(told, cause, `${kind}: began, with ${canary}`, io);
    const held = reports();
    for (const { cause, kind, passed } of held) tellOnce(told, cause, `${kind}: ${passed ? 'passed' : 'FAILED'}`, io);
    return 2 * held.length + begun.filter(({ cause }) => !held.some((report) => report.cause === cause)).length;
  };
  const isOurs = (id: string): boolean => orders.some(({ cause }) => cause === id);
  const patience = DRILL_PATIENCE + Math.max(0, ...orders.map(({ objective }) => objective));
  if (await hasEnded(look, 2 * orders.length, patience, io)) return reports();
  throw new ServerUnavailableError(
    `the responder has not ended its drills: nothing was heard of them for ${Math.round(patience / MINUTE)} min. ${GOES_ON}`,
  );
}

const GOES_ON = 'it goes on in the process that responds, whose log tells how it ends.';

/** Looks until all has ended; false where nothing gets further within so many milliseconds. */
async function hasEnded(look: () => number, all: number, patience: number, io: CommandIo): Promise<boolean> {
  let [before, since] = [0, Date.now()];
  for (;;) {
    const now = look();
    if (now === all) return true;
    if (now > before) [before, since] = [now, Date.now()];
    if (io.signal.aborted) {
      io.stderr.write(`Stopped watching: ${GOES_ON}\n`);
      io.signal.throwIfAborted();
    }
    if (Date.now() - since > patience) return false;
    await sleep(POLL_MS);
  }
}

function tellOnce(told: Map<string, string>, key: string, text: string, io: CommandIo): void {
  if (told.get(key) !== text) io.stderr.write(`${text}\n`);
  told.set(key, text);
}
