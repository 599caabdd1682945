import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '../../src/sinks/store.ts';
import { isAboutSource } from '../../test/chaos/expected.ts';
import { type RunningWayward, spawnWayward } from '../../test/live/wayward.ts';
import { type Learned, learnedIn } from '../../test/upgrade/kept/learned.ts';
import type { Build } from './build.ts';
import { decidedIn, type OutboxRow } from './compare.ts';

export const LOG = 'gateway.log';
export const PATIENCE = 120_000;

interface Way {
  readonly state: string;
  readonly mode: 'auto' | 'off';
  readonly file?: string;
  readonly follow?: false;
}

/** A process of that build, on that state. */
export function started(
  folder: string,
  { bin, knowsIdentity }: Build,
  { state, mode, file = LOG, ...follow }: Way,
): RunningWayward {
  const identity = knowsIdentity ? { identity: 'from-key-map' } : {};
  const settings = {
    state,
    fingerprint_key: 'secret://file/names',
    sources: [{ file, format: 'nginx-json', ...follow, ...identity }],
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
    store.close();
    if (now === before && open === 0) return;
    before = now;
  }
  const last = lines.slice(-20).map((line) => JSON.stringify(line));
  throw new Error(`still not over after ${PATIENCE / 1_000} s: ${before}\n${last.join('\n')}`);
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

/** What the build makes of what was left, and of nothing else. */
export async function withNothingToRead(folder: string, build: Build): Promise<Learned> {
  copyState(folder, 'left', 'taken-over');
  writeFileSync(join(folder, 'empty.log'), '');
  const running = started(folder, build, { state: 'taken-over', mode: 'off', file: 'empty.log', follow: false });
  const code = await running.ended;
  if (code !== 0)
    throw new Error(`it ended with ${code}:\n${running.lines.map((line) => JSON.stringify(line)).join('\n')}`);
  return foundIn(folder, 'taken-over');
}
