/**
 * Feeds log files into a Kafka topic, a line a message, as a log shipper would.
 *
 *   node scripts/feed-kafka.ts --config wayward.yaml --topic TOPIC [--rate N | --pace real-time] FILE…
 *
 * `--rate N` sends N lines a second; `--pace real-time` keeps the distances between the records' own times; without either, as
 * fast as the broker takes them. One file after the other; `.gz` is unpacked. A file's lines go to one partition, in order.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { Partitioners } from 'kafkajs';
import { loadConfig } from '../src/config/wayward-yaml.ts';
import { createKafka, requireKafka } from '../src/kafka/client.ts';
import { requireTopics } from '../src/kafka/topics.ts';

/** Lines of one request at most, and how long it waits when the next line is not due yet, milliseconds. */
const MAX_LINES = 1_000;
const LEAST_WAIT = 5;
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,3})?/;

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    topic: { type: 'string' },
    rate: { type: 'string' },
    pace: { type: 'string' },
  },
});
const rate = values.rate === undefined ? undefined : Number(values.rate);
const wrongPace = values.pace !== undefined && (values.pace !== 'real-time' || rate !== undefined);
if (values.topic === undefined || files.length === 0 || wrongPace || (rate !== undefined && !(rate > 0))) {
  console.error('usage: feed-kafka.ts [--config FILE] --topic TOPIC [--rate LINES_A_SECOND | --pace real-time] FILE…');
  process.exit(2);
}
const { topic } = values;

const config = loadConfig(values.config);
if (config.kafka === undefined) throw new Error('no kafka: in wayward.yaml');
await config.resolveSecrets(['kafka'], { env: process.env, warn: (text) => console.error(text) });
await requireKafka(config.kafka);
const log = { info: () => undefined, warn: console.error, error: console.error };
const kafka = createKafka(config.kafka, log, 'wayward-feed');
await requireTopics(kafka, [topic]);
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
await producer.connect();

const began = Date.now();
let sent = 0;
let firstTime: number | undefined;

/** When a line is due, milliseconds since the start; a line without a time goes with the one before. */
function dueAt(line: string, before: number): number {
  if (rate !== undefined) return (sent / rate) * 1000;
  if (values.pace === undefined) return 0;
  const found = TIME.exec(line)?.[0];
  if (found === undefined) return before;
  const time = Date.parse(`${found.replace(' ', 'T')}Z`);
  firstTime ??= time;
  return time - firstTime;
}

async function feed(file: string): Promise<void> {
  const key = basename(file);
  let batch: { key: string; value: string }[] = [];
  const send = async () => {
    if (batch.length > 0) await producer.send({ topic, messages: batch });
    batch = [];
  };
  let due = 0;
  const bytes = createReadStream(file);
  for await (const line of createInterface({ input: file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes })) {
    due = dueAt(line, due);
    const ahead = due - (Date.now() - began);
    if (ahead > 0 || batch.length >= MAX_LINES) await send();
    if (ahead > 0) await sleep(Math.max(LEAST_WAIT, ahead));
    batch.push({ key, value: line });
    sent++;
  }
  await send();
}

try {
  for (const file of files) await feed(file);
} finally {
  await producer.disconnect();
}
const seconds = (Date.now() - began) / 1000;
console.log(
  `${topic}: ${sent} lines in ${seconds.toFixed(1)} s, ${Math.round(sent / Math.max(seconds, 0.001))} a second`,
);
