import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import { stringify } from 'yaml';
import { Names } from '../../src/baselines/names.ts';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { createKafka, type Kafka } from '../../src/kafka/client.ts';
import { makeTopic, withAdmin } from '../../src/kafka/topics.ts';
import { names } from '../../test/kafka/names.ts';
import { type RunningWayward, spawnWayward, waywardSays } from '../../test/live/wayward.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { type Kafka as Broker, startOwnKafka } from '../../test/servers/kafka.ts';

export interface StreamsOptions {
  /** Everything that it holds is removed. */
  readonly broker: Broker;
  /** For configuration and the state folders of processes; made where it is missing. */
  readonly folder: string;
  /** A registry file. */
  readonly credentials: string;
  readonly rawPartitions: number;
  readonly eventsPartitions: number;
  /** Further parts of wayward.yaml, and of `kafka:` in it. */
  readonly settings?: object;
  readonly kafka?: object;
}

export interface BenchedWayward extends RunningWayward {
  /** The sum of a metric over its labels, as `/metrics` says now. */
  metric(name: string): Promise<number>;
}

/** The raw topic. */
export const RAW = 'gateway-logs';

const KEY = { WAYWARD_FINGERPRINT_KEY: 'a key that every process of a benchmark knows' };
/** As all of them name things. */
export const NAMES = new Names(Buffer.from(KEY.WAYWARD_FINGERPRINT_KEY));
const SILENT = { info() {}, warn() {}, error: console.error };
/** Characters of lines in one request. */
const REQUEST = 1024 * 1024;

/** As brokers do unless told otherwise: processes that start together share the work from their first moment. */
const PROPERTIES = { 'group.initial.rebalance.delay.ms': '3000' };

export const startBroker = (): Promise<Broker> => startOwnKafka({ heap: '512m', properties: PROPERTIES });

/** One raw topic on a real broker, Wayward's own, and processes of Wayward that work on them. */
export class Streams {
  readonly kafka: Kafka;
  readonly broker: Broker;
  readonly config: string;
  readonly #options: StreamsOptions;
  readonly #producer: Producer;
  readonly #started: RunningWayward[] = [];

  private constructor(options: StreamsOptions) {
    this.#options = options;
    this.broker = options.broker;
    this.config = this.#configFile('setup');
    const { kafka } = loadConfig(this.config);
    if (kafka === undefined) throw new Error('there is no kafka: in it');
    this.kafka = createKafka(kafka, SILENT, 'wayward-bench');
    this.#producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  }

  static async start(options: StreamsOptions): Promise<Streams> {
    mkdirSync(options.folder, { recursive: true });
    const streams = new Streams(options);
    await streams.#remove(() => true);
    const raw = { topic: RAW, partitions: options.rawPartitions, replicas: 1, config: {} };
    await withAdmin(streams.kafka, (admin) => makeTopic(admin, raw));
    await streams.says(['setup', 'kafka']);
    await streams.#producer.connect();
    return streams;
  }

  /** Deals the lines of a log out to the raw partitions, in order: of two requests under way, the later one may arrive first. */
  async load(file: string): Promise<void> {
    const { rawPartitions } = this.#options;
    const waiting: { partition: number; value: string }[] = [];
    let count = 0;
    let size = 0;
    for await (const value of createInterface({ input: createReadStream(file) })) {
      waiting.push({ partition: count % rawPartitions, value });
      count++;
      size += value.length;
      if (size < REQUEST) continue;
      size = 0;
      await this.write(waiting.splice(0));
    }
    await this.write(waiting);
  }

  async write(messages: readonly { readonly partition: number; readonly value: string }[]): Promise<void> {
    if (messages.length > 0) await this.#producer.send({ topic: RAW, acks: -1, messages: [...messages] });
  }

  /** Forgets everything that processes have made of the raw topic. */
  async startAnew(): Promise<void> {
    await this.#remove((topic) => topic.startsWith(names.topicsBegin));
    await this.says(['setup', 'kafka']);
  }

  /** A process with a state folder of its own, as on a machine of its own. */
  async run(roles: string): Promise<BenchedWayward> {
    const port = await freePort();
    const config = this.#configFile(`process-${this.#started.length + 1}`, { http: { port } });
    // So that NODE_OPTIONS=--cpu-prof reaches it.
    const { NODE_OPTIONS = '' } = process.env;
    const wayward = spawnWayward(config, { ...KEY, NODE_OPTIONS }, ['--roles', roles]);
    this.#started.push(wayward);
    return { ...wayward, metric: (name) => metricOf(port, name) };
  }

  /** What another command says. */
  says(args: readonly string[]): Promise<string> {
    return waywardSays(this.config, args, KEY);
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((wayward) => wayward.kill()));
    await this.#producer.disconnect();
    rmSync(this.#options.folder, { recursive: true, force: true });
  }

  /** All groups, and the topics that are meant. */
  async #remove(isMeant: (topic: string) => boolean): Promise<void> {
    await withAdmin(this.kafka, async (admin) => {
      const { groups } = await admin.listGroups();
      await admin.deleteGroups(groups.map(({ groupId }) => groupId));
      const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__') && isMeant(topic));
      if (topics.length > 0) await admin.deleteTopics({ topics });
      while ((await admin.listTopics()).some((topic) => topics.includes(topic))) await sleep(50);
    });
  }

  #configFile(name: string, more: object = {}): string {
    const { folder, credentials, eventsPartitions, settings, kafka } = this.#options;
    const file = join(folder, `${name}.yaml`);
    const topics = [{ topic: RAW, format: 'nginx-json' }];
    const text = stringify({
      kafka: { brokers: [this.broker.broker], topics, partitions: eventsPartitions, session_timeout: '10s', ...kafka },
      credentials,
      fingerprint_key: 'secret://env/WAYWARD_FINGERPRINT_KEY',
      state: name,
      ...settings,
      ...more,
    });
    writeFileSync(file, text);
    return file;
  }
}

async function metricOf(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const values = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return values.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
