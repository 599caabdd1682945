import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quantileSorted } from 'simple-statistics';
import { table } from '../src/commands/table.ts';
import { useAllTheTime } from '../test/live/client.ts';
import type { LiveIssuer } from '../test/live/issuers/issuer.ts';
import { LIVE_ISSUERS } from '../test/live/issuers/registry.ts';
import { newPlace, type Recorded, recordOf, type Theft, theft, WORKED, watch } from '../test/live/theft.ts';
import { MissingServer } from '../test/servers/require-server.ts';

/**
 * From a line in a log that a real server wrote to a credential that its real issuer refuses, as Wayward's record has it:
 * npm run live -- [--issuer NAME] [--runs 20]; each run is another agent's credential, in use all the time. Exit code 1 where
 * one worked on after the proof, or a credential of an agent that did nothing was refused.
 */
const { values } = parseArgs({
  options: { issuer: { type: 'string', default: 'all' }, runs: { type: 'string', default: '20' } },
});
const runs = Number(values.runs);
if (!(Number.isSafeInteger(runs) && runs >= 1 && runs <= 100)) throw new RangeError('--runs is a number from 1 to 100');
const all = Object.keys(LIVE_ISSUERS);
const names = values.issuer === 'all' ? all : [values.issuer];
if (!names.every((name) => all.includes(name))) throw new RangeError(`--issuer is all, ${all.join(', ')}`);

const HEADINGS = ['ISSUER', 'RUNS', 'DECIDED', 'CALLED', 'PROVEN', 'P50', 'P99', 'WORST', 'LAST USE', 'LOAD'];
const rows: string[][] = [];
for (const name of names) {
  const issuer = await started(name, runs + 1);
  console.log(`\n${name}:`);
  try {
    rows.push([name, ...(await measure(issuer))]);
  } finally {
    await issuer.stop();
  }
}
console.log(`
Milliseconds from the offending event, as its log dates it, to the proof that the credential is dead: from event to decision, from there to
the call, from there to the proof (medians), and all of it; how long before the proof the last use that worked began, at the least; the
machine's load average of one minute, after the runs.
`);
console.log(table(HEADINGS, rows));

/** With so many agents. Exit code 3 where its server is not installed. */
async function started(name: string, agents: number): Promise<LiveIssuer> {
  try {
    const issuer = await LIVE_ISSUERS[name]?.(Array.from({ length: agents }, (_, at) => `billing-agent-${at + 1}`));
    if (issuer === undefined) throw new TypeError(`no issuer ${name}`);
    return issuer;
  } catch (error) {
    if (!(error instanceof MissingServer)) throw error;
    console.error(`${name}: ${error.message}; or try another one: --issuer NAME`);
    process.exit(3);
  }
}

/** One theft after the other under one Wayward, while the last agent works on. */
async function measure(issuer: LiveIssuer): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'wayward-live-'));
  const [colleague, ...thieves] = issuer.holders.toReversed();
  if (colleague === undefined) throw new RangeError('an issuer has a holder for each agent');
  const place = newPlace(join(folder, 'wayward'), issuer);
  const wayward = await watch(place);
  try {
    const honest = useAllTheTime(colleague);
    const thefts: Theft[] = [];
    for (const thief of thieves) {
      const done = await theft(thief, async () => wayward);
      console.log(
        `  ${thief.entry.id}: ${done.verifiedAt - done.lastUseAt} ms after its last use; ${done.refusals.join(', ')}`,
      );
      thefts.push(done);
    }
    await honest.stop();
    await wayward.stop();
    const wronged = honest.uses.filter(({ refused }) => refused !== undefined).length;
    console.log(
      `  ${colleague.entry.id}, which did nothing: used ${honest.uses.length} times, refused ${wronged} times`,
    );
    if (wronged > 0 || thefts.some(({ refusals }) => refusals.includes(WORKED))) process.exitCode = 1;
    return figures(
      thieves.flatMap((thief) => recordOf(place, thief)),
      thefts,
    );
  } finally {
    await wayward.stop();
    rmSync(folder, { recursive: true });
  }
}

function figures(records: readonly Recorded[], thefts: readonly Theft[]): string[] {
  const at = (share: number, part: keyof Recorded): string => {
    const sorted = records.map((record) => record[part]).sort((a, b) => a - b);
    return String(Math.round(quantileSorted(sorted, share)));
  };
  const medians = (['toDecision', 'toCall', 'toProof'] as const).map((part) => at(0.5, part));
  const totals = [0.5, 0.99, 1].map((share) => at(share, 'total'));
  const lastUse = Math.min(...thefts.map(({ verifiedAt, lastUseAt }) => verifiedAt - lastUseAt));
  return [String(records.length), ...medians, ...totals, String(lastUse), loadavg()[0]?.toFixed(1) ?? ''];
}
