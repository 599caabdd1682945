import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startOwnKafka } from '../test/servers/kafka.ts';
import { type Build, checkOut, thisBuild, withOneMoreField } from './upgrade/build.ts';
import type { Figures } from './upgrade/compare.ts';
import { followed } from './upgrade/followed.ts';
import { rolling } from './upgrade/rolling.ts';

/**
 * Really upgrades from a commit: node scripts/upgrade.ts COMMIT [--kafka] [--events 20000] [--live 60]. A process that follows a log is
 * killed and this version goes on; with --kafka, processes are replaced one by one, forth and back, over that many seconds or longer. Then
 * the same between this version and one with one more field, both ways. All that was learned, told and decided must be taken over; from
 * there on, it must come to what one process comes to that nobody disturbs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kafka: { type: 'boolean', default: false },
    events: { type: 'string', default: '20000' },
    live: { type: 'string', default: '60' },
  },
});
const [written] = positionals;
if (written === undefined) throw new Error('write the commit: node scripts/upgrade.ts COMMIT [--kafka]');

const work = mkdtempSync(join(tmpdir(), 'wayward-upgrade-'));
const began = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`);
const builds: Build[] = [];
try {
  const older = checkOut(written, join(work, 'older'));
  builds.push(older);
  const more = withOneMoreField(join(work, 'more'));
  builds.push(more);
  for (const [from, to] of [
    [older, thisBuild],
    [thisBuild, more],
    [more, thisBuild],
  ] as const) {
    say(`from ${from.commit} to ${to.commit}`);
    report(await upgrade(from, to, join(work, `${from.commit}-${to.commit}`)));
  }
} finally {
  for (const build of builds) build.remove();
  rmSync(work, { recursive: true, force: true });
}
// A timer of a client may outlive its broker, and all is said.
process.exit();

async function upgrade(from: Build, to: Build, folder: string): Promise<Figures> {
  const run = { folder, events: Number(values.events), liveSeconds: Number(values.live) };
  if (!values.kafka) return followed(from, to, run, say);
  const kafka = await startOwnKafka({ heap: '512m' });
  try {
    return await rolling(from, to, run, kafka, say);
  } finally {
    await kafka.stop();
  }
}

function report(figures: Figures): void {
  const { differences, ...counts } = figures;
  say(JSON.stringify(counts));
  const isEqual = differences.length === 0 && figures.lost === 0 && figures.twice === 0;
  say(isEqual ? 'EQUAL' : `DIFFERENT: ${differences.length} differences\n${differences.slice(0, 40).join('\n')}`);
  if (!isEqual) process.exitCode = 1;
}
