import { cpSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize } from 'node:v8';
import { loadCheckpoint } from '../../src/pipeline/checkpoint.ts';
import type { SavedMerge } from '../../src/pipeline/merge.ts';
import { Store } from '../../src/sinks/store.ts';
import { isAboutSource } from '../../test/chaos/expected.ts';
import { NAMES } from '../../test/chaos/names.ts';
import { type RunningWayward, spawnWayward } from '../../test/live/wayward.ts';
import { type Learned, learnedIn } from '../../test/upgrade/kept/learned.ts';
import type { Build } from './build.ts';
import { decidedIn, numbersOf, type OutboxRow } from './compare.ts';

export const LOG = 'gateway.log';
export const PATIENCE = 120_000;

interface Way {
  readonly state: string;
  readonly mode: 'auto' | 'off';
}

/** A process of that build, on that state. */
export function started(folder: string, { bin, knowsIdentity }: Build, { state, mode }: Way): RunningWayward {
  const identity = knowsIdentity ? { identity: 'from-key-map' } : {};
  const settings = {
    state,
    fingerprint_key: 'secret://file/names',
    sources: [{ file: LOG, format: 'nginx-json', ...identity }],
    response: { mode, limits: { credentials: 1_000, peer_group_percent: 100 }, max_alert_age: '365d' },
    revokers: { webhook: { secret: 'secret://file/key' } },
  };
  const config = join(folder, `${state}.yaml`);
  writeFileSync(config, JSON.stringify(settings));
  return spawnWayward(config, {}, [], bin);
}

export const copyState = (folder: string, from: string, to: string): void =>
  cpSync(join(folder, from), join(folder, to), { recursive: true });

interface Found extends Learned {
  readonly steps: readonly OutboxRow[];
}

/** What is in a state, read from a copy: this version would migrate it. */
export function foundIn(folder: string, state: string): Found {
  const copy = `${state}-read`;
  copyState(folder, state, copy);
  const store = new Store(join(folder, copy));
  const { alerts, baselines } = learnedIn(store);
  const steps = decidedIn(store);
  store.close();
  // What is told of a log may depend on when it was read.
  return { alerts: alerts.filter((alert) => !isAboutSource(alert)), baselines, steps };
}

/** Until all is read, nothing is saved any more, and no step is open but those that wait for a person. */
export async function ended(folder: string, state: string, { lines, line }: RunningWayward): Promise<void> {
  await line(({ msg }) => msg === 'caught up', PATIENCE);
  let before = '';
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(3_000)) {
    const store = new Store(join(folder, state));
    const open = store.first("SELECT count(*) AS n FROM outbox WHERE done_at IS NULL AND state <> 'planned'")?.n;
    const now = JSON.stringify([store.first('SELECT at FROM checkpoints')?.at, open]);
    const isSaved = hasAll(store, statSync(join(folder, LOG)).size);
    store.close();
    if (now === before && open === 0 && isSaved) return;
    before = now;
  }
  const last = lines.slice(-20).map((line) => JSON.stringify(line));
  throw new Error(`still not over after ${PATIENCE / 1_000} s: ${before}\n${last.join('\n')}`);
}

/** Whether the last checkpoint is of the whole log; how often one is saved depends on the machine. */
function hasAll(store: Store, size: number): boolean {
  const bytes = store.loadCheckpoint('local');
  if (bytes === undefined) return false;
  const { lanes, pending }: SavedMerge = deserialize(bytes).merge;
  return lanes.every(({ position }) => position.offset === size) && pending.events.length === 0;
}

/** The rest of the log from what was left, read at once. */
export async function alone(folder: string, build: Build): Promise<Learned> {
  copyState(folder, 'left', 'alone');
  const running = started(folder, build, { state: 'alone', mode: 'off' });
  try {
    await ended(folder, 'alone', running);
    await running.stop();
  } finally {
    await running.kill();
  }
  return foundIn(folder, 'alone');
}

/** The baselines of what was left, as this version takes them over: before what waits there is read. */
export function takenOver(folder: string): Learned['baselines'] {
  copyState(folder, 'left', 'taken-over');
  const store = new Store(join(folder, 'taken-over'));
  const loading = { where: 'taken-over', key: NAMES.id, forgetNames: false, onMigrated: () => undefined };
  const checkpoint = loadCheckpoint(store, loading);
  store.close();
  if (checkpoint === undefined) throw new Error('there is no checkpoint in what was left');
  const { principals, groups } = checkpoint.core.engine.baselines;
  return numbersOf(
    new Map([
      ...principals.map(([name, , , state]) => [name, new Uint8Array(state)] as const),
      ...groups.map(([name, state]) => [`group ${name}`, new Uint8Array(state)] as const),
    ]),
  );
}
