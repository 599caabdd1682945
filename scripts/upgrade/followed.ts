import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAboutSource, undisturbed } from '../../test/chaos/expected.ts';
import { FINGERPRINT_KEY } from '../../test/chaos/names.ts';
import type { RunningWayward } from '../../test/live/wayward.ts';
import { misuse } from '../../test/pipeline/misuse.ts';
import { type Issuer, startIssuer } from '../../test/servers/issuer.ts';
import type { Learned } from '../../test/upgrade/kept/learned.ts';
import type { Build } from './build.ts';
import { type Figures, forgotten, learnedFrom, notTakenOver, stepsGone, stepsMade, unequal } from './compare.ts';
import { alone, copyState, ended, foundIn, LOG, PATIENCE, started, takenOver } from './on-copies.ts';
import type { RollingRun } from './rolling.ts';

const CHUNKS = 40;
const DAY = 86_400_000;

/** As `foundIn` leaves out what is about sources. */
const ofAgents = (learned: Learned): Learned => ({
  ...learned,
  alerts: learned.alerts.filter((alert) => !isAboutSource(alert)),
});

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
    const left = foundIn(folder, 'left');
    const here = foundIn(folder, 'state');
    const scratch = older.judgesAsHere
      ? ofAgents(learnedFrom(await undisturbed([[join(folder, LOG), 'nginx-json']], registryOf(folder))))
      : undefined;
    const found = [
      ...notTakenOver(left.baselines, takenOver(folder), older.adds).map(as('not taken over')),
      ...forgotten(left.alerts, here.alerts),
      ...unequal(await alone(folder, newer), here).map(as('not as without a disturbance')),
      ...stepsGone(left.steps, here.steps),
      ...(scratch === undefined ? [] : unequal(scratch, here).map(as('not as from the beginning'))),
    ];
    return {
      alerts: here.alerts.length,
      baselines: Object.keys(here.baselines).length,
      takenOver: Object.keys(left.baselines).length,
      ...stepsMade(here.steps, calls, here.steps.length),
      differences: found,
    };
  } finally {
    await issuer.stop();
  }
}

const as =
  (what: string) =>
  (difference: string): string =>
    `${what}: ${difference}`;

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
