import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { allProcesses, commandOf, processOf } from '../test/servers/process-table.ts';

/**
 * left-running FILE [SECONDS]: which processes of a test run are still there. FILE is where the run kept a list of those that it
 * started (WAYWARD_TEST_PROCESSES). Exit code 1 where one is left so long after the end, 15 s unless said.
 */
const PATIENCE_S = '15';

interface Started {
  readonly pid: number;
  readonly startedAt: number;
}

function leftOf(started: readonly Started[]): number[] {
  const groups = new Set(
    started.flatMap(({ pid, startedAt }) => {
      const now = processOf(pid);
      return now === undefined || now.startedAt === startedAt ? [pid] : []; // else the id is another's by now
    }),
  );
  return allProcesses().flatMap(({ pid, group, isZombie }) =>
    !isZombie && (groups.has(group) || groups.has(pid)) ? [pid] : [],
  );
}

const [file = '', patience = PATIENCE_S] = process.argv.slice(2);
const started = readFileSync(file, { encoding: 'utf8', flag: 'a+' })
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Started => {
    const [pid, startedAt] = line.split(' ');
    return { pid: Number(pid), startedAt: Number(startedAt) };
  });
const deadline = Date.now() + Number(patience) * 1_000;
while (leftOf(started).length > 0 && Date.now() < deadline) await sleep(200);
const left = leftOf(started);
for (const pid of left) console.log(`still running: ${pid} ${commandOf(pid)}`);
console.log(`${started.length} processes started, ${left.length} still running`);
if (left.length > 0) process.exitCode = 1;
