import type { DrillReport } from '../drills/drill.ts';
import { type DrillOrder, drillOrders } from '../drills/orders.ts';
import { reportOf } from '../drills/record.ts';
import { ServerUnavailableError } from '../errors.ts';
import type { ResponseContext } from '../response/context.ts';
import type { OutboxStep } from '../response/outbox.ts';
import { areOver, progressOf, stepsOf } from './carry-out.ts';
import type { CommandIo } from './io.ts';
import { isOver, rotationText } from './rotate-here.ts';
import { untilOver, type Watch } from './until-over.ts';

const MINUTE = 60_000;
/**
 * For steps to get further, milliseconds: a step is tried again after a minute at most, and a call and its read-back last up to a minute, as
 * does the hold on it of a process that has died.
 */
const STEPS_PATIENCE = 3 * MINUTE;
/** Failed attempts that count as getting further: a rotation that is half made has no last one. */
const MOST_ATTEMPTS = 10;
/** For the next rotation to end, milliseconds: another process takes over after 10 s, and what the one before held is free after a minute. */
const ROTATION_PATIENCE = 2 * MINUTE;
/** For a drill to get further, beside its objective: its revocation is tried for four minutes, and clouds are slow to know a new key. */
const DRILL_PATIENCE = 10 * MINUTE;

/**
 * Shows how the steps of an alert or order go that the responder makes; returns them as they ended, or as far as they came. `how` to look
 * later, a sentence. @throws AbortError at Ctrl-C
 */
export async function watchSteps(
  cause: string,
  how: string,
  response: ResponseContext,
  watch: Watch,
): Promise<OutboxStep[]> {
  const told = new Map<string, string>();
  const look = () => {
    const steps = stepsOf(cause, response);
    for (const step of steps) if (step.state !== 'approved') tellOnce(told, step.key, progressOf(step), watch.io);
    return { isOver: areOver(steps), progress: steps.map(heardOf).join() };
  };
  const why = await untilOver(look, STEPS_PATIENCE, ` ${how}`, watch);
  if (why !== undefined) watch.io.stderr.write(`Not watched to its end: ${why}\n`);
  return stepsOf(cause, response);
}

const heardOf = ({ state, attempts, waits }: OutboxStep): string =>
  `${state} ${waits ? attempts : Math.min(attempts, MOST_ATTEMPTS)}`;

/** Shows how rotations go that the responder makes; returns them as they ended, or as far as they came. @throws AbortError at Ctrl-C */
export async function watchRotations(
  keys: readonly string[],
  { outbox }: ResponseContext,
  watch: Watch,
): Promise<OutboxStep[]> {
  const told = new Map<string, string>();
  const steps = (): OutboxStep[] => keys.flatMap((key) => outbox.step(key) ?? []);
  const look = () => {
    for (const step of steps()) if (step.state !== 'approved') tellOnce(told, step.key, rotationText(step), watch.io);
    const ended = steps().filter(isOver).length;
    return { isOver: ended === keys.length, progress: ended };
  };
  const why = await untilOver(look, ROTATION_PATIENCE, ' The same call again watches on.', watch);
  if (why !== undefined) watch.io.stderr.write(`Not watched to its end: ${why}\n`);
  return steps();
}

/** Waits for drills that the responder holds; returns what the record has of them. @throws AbortError at Ctrl-C; ServerUnavailableError */
export async function watchDrills(
  orders: readonly DrillOrder[],
  { state, audit }: ResponseContext,
  watch: Watch,
): Promise<readonly DrillReport[]> {
  const told = new Map<string, string>();
  const reports = (): DrillReport[] => orders.flatMap(({ cause }) => reportOf(cause, audit) ?? []);
  const isOurs = (id: string): boolean => orders.some(({ cause }) => cause === id);
  /** Each gets further twice: it begins, and it is on record. */
  const look = () => {
    const begun = drillOrders(state).filter(({ cause, canary }) => canary !== undefined && isOurs(cause));
    for (const { cause, kind, canary } of begun) tellOnce(told, cause, `${kind}: began, with ${canary}`, watch.io);
    const held = reports();
    for (const { cause, kind, passed } of held)
      tellOnce(told, cause, `${kind}: ${passed ? 'passed' : 'FAILED'}`, watch.io);
    const goOn = begun.filter(({ cause }) => !held.some((report) => report.cause === cause));
    return { isOver: held.length === orders.length, progress: 2 * held.length + goOn.length };
  };
  const patience = DRILL_PATIENCE + Math.max(0, ...orders.map(({ objective }) => objective));
  const why = await untilOver(look, patience, '', watch);
  if (why === undefined) return reports();
  throw new ServerUnavailableError(`the responder has not ended its drills: ${why}`);
}

function tellOnce(told: Map<string, string>, key: string, text: string, io: CommandIo): void {
  if (told.get(key) !== text) io.stderr.write(`${text}\n`);
  told.set(key, text);
}
