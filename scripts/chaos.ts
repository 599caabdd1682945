import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos } from '../test/chaos/run.ts';
import { startElasticsearch } from '../test/servers/elasticsearch.ts';
import { startOwnKafka } from '../test/servers/kafka.ts';

/**
 * Processes that share the work over a real Kafka are killed at random; what they say in the end must be what `wayward scan`
 * says of the same logs: node scripts/chaos.ts [--events 1000000] [--kills 20] [--processes 3] [--live 60]
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '20' },
    processes: { type: 'string', default: '3' },
    live: { type: 'string', default: '60' },
    seed: { type: 'string', default: 'chaos' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'wayward-chaos-'));
const began = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`);
const kafka = await startOwnKafka({ heap: '512m' });
const elasticsearch = await startElasticsearch({ heap: '512m' });
try {
  const result = await runChaos(
    {
      folder,
      events: Number(values.events),
      kills: Number(values.kills),
      processes: Number(values.processes),
      liveSeconds: Number(values.live),
      between: [2_000, 15_000],
      pause: true,
      snapshotEvery: '5s',
      seed: values.seed,
    },
    { kafka, elasticsearch },
    say,
  );
  say(JSON.stringify(result));
  const same = result.differences.length === 0;
  say(same ? 'EQUAL: alerts and state are those of wayward scan' : `DIFFERENT:\n${result.differences.join('\n')}`);
  process.exitCode = same ? 0 : 1;
} finally {
  await Promise.all([kafka.stop(), elasticsearch.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
