import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka as Client, logLevel } from 'kafkajs';
import { patchKafkajs } from '../../src/kafka/patches/patch.ts';
import { ended } from './ended.ts';
import { freePort } from './free-port.ts';
import { scramUsers, securedListeners, type TlsFiles, type Users } from './kafka-security.ts';
import { mavenTarget } from './maven.ts';
import { borrow } from './pool/borrow.ts';
import { watched, watchedFolder } from './watched.ts';

export interface Kafka {
  /** `localhost:port`, without TLS or password. */
  readonly broker: string;
  /** Where the broker keeps a topic's records, a folder for each partition. */
  foldersOf(topic: string): string[];
  /** What the topics' records take on the disk, of all partitions together. */
  bytesOf(topics: readonly string[]): number;
  /** Stops in good order and removes the data. */
  stop(): Promise<void>;
}

/** One that nobody else uses. */
export interface OwnKafka extends Kafka {
  /** With `users` only. */
  readonly secured: SecuredKafka | undefined;
  /** As `kill -9` does; `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it on the same ports with the same data. */
  restart(): Promise<void>;
  /** Freezes the process until `resume`: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Turns bits over, at so many bytes in the first file of each topic's partition 0, as a bad disk might. Restarts it for that. */
  damage(topics: readonly string[], at: number): Promise<void>;
}

/** Where a Kafka is that others may use. */
export interface KafkaAddress {
  readonly broker: string;
  /** The folder of the records. */
  readonly data: string;
}

interface SecuredKafka extends TlsFiles {
  /** `localhost:port`: TLS, and SASL with PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly saslBroker: string;
  /** `localhost:port`: TLS with a client certificate instead of a password. */
  readonly mtlsBroker: string;
}

interface KafkaOptions {
  /** Passwords by user: adds the listeners of `secured`. */
  readonly users?: Users;
  /** As `java -Xmx` takes it. */
  readonly heap?: string;
  /** Further options of the JVM. */
  readonly jvm?: readonly string[];
  /** Lines of server.properties, over those that suit a test. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Starts something between clients and the port that it is given; the port that clients are to use. */
  readonly through?: (port: number) => Promise<number>;
}

const VERSION = '4.4.0';
const READY_TIMEOUT_MS = 60_000;
const DAMAGED_BYTES = 8;

/** A clean Kafka without passwords for one suite: of the run's pool, else one of its own. It is not to be stopped or broken. */
export async function startKafka(): Promise<Kafka> {
  const borrowed = await borrow<KafkaAddress>('kafka');
  if (borrowed === undefined) return startOwnKafka();
  patchKafkajs(); // of the clients that tests make by themselves
  return kafkaAt(borrowed.address, borrowed.giveBack);
}

const kafkaAt = ({ broker, data }: KafkaAddress, stop: () => Promise<void>): Kafka => ({
  broker,
  stop,
  foldersOf: (topic) => foldersIn(data, topic),
  bytesOf: (topics) => topics.reduce((sum, topic) => sum + bytesIn(data, topic), 0),
});

/** A real Apache Kafka, broker and controller in one process, on free loopback ports. Throws MissingServer without Java or Maven. */
export async function startOwnKafka({
  users,
  heap = '256m',
  jvm: more = [],
  properties: own,
  through,
}: KafkaOptions = {}): Promise<OwnKafka & KafkaAddress> {
  patchKafkajs();
  const target = await mavenTarget('kafka-broker', VERSION);
  const home = watchedFolder('kafka');
  const port = await freePort();
  const controllerPort = await freePort();
  const security = users === undefined ? undefined : await securedListeners(home, users);

  const properties = join(home, 'server.properties');
  const node = singleNode(home, port, controllerPort, security?.listeners ?? []);
  const advertised = through && { 'advertised.listeners': `PLAINTEXT://localhost:${await through(port)}` };
  const settings = { ...node, ...security?.properties, ...advertised, ...own };
  writeFileSync(
    properties,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const classPath = [join(target, 'classes'), join(target, 'lib', '*')].join(delimiter);
  const jvm = [
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    LOG_LEVEL,
    ...more,
    '-cp',
    classPath,
  ];
  const command = [...jvm, 'Broker', properties, ...scramUsers(users ?? {})];

  const broker = `localhost:${port}`;
  let server = await started(command, broker);
  const data = join(home, 'data');
  const stop = async () => {
    await ended(server, 'SIGTERM');
    rmSync(home, { recursive: true, force: true });
  };
  return {
    ...kafkaAt({ broker, data }, stop),
    ...{ data, secured: security?.secured },
    kill: () => ended(server, 'SIGKILL'),
    async restart() {
      await ended(server, 'SIGTERM');
      server = await started(command, broker);
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    async damage(topics, at) {
      await ended(server, 'SIGTERM');
      for (const topic of topics) turnOver(join(data, `${topic}-0`, '00000000000000000000.log'), at);
      server = await started(command, broker);
    },
  };
}

const foldersIn = (data: string, topic: string): string[] =>
  readdirSync(data)
    .filter((name) => name.replace(/-\d+$/, '') === topic)
    .map((partition) => join(data, partition));

function bytesIn(data: string, topic: string): number {
  const files = foldersIn(data, topic).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => join(folder, name)),
  );
  return files.reduce((sum, file) => sum + statSync(file).size, 0);
}

function turnOver(file: string, at: number): void {
  const bytes = readFileSync(file);
  for (let i = at; i < at + DAMAGED_BYTES; i++) bytes[i] = ~(bytes[i] ?? 0);
  writeFileSync(file, bytes);
}

const LOG_LEVEL = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';

async function started(command: readonly string[], broker: string): Promise<ChildProcess> {
  const server = watched(spawn('java', command, { stdio: ['ignore', 'ignore', 'pipe'], detached: true }));
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await isReady(broker))) {
    if (server.exitCode !== null || Date.now() > deadline) {
      await ended(server, 'SIGKILL');
      throw new Error(`Kafka did not start: ${log}`);
    }
    await sleep(50);
  }
  return server;
}

/** A broker answers before it counts itself in; until then no topic can be made. */
async function isReady(broker: string): Promise<boolean> {
  const client = new Client({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = client.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false; // not listening yet
  } finally {
    await admin.disconnect();
  }
}

/** server.properties of one node that is all: nothing is replicated, and nothing waits for others. */
function singleNode(home: string, port: number, controllerPort: number, more: readonly string[]) {
  const data = join(home, 'data');
  mkdirSync(data);
  const listeners = [`PLAINTEXT://localhost:${port}`, ...more];
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@localhost:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners, `CONTROLLER://localhost:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // So that a test need not wait 6 s until a dead member is missed.
    'group.min.session.timeout.ms': '1000',
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '500',
    'log.cleaner.dedupe.buffer.size': '4194304',
  };
}
