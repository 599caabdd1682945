import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Store } from '../../src/sinks/store.ts';
import { undisturbed } from '../../test/chaos/expected.ts';
import { FINGERPRINT_KEY } from '../../test/chaos/names.ts';
import { type RunningWayward, spawnWayward } from '../../test/live/wayward.ts';
import { misuse } from '../../test/pipeline/misuse.ts';
import { type Issuer, startIssuer } from '../../test/servers/issuer.ts';
import { type Learned, learnedIn } from '../../test/upgrade/kept/learned.ts';
import type { Build } from './build.ts';
import {
  decidedIn,
  type Figures,
  learnedFrom,
  notTakenOver,
  type OutboxRow,
  stepsGone,
  stepsMade,
  unequal,
} from './compare.ts';
import type { RollingRun } from './rolling.ts';

const CHUNKS = 40;
const DAY = 86_400_000;
const PATIENCE = 120_000;
const LOG = 'gateway.log';

/**
 * A process follows a log that grows, and is killed in the middle; the other build goes on with what it left. What it comes to is what it
 * comes to from a copy of that, with nobody in its way.
 */
export async function followed(
  older: Build,
  newer: Build,
  { folder }: Pick<RollingRun, 'folder'>,
  say: (text: string) => void,
): Promise<Figures> {
  mkdirSync(folder, { recursive: true });
  const issuer = await startIssuer();
  try {
    const lines = prepare(folder, issuer);
    await grow(folder, older, lines.slice(0, lines.length / 2), async (running) => {
      await running.line(({ msg }) => msg === 'caught up', PATIENCE);
      await running.kill();
    });
    copyState(folder, 'state', 'left');
    say(`killed after ${Math.floor(lines.length / 2)} of ${lines.length} lines; ${newer.commit} goes on`);
    await grow(folder, newer, lines.slice(lines.length / 2), (running) => ended(folder, 'state', running));
    const calls = [...issuer.calls]; // copies of what was left make the steps that are open there, too
    const left = await foundIn(folder, 'left');
    const here = await foundIn(folder, 'state');
    const found = [
      ...notTakenOver(left, await withNothingToRead(folder, newer), older.adds),
      ...unequal(await alone(folder, newer), here),
      ...stepsGone(left.steps, here.steps),
    ];
    if (older.judgesAsHere)
      found.push(
        ...unequal(learnedFrom(await undisturbed([[join(folder, LOG), 'nginx-json']], registryOf(folder))), here),
      );
    return {
      alerts: here.alerts.length,
      baselines: Object.keys(here.baselines).length,
      ...stepsMade(here.steps, calls, here.steps.length),
      differences: found,
    };
  } finally {
    await issuer.stop();
  }
}

const registryOf = (folder: string): string => join(folder, 'credentials.yaml');

/** Agents whose credentials are revoked at the issuer, and an empty log. Gives the lines that it will have. */
function prepare(folder: string, { url }: Issuer): readonly string[] {
  const { logs, registry } = misuse(Math.floor(Date.now() / DAY) * DAY - 21 * DAY);
  const revoke = `    revoke: { with: webhook, url: "${url}/revoke", verify_url: "${url}/verify" }\n`;
  writeFileSync(registryOf(folder), registry.replace(/^ {4}revoke:\n(?: {6}.*\n)+/gm, revoke));
  writeFileSync(join(folder, LOG), '');
  writeFileSync(join(folder, 'key'), 'the key of this run, which nobody else has', { mode: 0o600 });
  writeFileSync(join(folder, 'names'), FINGERPRINT_KEY, { mode: 0o600 });
  return logs.gateway;
}

interface Way {
  readonly state: string;
  readonly mode: 'auto' | 'off';
  readonly file?: string;
  readonly follow?: false;
}

/** A process of that build, on that state. */
function started(
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

/** The log grows, piece by piece, while the process reads it. */
async function grow(
  folder: string,
  build: Build,
  lines: readonly string[],
  until: (running: RunningWayward) => Promise<void>,
): Promise<void> {
  const size = Math.ceil((2 * lines.length) / CHUNKS);
  const running = started(folder, build, { state: 'state', mode: 'auto' });
  try {
    for (let from = 0; from < lines.length; from += size) {
      const some = lines.slice(from, from + size).map((line) => `${line}\n`);
      appendFileSync(join(folder, LOG), some.join(''));
      await sleep(200);
    }
    await until(running);
    await running.stop();
  } finally {
    await running.kill();
  }
}

/** The rest of the log from what was left, read at once. */
async function alone(folder: string, build: Build): Promise<Learned> {
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
async function withNothingToRead(folder: string, build: Build): Promise<Learned> {
  copyState(folder, 'left', 'taken-over');
  writeFileSync(join(folder, 'empty.log'), '');
  const running = started(folder, build, { state: 'taken-over', mode: 'off', file: 'empty.log', follow: false });
  const code = await running.ended;
  if (code !== 0)
    throw new Error(`it ended with ${code}:\n${running.lines.map((line) => JSON.stringify(line)).join('\n')}`);
  return foundIn(folder, 'taken-over');
}

const copyState = (folder: string, from: string, to: string): void =>
  cpSync(join(folder, from), join(folder, to), { recursive: true });

interface Found extends Learned {
  readonly steps: readonly OutboxRow[];
}

/** What is in a state, read from a copy: this version would migrate it. */
async function foundIn(folder: string, state: string): Promise<Found> {
  const copy = `${state}-read`;
  copyState(folder, state, copy);
  const store = new Store(join(folder, copy));
  const { alerts, baselines } = learnedIn(store);
  const steps = decidedIn(store);
  store.close();
  // A process alone tells of networks, too, and of logs; nothing else makes those.
  return { alerts: alerts.filter(({ principal }) => !principal.startsWith('source/')), baselines, steps };
}

/** Until nothing is read or saved any more, and no step is open but those that wait for a person. */
async function ended(folder: string, state: string, { lines }: RunningWayward): Promise<void> {
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
