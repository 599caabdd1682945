import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import { withAdmin } from '../../src/kafka/topics.ts';
import { readTopic } from '../chaos/outcome.ts';
import { ALERTS, CONTROL, RESPONSE } from '../kafka/names.ts';
import { endsOf } from '../servers/kafka-ends.ts';

/** One line of what is kept of a cluster: a message, at its offset; texts in base64. */
interface KeptMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The first line. */
interface KeptCluster {
  /** Where each partition ends, by topic. */
  readonly ends: Readonly<Record<string, readonly number[]>>;
  readonly groups: readonly {
    readonly group: string;
    readonly topic: string;
    readonly offsets: readonly (readonly [partition: number, offset: string])[];
  }[];
}

const FILLER: Message = { key: 'marker/', value: 'filler' };
/** Whatever stands there means something. */
const WITHOUT_MARKERS: ReadonlySet<string> = new Set([ALERTS, CONTROL, RESPONSE]);
const AT_A_TIME = 500;

/** All that was committed to these topics, as lines of text. Of `raw` ones only how far they reach. */
export async function keptTopics(kafka: Kafka, topics: readonly string[], raw: readonly string[]): Promise<string[]> {
  const ends: Record<string, number[]> = {};
  for (const topic of [...topics, ...raw]) ends[topic] = await endsOf(kafka, topic);
  const messages: KeptMessage[] = [];
  for (const topic of topics)
    await readTopic(kafka, topic, (partition, { offset, key, value, headers = {}, timestamp }) => {
      if (Number(offset) >= (ends[topic]?.[partition] ?? 0)) return; // of the probes for where it ends
      messages.push({
        ...{ topic, partition, offset: Number(offset), time: Number(timestamp) },
        key: key === null ? null : key.toString('base64'),
        value: value === null ? null : value.toString('base64'),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text)).toString('base64')]),
        ),
      });
    });
  const cluster: KeptCluster = { ends, groups: await groupsOf(kafka, topics) };
  return [cluster, ...messages].map((line) => JSON.stringify(line));
}

async function groupsOf(kafka: Kafka, topics: readonly string[]): Promise<KeptCluster['groups']> {
  return withAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    const found: KeptCluster['groups'][number][] = [];
    for (const { groupId: group } of groups.filter(({ groupId }) => groupId.startsWith('wayward'))) {
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics: [...topics] })) {
        const offsets = partitions
          .filter(({ offset }) => Number(offset) >= 0)
          .map(({ partition, offset }) => [partition, offset] as const);
        if (offsets.length > 0) found.push({ group, topic, offsets });
      }
    }
    return found;
  });
}

/** Writes what was kept to topics that are there and empty: every message at the offset that it had, and groups where they stood. */
export async function fillTopics(kafka: Kafka, lines: readonly string[]): Promise<void> {
  const [first = '{}', ...rest] = lines;
  const { ends, groups }: KeptCluster = JSON.parse(first);
  const messages: KeptMessage[] = rest.map((line) => JSON.parse(line));
  const byPartition = Map.groupBy(messages, ({ topic, partition }) => `${topic}/${partition}`);
  const filled = Object.entries(ends).flatMap(([topic, partitions]) =>
    partitions.map((end, partition) =>
      new Filling(kafka, topic, partition).fill(byPartition.get(`${topic}/${partition}`) ?? [], end),
    ),
  );
  await Promise.all(filled);
  await setOffsets(kafka, groups);
}

/** In a transaction, since an admin client joins the group for that, and waits for seconds. */
async function setOffsets(kafka: Kafka, groups: KeptCluster['groups']): Promise<void> {
  // A fresh broker has nobody yet who keeps them: who asks for them tries again until there is somebody.
  await withAdmin(kafka, async (admin) => {
    for (const { group, topic } of groups) await admin.fetchOffsets({ groupId: group, topics: [topic] });
  });
  const producer = kafka.producer({
    transactionalId: 'fill-offsets',
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  for (const { group, topic, offsets } of groups)
    await transaction.sendOffsets({
      consumerGroupId: group,
      topics: [{ topic, partitions: offsets.map(([partition, offset]) => ({ partition, offset })) }],
    });
  await transaction.commit();
  await producer.disconnect();
}

/**
 * Ends of transactions take offsets of their own. Where readers pass over markers, those stand there instead. Elsewhere, what stood between
 * two ends is written as one transaction, so that its end takes the same offset again; a wider gap is filled with transactions that are
 * aborted, each of which takes two.
 */
class Filling {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #partition: number;

  constructor(kafka: Kafka, topic: string, partition: number) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#partition = partition;
  }

  async fill(messages: readonly KeptMessage[], end: number): Promise<void> {
    if (end === 0) return;
    const plain = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    const transactional = this.#kafka.producer({
      transactionalId: `fill-${this.#topic}-${this.#partition}`,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await Promise.all([plain.connect(), transactional.connect()]);
    if (WITHOUT_MARKERS.has(this.#topic)) await this.#inTransactions(plain, transactional, messages, end);
    else await this.#send(plain, withMarkers(messages, end));
    await Promise.all([plain.disconnect(), transactional.disconnect()]);
  }

  async #inTransactions(
    plain: Producer,
    transactional: Producer,
    messages: readonly KeptMessage[],
    end: number,
  ): Promise<void> {
    const { runs, gaps } = runsOf(messages, end);
    await this.#gap(plain, transactional, gaps[0] ?? 0);
    for (const [at, run] of runs.entries()) {
      const gap = gaps[at + 1] ?? 0;
      if (gap > 0) await this.#transaction(transactional, run.map(messageOf), 'commit');
      else await this.#send(plain, run.map(messageOf));
      await this.#gap(plain, transactional, Math.max(0, gap - 1));
    }
  }

  async #gap(plain: Producer, transactional: Producer, gap: number): Promise<void> {
    for (let left = gap; left >= 2; left -= 2) await this.#transaction(transactional, [FILLER], 'abort');
    if (gap % 2 === 1) await this.#send(plain, [FILLER]);
  }

  async #transaction(producer: Producer, messages: Message[], end: 'commit' | 'abort'): Promise<void> {
    const transaction = await producer.transaction();
    await this.#send(transaction, messages);
    await transaction[end]();
  }

  async #send(producer: Pick<Producer, 'send'>, messages: Message[]): Promise<void> {
    for (let at = 0; at < messages.length; at += AT_A_TIME) {
      const some = messages.slice(at, at + AT_A_TIME).map((message) => ({ ...message, partition: this.#partition }));
      await producer.send({ topic: this.#topic, acks: -1, messages: some });
    }
  }
}

/** Every message at its offset, and markers at those that no message has. */
function withMarkers(messages: readonly KeptMessage[], end: number): Message[] {
  const all: Message[] = Array.from({ length: end }, () => FILLER);
  for (const message of messages) all[message.offset] = messageOf(message);
  return all;
}

/** Messages without a gap between them, and the gaps: before the first, between, and to the end. */
function runsOf(messages: readonly KeptMessage[], end: number): { runs: KeptMessage[][]; gaps: number[] } {
  const runs: KeptMessage[][] = [];
  const gaps: number[] = [];
  let next = 0;
  for (const message of messages) {
    if (message.offset > next || runs.length === 0) {
      gaps.push(message.offset - next);
      runs.push([]);
    }
    runs.at(-1)?.push(message);
    next = message.offset + 1;
  }
  gaps.push(end - next);
  return { runs, gaps };
}

const messageOf = ({ key, value, headers, time }: KeptMessage): Message => ({
  key: key === null ? null : Buffer.from(key, 'base64'),
  value: value === null ? null : Buffer.from(value, 'base64'),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
  timestamp: String(time),
});
