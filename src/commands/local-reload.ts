import { setTimeout as sleep } from 'node:timers/promises';
import type { Rules } from '../config/rules.ts';
import { ServerUnavailableError, UsageError } from '../errors.ts';
import type { RulesInUse } from '../pipeline/rules-in-use.ts';
import type { Store } from '../sinks/store.ts';
import type { CommandIo } from './io.ts';

/** Settings in the store: what `wayward reload` asks of the service beside it, and what came of that. */
const ASKED = 'reload.asked';
const ANSWERED = 'reload.answered';

interface Asked {
  readonly id: string;
  readonly by: string;
  readonly hash: string;
}

interface Answered {
  readonly id: string;
  /** Why it was refused. */
  readonly error?: string;
}

/** A service that runs looks after each batch, and several times a second while none comes. */
const PATIENCE = 15_000;
const LOOK_EVERY = 50;

/** Between two batches: the rules to go on with, where SIGHUP or a person asked for others. */
export function reloadsOf(rules: RulesInUse, store: Store, io: CommandIo): () => Rules | undefined {
  let hangups = 0;
  io.onHangup?.(() => hangups++);
  return () => {
    const asked = store.setting(ASKED) as Asked | undefined;
    if (asked === undefined && hangups === 0) return undefined;
    hangups = 0;
    const before = rules.current;
    rules.reload(asked === undefined ? 'SIGHUP' : asked.by);
    if (asked !== undefined) answer(asked, rules, store);
    return rules.current === before ? undefined : rules.current;
  };
}

function answer({ id, hash }: Asked, { refused, current }: RulesInUse, store: Store): void {
  const other = current.hash === hash ? undefined : 'the service reads other files: give --credentials and --detectors';
  const error = refused ?? other;
  store.setSetting(ASKED, undefined);
  store.setSetting(ANSWERED, { id, ...(error !== undefined && { error }) } satisfies Answered);
}

/** Asks the service that works with this store. @throws UsageError for what it refuses; ServerUnavailableError where none runs */
export async function askForReload(asked: Asked, store: Store, { signal }: CommandIo): Promise<void> {
  store.setSetting(ASKED, asked);
  for (const end = Date.now() + PATIENCE; Date.now() < end && !signal.aborted; await sleep(LOOK_EVERY)) {
    const answered = store.setting(ANSWERED) as Answered | undefined;
    if (answered?.id !== asked.id) continue;
    if (answered.error !== undefined) throw new UsageError(answered.error);
    return;
  }
  store.setSetting(ASKED, undefined);
  signal.throwIfAborted();
  throw new ServerUnavailableError(
    `no wayward run took it within ${PATIENCE / 1000} s; none works with this state folder. One that starts reads the files anyway`,
  );
}
