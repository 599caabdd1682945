import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from 'simple-statistics';
import { generate } from './generate.ts';

const LEAST_RATIO = 0.4;
const MOST_RSS_MB = 400;
const MOST_BYTES = 8 * 1024;
/** As bin/wayward.js starts Node. */
const NODE_FLAGS = ['--min-semi-space-size=32', '--max-semi-space-size=32', '--expose-gc'];

interface Measured {
  readonly lines: number;
  readonly milliseconds: number;
  /** Of its one thread: other processes of a busy machine don't count. */
  readonly cpuMilliseconds: number;
  readonly maxRssMb: number;
}

const measure = <Result>(script: string, ...args: readonly string[]): Result => {
  const path = new URL(script, import.meta.url).pathname;
  return JSON.parse(execFileSync(process.execPath, [...NODE_FLAGS, path, ...args], { encoding: 'utf8' })) as Result;
};

const rate = ({ lines, milliseconds }: Measured): string =>
  `${Math.round((lines / milliseconds) * 1_000).toLocaleString('en-US')}/s`;
const verdict = (met: boolean): string => (met ? 'met' : 'MISSED');

/**
 * `npm run bench`: the whole path against the floor, measured alternately in processes of their own, and the memory of
 * 100,000 principals. Prints medians and whether the bars are met; says nothing about other machines.
 */
export function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: { runs: { type: 'string', default: '5' }, lines: { type: 'string', default: '1000000' } },
  });
  const runs = Number(values.runs);
  const lines = Number(values.lines);
  const file = join(tmpdir(), `wayward-bench-${lines}.jsonl`);
  if (!existsSync(`${file}.credentials.yaml`)) {
    console.log(`Writing ${lines.toLocaleString('en-US')} lines to ${file} …`);
    generate(file, lines);
  }
  console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${runs} runs each`);

  const floors: Measured[] = [];
  const wholes: Measured[] = [];
  for (let run = 1; run <= runs; run++) {
    floors.push(measure<Measured>('./floor.ts', file));
    wholes.push(measure<Measured>('./whole-path.ts', file, `${file}.credentials.yaml`));
    const [floor, whole] = [floors.at(-1) as Measured, wholes.at(-1) as Measured];
    console.log(
      `  run ${run}: floor ${rate(floor)}, whole path ${rate(whole)}, ratio ${(floor.milliseconds / whole.milliseconds).toFixed(2)}`,
    );
  }
  const middle = (measured: readonly Measured[]): Measured => ({
    lines,
    milliseconds: median(measured.map(({ milliseconds }) => milliseconds)),
    cpuMilliseconds: median(measured.map(({ cpuMilliseconds }) => cpuMilliseconds)),
    maxRssMb: Math.max(...measured.map(({ maxRssMb }) => maxRssMb)),
  });
  const floor = middle(floors);
  const whole = middle(wholes);
  const ratio = floor.milliseconds / whole.milliseconds;
  console.log(`\nfloor (read + split + JSON.parse)  ${rate(floor)}`);
  console.log(`whole path, file to alerts         ${rate(whole)}`);
  console.log(
    `ratio                              ${ratio.toFixed(2)}   bar ${LEAST_RATIO}: ${verdict(ratio >= LEAST_RATIO)}`,
  );
  console.log(
    `ratio of processor time            ${(floor.cpuMilliseconds / whole.cpuMilliseconds).toFixed(2)}   what a quiet machine shows, nearly`,
  );
  console.log(
    `peak RSS                           ${Math.round(whole.maxRssMb)} MB   bar ${MOST_RSS_MB} MB: ${verdict(whole.maxRssMb <= MOST_RSS_MB)}`,
  );

  const { principals, stateBytes, bytesEach } = measure<{ principals: number; stateBytes: number; bytesEach: number }>(
    './principals.ts',
  );
  console.log(`\n${principals.toLocaleString('en-US')} principals with full baselines`);
  console.log(`state of each                      ${stateBytes.toLocaleString('en-US')} bytes`);
  console.log(
    `memory for each                    ${bytesEach.toLocaleString('en-US')} bytes   bar ${MOST_BYTES.toLocaleString('en-US')}: ${verdict(bytesEach <= MOST_BYTES)}`,
  );
}
