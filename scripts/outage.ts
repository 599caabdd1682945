import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runOutage } from '../test/chaos/outage.ts';
import { startElasticsearch } from '../test/servers/elasticsearch.ts';
import { startOwnKafka } from '../test/servers/kafka.ts';

/**
 * A real Elasticsearch is killed while alerts come in, and comes back with 429s, partial failures, cut connections and
 * rollovers; what it holds in the end must be what `wayward scan` says: node scripts/outage.ts [--down 60] [--live 50] [--events 50000]
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '50000' },
    live: { type: 'string', default: '50' },
    down: { type: 'string', default: '60' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'wayward-outage-'));
const began = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`);
const kafka = await startOwnKafka({ heap: '512m' });
const elasticsearch = await startElasticsearch();
try {
  const run = {
    folder,
    events: Number(values.events),
    liveSeconds: Number(values.live),
    downSeconds: Number(values.down),
  };
  const { differences, ...result } = await runOutage(run, { kafka, elasticsearch }, say);
  say(JSON.stringify(result));
  const same = differences.length === 0;
  say(same ? 'EQUAL: alerts are those of wayward scan, each once' : `DIFFERENT:\n${differences.join('\n')}`);
  process.exitCode = same ? 0 : 1;
} finally {
  await Promise.all([kafka.stop(), elasticsearch.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
