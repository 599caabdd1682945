import type { Alert } from '../../src/alerts/alert.ts';
import { createRegistry } from '../../src/attribution/registry.ts';
import { loadCredentials } from '../../src/config/registry-file.ts';
import type { Kafka } from '../../src/kafka/client.ts';
import { Core } from '../../src/pipeline/core.ts';
import { decodeEvents } from '../../src/pipeline/kafka/events-message.ts';
import { PartitionDetector } from '../../src/pipeline/kafka/partition-detector.ts';
import { FIRST_KEYS, KEYS } from '../../src/pipeline/kafka/snapshot.ts';
import { SnapshotReader } from '../../src/pipeline/kafka/snapshot-reader.ts';
import { baselinesOf } from '../../test/chaos/expected.ts';
import { NAMES } from '../../test/chaos/names.ts';
import { readTopic, statesSaved } from '../../test/chaos/outcome.ts';
import { shippedDetectors } from '../../test/quality/measure.ts';
import type { Numbers } from '../../test/upgrade/kept/learned.ts';
import { numbersOnKafka } from '../../test/upgrade/numbers-on-kafka.ts';

/** Before the id of a layout. */
const LAYOUTS = `${KEYS.layout}`;

/** Of one partition, what the version before had saved when another wrote there for the first time. */
interface Left {
  readonly reader: SnapshotReader;
  readonly newest: Map<string, Buffer>;
  /** The layout of its states, as a key; the first form has none. */
  layout: string | undefined;
  isOver: boolean;
}

/** An alert in its last form, and which message brought that. */
export interface ReplayedAlert {
  readonly alert: Alert;
  readonly partition: number;
  readonly offset: number;
}

/** What this version, undisturbed and alone, makes of what the version before had left on Kafka and of all events since. */
export interface Replayed {
  /** What was left, as it was saved and as it was taken over. */
  readonly before: Readonly<Record<string, Numbers>>;
  readonly takenOver: ReadonlyMap<string, Buffer>;
  readonly baselines: ReadonlyMap<string, Buffer>;
  readonly alerts: ReadonlyMap<string, ReplayedAlert>;
}

export async function replayed(client: Kafka, credentials: string): Promise<Replayed> {
  const left = await leftOn(client);
  const committed = await statesSaved(client);
  const registry = createRegistry(loadCredentials(credentials));
  const alerts = new Map<string, ReplayedAlert>();
  const takenOver = new Map<string, Buffer>();
  const partitions = new Map(
    [...left].map(([partition, { reader }]) => {
      const { last } = reader;
      if (last === undefined || last === 'unreadable') throw new Error(`nothing can be read of partition ${partition}`);
      const at = { partition, offset: 0 };
      const core = new Core(registry, shippedDetectors(), (alert) => void alerts.set(alert.id, { alert, ...at }), {
        observed: () => undefined,
        names: NAMES,
      });
      const detector = new PartitionDetector(core);
      detector.load(last.snapshot.detector, last.snapshot.core);
      for (const [name, state] of baselinesOf(core)) takenOver.set(name, state);
      return [partition, { core, detector, at, from: last.snapshot.offset }] as const;
    }),
  );
  await readTopic(client, client.names.topics.events, (partition, { value, offset }) => {
    const found = partitions.get(partition);
    if (!found || Number(offset) < found.from || Number(offset) >= (committed.get(partition)?.offset ?? 0)) return;
    found.at.offset = Number(offset);
    found.detector.take(decodeEvents(value));
  });
  return {
    before: Object.assign({}, ...[...left.values()].map(({ newest }) => numbersOnKafka(newest))),
    takenOver,
    baselines: new Map([...partitions.values()].flatMap(({ core }) => [...baselinesOf(core)])),
    alerts,
  };
}

async function leftOn(client: Kafka): Promise<ReadonlyMap<number, Left>> {
  const found = new Map<number, Left>();
  await readTopic(client, client.names.topics.state, (partition, { key, value }) => {
    const left = found.get(partition) ?? newPartition(client);
    found.set(partition, left);
    const name = String(key);
    left.isOver ||= name.startsWith(LAYOUTS) && left.layout !== undefined && left.layout !== name;
    if (left.isOver) return;
    if (name === FIRST_KEYS.head || name.startsWith(LAYOUTS)) left.layout = name;
    left.reader.take(name, value);
    if (value !== null) left.newest.set(name, value);
  });
  return found;
}

const newPartition = ({ names }: Kafka): Left => ({
  reader: new SnapshotReader(names.topics),
  newest: new Map(),
  layout: undefined,
  isOver: false,
});
