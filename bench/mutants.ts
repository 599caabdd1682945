import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { readMutants } from '../test/mutants/read-mutants.ts';

/**
 * `npm run bench -- mutants [--records 1000000] [--seed 1]`: damaged and forged records of every format on their whole way to alerts. Each must be an
 * event, ignored or a dead letter, and no planted secret may come out; what a byte costs shows whether one kind of damage is an attack.
 */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { records: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now()) } },
  });
  console.log(`seed ${values.seed}`);
  const began = performance.now();
  const { costs, problems, ...counts } = await readMutants(values.seed, Number(values.records));
  const each = [...costs]
    .filter(([, { bytes }]) => bytes > 0)
    .map(([name, { cpu, bytes }]) => [name, (cpu * 1_000) / bytes] as const);
  for (const [name, cost] of each.toSorted(([, a], [, b]) => b - a))
    console.log(`${cost.toFixed(1).padStart(8)} ns/byte  ${name}`);
  const all = each.map(([, cost]) => cost);
  const [largest, middle] = [Math.max(...all), median(all)];
  console.log(
    `largest ${largest.toFixed(1)}, median ${middle.toFixed(1)} ns/byte: ${(largest / middle).toFixed(1)} times\n`,
  );
  for (const problem of problems) console.log(problem);
  const seconds = ((performance.now() - began) / 1_000).toFixed(0);
  console.log(`seed ${values.seed}: ${JSON.stringify(counts)}, ${problems.length} problems, ${seconds} s`);
  if (problems.length > 0) process.exitCode = 1;
}
