import type { Alert } from '../../src/alerts/alert.ts';
import { routeOf } from '../../src/attribution/route.ts';
import { formatById } from '../../src/formats/registry.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents, encodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { partitioner } from '../../src/pipeline/kafka/partitions.ts';
import { Lane, type LaneOptions } from '../../src/pipeline/lane.ts';
import { Merge } from '../../src/pipeline/merge.ts';
import type { PendingUse } from '../../src/pipeline/ordered.ts';
import { renderLog } from '../../src/simulate/line.ts';
import { seeded } from '../../src/simulate/random.ts';
import { pgauditJson } from '../../src/simulate/render-pgaudit.ts';
import { sql } from '../../src/simulate/use.ts';
import { historyOf, type Victim } from '../attacks/victim.ts';
import { MONDAY } from '../baselines/watched.ts';
import { redactor } from '../formats/records.ts';
import { registryOf, shippedDetectors } from '../quality/measure.ts';
import { BytesSource } from './lines.ts';

/** One log of one agent, judged in one process and as the roles on Kafka do, without a broker. */

export const FILE = 'appdb/0';
/** When three weeks of ordinary use end. */
export const NOW = MONDAY + 21 * 86_400_000;
const registry = registryOf(
  'credentials:\n  - { id: cred-billing, agent: billing, slot: postgres, kind: database-role, owner: a@example.com, match: { db_user: billing } }\n',
);
const detectors = shippedDetectors();
export const options: LaneOptions = {
  format: formatById('pgaudit-json'),
  detect: () => undefined,
  formatById,
  context: { redactor },
  tellsReading: true,
};

/** Those three weeks, as PostgreSQL's jsonlog. */
export function ordinaryLines(): string[] {
  const uses = historyOf(
    { identity: 'billing' } as Victim,
    {
      templates: [sql('public.invoices', 'SELECT total FROM invoices WHERE id = $1', 1)],
      ip: '10.4.1.7',
      client: 'billing/1',
    },
    NOW,
  );
  return renderLog(uses, pgauditJson(seeded('unreadable')));
}

export const source = (lines: readonly string[], chunk?: number): BytesSource =>
  new BytesSource(FILE, lines.map((line) => `${line}\n`).join(''), chunk);

/** As `scan` says them. */
export async function scanned(lines: readonly string[], chunk?: number): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const core = new Core(registry, detectors, (alert) => alerts.set(alert.id, alert));
  for await (const batch of new Merge([new Lane(source(lines, chunk), options)]).batches()) core.process(batch);
  return inOrder(alerts);
}

const inOrder = (alerts: ReadonlyMap<string, Alert>): Alert[] =>
  [...alerts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

const PARTITIONS = 4;

/** As the roles on Kafka say them: each events partition gets what is routed to it, in messages of one read each. */
export async function onKafka(lines: readonly string[], chunk: number): Promise<Alert[]> {
  const alerts = new Map<string, Alert>();
  const partitionOf = partitioner(PARTITIONS);
  const parts = Array.from(
    { length: PARTITIONS },
    () => new PartitionDetector(new Core(registry, detectors, (alert) => alerts.set(alert.id, alert))),
  );
  const lane = new Lane(source(lines, chunk), options);
  while (lane.state !== 'ended') {
    const events: PendingUse[] = [];
    await lane.read(chunk, events, undefined);
    const common = {
      from: FILE,
      of: { appdb: 1 },
      watermark: finite(lane.watermark),
      high: finite(lane.high),
      live: true,
    };
    for (const [partition, detector] of parts.entries()) {
      const own = events.filter(({ use }) => partitionOf(routeOf(use, registry) ?? 'nobody') === partition);
      const message = encodeEvents({ ...common, closings: [], events: own });
      detector.take(decodeEvents(Buffer.from(message)));
    }
  }
  return inOrder(alerts);
}

const finite = (time: number): number | null =>
  Number.isFinite(time) ? time : time > 0 ? Number.MAX_SAFE_INTEGER : null;
