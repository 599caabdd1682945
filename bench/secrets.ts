import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { createRedactor } from '../src/formats/redact.ts';
import { checkRecords } from '../test/secrets/mutations/check-records.ts';
import { HOSTILE_TEXTS } from '../test/secrets/mutations/hostile-texts.ts';

/** Long enough for the clock of processor time, which ticks in milliseconds. */
const MEASURED_MS = 60;

/** Nanoseconds of processor time for each byte of a text. */
const costOf = (text: string): number => {
  const redactor = createRedactor(Buffer.alloc(32, 7));
  const before = process.threadCpuUsage();
  let rounds = 0;
  let used = 0;
  for (; used < MEASURED_MS; rounds++) {
    redactor.clean(text, 'url.query', []);
    const { user, system } = process.threadCpuUsage(before);
    used = (user + system) / 1_000;
  }
  return (used * 1_000_000) / (rounds * text.length);
};

/**
 * `npm run bench -- secrets [--records 1000000] [--seed 1]`: what the search for secrets costs a byte of texts that are made to be slow, and whether a
 * secret comes out of so many records with planted ones.
 */
export function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: { records: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now()) } },
  });
  const costs = Object.entries(HOSTILE_TEXTS).map(([name, text]) => [name, costOf(text)] as const);
  for (const [name, cost] of costs.toSorted(([, a], [, b]) => b - a))
    console.log(`${cost.toFixed(1).padStart(8)} ns/byte  ${name}`);
  const all = costs.map(([, cost]) => cost);
  console.log(
    `largest ${Math.max(...all).toFixed(1)}, median ${median(all).toFixed(1)} ns/byte: ${(Math.max(...all) / median(all)).toFixed(1)} times\n`,
  );

  const { problems, ...counts } = checkRecords(values.seed, Number(values.records));
  for (const problem of problems) console.log(problem);
  console.log(`seed ${values.seed}: ${JSON.stringify(counts)}, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}
