import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ALERTS, CONTROL, EVENTS, INGEST, RESPONSE, STATE } from '../../test/kafka/names.ts';
import { startKafka } from '../../test/servers/kafka.ts';
import { linesOf } from '../../test/upgrade/kept/logs.ts';
import {
  goOnWithCluster,
  isKept,
  isOfNobody,
  leaveCluster,
  makeCluster,
  RAW,
  written,
} from '../../test/upgrade/kept-cluster.ts';
import { keptTopics } from '../../test/upgrade/kept-topics.ts';
import type { Build } from './build.ts';

const TOPICS = [EVENTS, INGEST, STATE, ALERTS, CONTROL, RESPONSE];

/** What the commit's processes leave on a cluster, and what one more of them makes of it. */
export async function keepKafka(build: Build, work: string, kept: string): Promise<void> {
  const folder = join(work, 'kafka');
  mkdirSync(folder);
  const kafka = await startKafka();
  try {
    const agents = readFileSync(join(kept, 'agents.yaml'), 'utf8');
    const identity = build.knowsIdentity ? ({ identity: 'from-key-map' } as const) : {};
    const cluster = await makeCluster({ folder, broker: kafka.broker, build, agents, ...identity });
    try {
      const history = linesOf('gateway.jsonl', 'history').filter((line) => isKept(line) || isOfNobody(line));
      await leaveCluster(cluster, folder, history);
      const lines = await keptTopics(cluster.client, TOPICS, [RAW]);
      writeFileSync(join(kept, 'kafka.ndjson.gz'), gzipSync(lines.map((line) => `${line}\n`).join(''), { level: 9 }));
      await written(cluster, linesOf('gateway.jsonl', 'next').filter(isKept));
      const outcome = await goOnWithCluster(cluster, folder);
      writeFileSync(join(kept, 'expected-kafka.json.gz'), gzipSync(JSON.stringify(outcome)));
    } finally {
      await cluster.close();
    }
  } finally {
    await kafka.stop();
  }
}
