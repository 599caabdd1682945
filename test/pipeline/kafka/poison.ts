import { appendFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { CompressionTypes, Partitioners } from 'kafkajs';
import type { Cluster } from '../../chaos/cluster.ts';

/** Messages as somebody else may write them to any topic, by name. */
export type Poison = ReadonlyMap<string, Buffer | null>;

const TEN_MEGABYTES = 10_000_000;
const DEPTH = 300_000;

/** `sample`: a good record of the topic; `other`: one of another format. Each is one record, whatever is in it. */
export const rawPoison = (sample: string, other: string): Poison =>
  new Map([
    ['ten megabytes', Buffer.alloc(TEN_MEGABYTES, 'x')],
    ['no value', null],
    ['empty', Buffer.alloc(0)],
    ['line ends only', Buffer.from('\r\n\n')],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x7d])],
    ['deep JSON', Buffer.from(`${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`)],
    ['prototype', Buffer.from('{"__proto__":{"status":200,"toString":1},"constructor":{"prototype":{"time":1}}}')],
    ['far future', Buffer.from(farFuture(sample))],
    ['gzip', gzipWithoutLineEnd()],
    ['another format', Buffer.from(other)],
    ['nothing known', Buffer.from('\u0000\u001b[2J no log at all')],
  ]);

/** The record, 61 years later, by every time that it holds. */
const farFuture = (record: string): string =>
  record
    .replaceAll(/\b2026-(\d\d-\d\d)/g, '2087-$1')
    .replace(/"msec":"1(\d{9})/, (_, rest) => `"msec":"${3_000_000_000 + Number(rest)}`);

function gzipWithoutLineEnd(): Buffer {
  for (let number = 0; ; number++) {
    const bytes = gzipSync(`a record that nobody decompressed, number ${number}`);
    if (!bytes.includes(10)) return bytes;
  }
}

/** Where the poison came to stand: its offset by name. Good records lie around each. */
export async function poison(
  cluster: Cluster,
  topic: string,
  poisons: Poison,
  good: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>();
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const between = Math.floor(good.length / poisons.size);
  let at = 0;
  for (const [name, value] of poisons) {
    await cluster.write(topic, 0, good.slice(at, at + between));
    at += between;
    const [sent] = await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
    offsets.set(name, Number(sent?.baseOffset));
    // So that `scan` reads the same.
    if (value !== null) appendFileSync(cluster.file(topic, 0), Buffer.concat([value, Buffer.from('\n')]));
  }
  await cluster.write(topic, 0, good.slice(at));
  await producer.disconnect();
  return offsets;
}

/** Begins a topic with a batch of two compressed records, for `damage`. */
export async function compressedBatch(cluster: Cluster, topic: string): Promise<void> {
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = [1, 2].map((number) => ({ partition: 0, value: `${number}${'x'.repeat(200)}` }));
  await producer.send({ topic, acks: -1, compression: CompressionTypes.GZIP, messages });
  await producer.disconnect();
}

/** Writes as somebody else would, outside any transaction. Gives the offsets. */
export async function forge(
  cluster: Cluster,
  topic: string,
  messages: readonly { key?: string; value: string | Buffer | null; headers?: Record<string, string> }[],
  partition = 0,
): Promise<string[]> {
  const producer = cluster.client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const offsets: string[] = [];
  for (const message of messages) {
    const [sent] = await producer.send({ topic, acks: -1, messages: [{ partition, ...message }] });
    offsets.push(String(sent?.baseOffset));
  }
  await producer.disconnect();
  return offsets;
}
