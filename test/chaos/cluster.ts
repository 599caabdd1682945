import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka as Client, logLevel, Partitioners, type Producer } from 'kafkajs';
import { stringify } from 'yaml';
import type { Kafka } from '../../src/kafka/client.ts';
import { registerCodecs } from '../../src/kafka/codecs.ts';
import { ownNames } from '../../src/kafka/names.ts';
import { patchKafkajs } from '../../src/kafka/patches/patch.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { PREFIX } from '../kafka/names.ts';
import { type RunningWayward, spawnWayward, waywardSays } from '../live/wayward.ts';
import type { ChaosLogs, LiveLine, RawPartition } from './logs.ts';
import { FINGERPRINT_KEY } from './names.ts';

const KEY = { WAYWARD_FINGERPRINT_KEY: FINGERPRINT_KEY };
const DETECTORS = join(import.meta.dirname, '..', '..', 'detectors');
const OWN_BIN = join(import.meta.dirname, '..', '..', 'bin', 'wayward.js');
/** Bytes of lines in one request. */
const REQUEST_BYTES = 512 * 1024;
const FEED_EVERY = 20;

export interface ClusterOptions {
  readonly folder: string;
  readonly broker: string;
  readonly logs: ChaosLogs;
  /** Further parts of wayward.yaml. */
  readonly settings?: object;
  readonly kafka?: object;
  /** `kafka.prefix` */
  readonly prefix?: string;
  /** Of every process, beside the fingerprint key. */
  readonly env?: Readonly<Record<string, string>>;
  /** Launcher of another version, for every process that is told no other. */
  readonly bin?: string;
}

/** Raw topics with their history, the same lines as files, and processes of Wayward that work on them. */
export class Cluster {
  readonly client: Kafka;
  readonly config: string;
  /** Those that were started, dead ones included. */
  readonly started: RunningWayward[] = [];
  /** Of `kafka:`, for processes that are started from now on. */
  kafka: object = {};
  readonly #folder: string;
  readonly #settings: { readonly kafka: object; readonly [part: string]: unknown };
  readonly #env: Readonly<Record<string, string>>;
  readonly #producer: Producer;
  readonly #bin: string | undefined;

  private constructor(options: ClusterOptions) {
    const topics = Map.groupBy(options.logs.partitions, ({ topic }) => topic);
    this.#folder = options.folder;
    this.#env = { ...KEY, ...options.env };
    this.#bin = options.bin;
    this.#settings = {
      kafka: {
        brokers: [options.broker],
        ...written(options.prefix ?? PREFIX),
        topics: [...topics].map(([topic, [first]]) => ({ topic, format: first?.format })),
        ...options.kafka,
      },
      detectors: DETECTORS,
      fingerprint_key: 'secret://env/WAYWARD_FINGERPRINT_KEY',
      ...options.settings,
    };
    patchKafkajs();
    registerCodecs();
    const client = new Client({
      brokers: [options.broker],
      logLevel: logLevel.NOTHING,
      retry: { retries: 50, maxRetryTime: 1_000 },
    });
    const session = { timeout: 10_000, heartbeat: 2_000 };
    this.client = Object.assign(client, { names: ownNames(options.prefix ?? PREFIX), session });
    this.#producer = this.client.producer({
      idempotent: true,
      createPartitioner: Partitioners.DefaultPartitioner,
      metadataMaxAge: 1_000, // what is for a partition that kafkajs does not know yet is dropped without a word
    });
    this.config = join(options.folder, 'wayward.yaml');
  }

  static async make(options: ClusterOptions): Promise<Cluster> {
    const { folder, logs } = options;
    const cluster = new Cluster(options);
    mkdirSync(folder, { recursive: true });
    const topics = Map.groupBy(logs.partitions, ({ topic }) => topic);
    writeFileSync(join(folder, 'credentials.yaml'), logs.registry);
    writeFileSync(cluster.config, stringify(cluster.#settings));
    await withAdmin(cluster.client, async (admin) => {
      for (const [topic, { length }] of topics)
        await makeTopic(admin, { topic, partitions: length, replicas: 1, config: {} });
    });
    await cluster.says(['setup', 'kafka']);
    await cluster.#producer.connect();
    return cluster;
  }

  /** The log that holds the same lines as the partition, in the same order. */
  file(topic: string, partition: number): string {
    return join(this.#folder, `${topic}-${partition}.log`);
  }

  async load(partitions: readonly RawPartition[]): Promise<void> {
    for (const { topic, partition, lines } of partitions) {
      for (const some of requests(lines)) await this.write(topic, partition, some);
    }
  }

  /** Writes each line when its time has come. */
  async feed(lines: readonly LiveLine[]): Promise<void> {
    let at = 0;
    while (at < lines.length) {
      const now = Date.now();
      const later = lines.findIndex(({ time }, index) => index >= at && time > now);
      const due = lines.slice(at, later === -1 ? lines.length : later);
      for (const own of Map.groupBy(due, ({ topic, partition }) => `${topic}/${partition}`).values()) {
        const [first] = own;
        if (first === undefined) continue;
        await this.write(
          first.topic,
          first.partition,
          own.map(({ line }) => line),
        );
      }
      at += due.length;
      await sleep(FEED_EVERY);
    }
  }

  async write(topic: string, partition: number, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    appendFileSync(this.file(topic, partition), lines.map((line) => `${line}\n`).join(''));
    await this.#producer.send({ topic, acks: -1, messages: lines.map((value) => ({ value, partition })) });
  }

  /** Records that nothing will read: they are in no file. */
  async writeUnread(topic: string, partition: number, count: number): Promise<void> {
    const messages = Array.from({ length: count }, (_, at) => ({ value: `unread ${at}`, partition }));
    await this.#producer.send({ topic, acks: -1, messages });
  }

  /** A process with a state folder of its own, as on a machine of its own. */
  start(
    roles?: string,
    env: Readonly<Record<string, string>> = {},
    more: readonly string[] = [],
    bin = this.#bin,
  ): RunningWayward {
    const name = `process-${this.started.length + 1}`;
    const config = join(this.#folder, `${name}.yaml`);
    const kafka = { ...this.#settings.kafka, ...this.kafka, ...(knowsSession(bin) && { session_timeout: '10s' }) };
    writeFileSync(config, stringify({ ...this.#settings, kafka, state: name }));
    const args = [...(roles === undefined ? [] : ['--roles', roles]), ...more];
    const wayward = spawnWayward(config, { ...this.#env, ...env }, args, bin);
    this.started.push(wayward);
    return wayward;
  }

  /** What another command says. */
  says(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return waywardSays(this.config, args, { ...this.#env, ...env }, this.#bin);
  }

  async close(): Promise<void> {
    await Promise.all(this.started.map((wayward) => wayward.kill()));
    await this.#producer.disconnect();
  }
}

/** Earlier versions know no session_timeout; with the default, nobody would miss a process that was killed for 45 s. */
const knowsSession = (bin: string | undefined): boolean => bin === undefined || bin === OWN_BIN;

/** Earlier versions know no prefix. */
const written = (prefix: string) => (prefix === '' ? {} : { prefix });

function* requests(lines: readonly string[]): Generator<string[]> {
  let request: string[] = [];
  let size = 0;
  for (const line of lines) {
    request.push(line);
    size += line.length;
    if (size < REQUEST_BYTES) continue;
    yield request;
    request = [];
    size = 0;
  }
  yield request;
}
