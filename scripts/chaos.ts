import { parseArgs } from 'node:util';
import { latePieces } from '../test/soak/late.ts';

const HELP = `npm run chaos -- [--seed WORD]

Processes that share the work over Kafka are killed while a partition or two come twenty minutes, an hour, half a day, a day and five days
late. Some lines come twice, some again after later ones of their agents, and more than may wait; records are deleted before they were read, a
topic gets another partition, all processes are restarted in turn. Compares their alerts with those of wayward scan over the same lines, and
prints what was late, behind, lost and beyond the limits, and where alerts differ because peers came late. Another seed, other kills, partitions
and lines.

Exit code: 0 none is missing, doubled or invented, 1 some are, or nothing was late, behind, lost or beyond the limits, so that it was no test.`;

const { values } = parseArgs({
  options: { seed: { type: 'string', default: 'chaos' }, help: { type: 'boolean' } },
});
const began = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${text}`);
if (values.help) console.log(HELP);
else
  for (const { name, run } of latePieces(values.seed)) {
    say(name);
    const failures = await run({ say, signal: new AbortController().signal });
    for (const failure of failures) console.log(failure);
    say(failures.length === 0 ? 'the alerts are those of scan' : `${failures.length} differences`);
    if (failures.length > 0) process.exitCode = 1;
  }
process.exit(); // clients of brokers that are gone would try again for a while
