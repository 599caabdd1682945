import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { logLevel, type Producer } from 'kafkajs';
import { onTestFinished } from 'vitest';
import { alertDocument } from '../../../src/alerts/document.ts';
import { loadConfig } from '../../../src/config/wayward-yaml.ts';
import type { Severity } from '../../../src/detectors/finding.ts';
import { createKafka, type Kafka } from '../../../src/kafka/client.ts';
import { TopicReader } from '../../../src/kafka/topic-reader.ts';
import { makeTopic, withAdmin } from '../../../src/kafka/topics.ts';
import { ownTopics } from '../../../src/pipeline/kafka/own-topics.ts';
import { Replica } from '../../../src/pipeline/kafka/replica.ts';
import { COMPILED } from '../../compiled.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { PREFIX } from '../../kafka/names.ts';
import { type RunningWayward, spawnWayward } from '../../live/wayward.ts';
import { alertOf } from '../../response/alert-of.ts';
import { type Issuer, startIssuer } from '../../servers/issuer.ts';

const ENV = {
  WEBHOOK_KEY: 'key of the tests',
  APPROVAL_KEY: 'key of the links, long enough to sign them',
  FINGERPRINT_KEY: '0123456789abcdef'.repeat(4),
};
/** Of the crowd. */
const AGENTS = 12;
const QUIET = { info() {}, warn() {}, error() {} };

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
interface Running {
  readonly pid: number;
  /** So far. */
  readonly stderr: () => string;
  readonly said: Promise<Said>;
}

/** What is at every process of a place, besides. */
interface Furniture {
  /** As in the registry. */
  readonly credentials?: readonly object[];
  /** As in wayward.yaml. */
  readonly settings?: object;
  /** Of the configuration's `revokers:`. */
  readonly revokers?: object;
  readonly env?: Readonly<Record<string, string>>;
  /** As in wayward.yaml. */
  readonly prefix?: string;
}

export interface Place {
  readonly kafka: Kafka;
  readonly issuer: Issuer;
  readonly replica: Replica;
  /** Files of a process with a state folder of its own. */
  config(name: string, more?: object): string;
  /** `wayward run` in a process of its own; `more` of wayward.yaml. */
  process(name: string, roles: string, more?: object): RunningWayward;
  /** A responder in a process of its own. */
  responder(name: string): RunningWayward;
  /** A command, run to its end on a machine of this name. */
  command(name: string, ...args: string[]): Promise<Said>;
  /** A command that has only begun. */
  begin(name: string, ...args: string[]): Running;
  /** High alerts of these numbers, of agents of these numbers, unless `severity` says otherwise; `age` in milliseconds. */
  alert(numbers: readonly number[], age?: number, severity?: Severity): Promise<void>;
  /** A message on the control topic, as the command line or anybody else writes it. */
  say(word: unknown, at?: number): Promise<void>;
  /** What there is for Elasticsearch about response. */
  documents(): Promise<unknown[]>;
}

/** Empty topics, an issuer, and what many agents hold. `response` as in wayward.yaml. */
export async function newPlace(
  broker: string,
  response: object,
  { credentials: others = [], settings: more = {}, revokers = {}, env: moreEnv = {}, prefix = PREFIX }: Furniture = {},
): Promise<Place> {
  const folder = temporaryFolder();
  const issuer = await startIssuer();
  onTestFinished(() => issuer.stop());
  const credentials = Array.from({ length: AGENTS }, (_, at) => ({
    id: `cred-${at}`,
    agent: `agent-${at}`,
    peer_group: 'crowd',
    slot: 'api',
    kind: 'api-key',
    match: { credential_id: `key-${at}` },
    revoke: { with: 'webhook', url: `${issuer.url}/revoke`, verify_url: `${issuer.url}/verify` },
  }));
  writeFileSync(join(folder, 'credentials.json'), JSON.stringify({ credentials: [...credentials, ...others] }));
  const env = { ...ENV, ...moreEnv };
  const config = (name: string, own: object = {}): string => {
    mkdirSync(join(folder, name), { recursive: true });
    const file = join(folder, name, 'wayward.yaml');
    const content = {
      kafka: { brokers: [broker], prefix, session_timeout: '10s' },
      credentials: '../credentials.json',
      fingerprint_key: 'secret://env/FINGERPRINT_KEY',
      response: { mode: 'auto', limits: { credentials: 1_000, peer_group_percent: 100 }, ...response },
      revokers: { webhook: { secret: 'secret://env/WEBHOOK_KEY' }, ...revokers },
      ...more,
      ...own,
    };
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  const settings = loadConfig(config('observer')).kafka;
  if (settings === undefined) throw new Error('no kafka: in it');
  const kafka = createKafka(settings, QUIET);
  await emptyTopics(kafka);
  const replica = await Replica.open(kafka, join(folder, 'observer', '.wayward'));
  onTestFinished(() => replica.close());
  const producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const start = (name: string, roles: string, own?: object): RunningWayward => {
    const running = spawnWayward(config(name, own), env, ['--roles', roles]);
    onTestFinished(() => running.kill());
    return running;
  };
  const begin = (name: string, ...args: string[]) => begun([...args, '--config', config(name)], env);
  return {
    kafka,
    issuer,
    replica,
    config,
    process: start,
    responder: (name) => start(name, 'respond'),
    command: (name, ...args) => begin(name, ...args).said,
    begin,
    alert: (numbers, age = 0, severity = 'high') =>
      sendAlerts(producer, kafka.names.topics.alerts, numbers, age, severity),
    say: async (word, at = Date.now()) => {
      const message = { partition: 0, value: JSON.stringify(word), timestamp: String(at) };
      await producer.send({ topic: kafka.names.topics.control, messages: [message] });
    },
    documents: () => documentsOn(kafka),
  };
}

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'wayward.js');

function begun(args: readonly string[], secrets: Readonly<Record<string, string>>): Running {
  const ended = Promise.withResolvers<Said>();
  const env = { PATH: process.env.PATH, ...COMPILED, ...secrets };
  const child = execFile(process.execPath, [BIN, ...args], { env }, (error, stdout, stderr) => {
    ended.resolve({ code: Number(error?.code ?? 0), stdout, stderr });
  });
  let soFar = '';
  child.stderr?.on('data', (text: string) => {
    soFar += text;
  });
  return { pid: child.pid ?? -1, stderr: () => soFar, said: ended.promise };
}

async function sendAlerts(
  producer: Producer,
  topic: string,
  numbers: readonly number[],
  age: number,
  severity: Severity,
): Promise<void> {
  const messages = numbers.map((number) => {
    const alert = alertOf({
      id: `alert-${number}`,
      credentials: [`cred-${number}`],
      agent: `agent-${number}`,
      peerGroup: 'crowd',
      openedAt: Date.now() - age,
      severity,
    });
    return {
      partition: 0,
      key: alert.id,
      value: JSON.stringify(alertDocument(alert)),
      headers: { alert: JSON.stringify(alert) },
    };
  });
  await producer.send({ topic, acks: -1, messages });
}

async function documentsOn(kafka: Kafka): Promise<unknown[]> {
  const reader = await TopicReader.open(kafka, kafka.names.topics.documents, 1);
  const found: unknown[] = [];
  await reader.read(
    0,
    ({ value }) => {
      const document = JSON.parse(String(value));
      if (document.stream === 'response') found.push(document);
      return false;
    },
    AbortSignal.timeout(2_000),
  );
  await reader.close();
  return found;
}

/** Wayward's own topics, without what an earlier test left in them. */
async function emptyTopics(kafka: Kafka): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    admin.logger().setLogLevel(logLevel.NOTHING);
    const plans = ownTopics(kafka.names.topics, 1, 1);
    const there = new Set(await admin.listTopics());
    await admin.deleteTopics({ topics: plans.map(({ topic }) => topic).filter((topic) => there.has(topic)) });
    while ((await admin.listTopics()).some((topic) => topic.startsWith(kafka.names.topicsBegin))) await sleep(50);
    for (const plan of plans) await makeTopic(admin, plan);
  });
}

/** Until the process is the one that responds. */
export const responds = (process: RunningWayward) =>
  process.line(({ msg }) => msg === 'this process responds now', 60_000);

/** To wait until the process has found out, from now on, that its group has met without it, and stands by. */
export function metAgain({ lines }: RunningWayward): () => Promise<void> {
  const { length } = lines;
  const isBack = () => lines.slice(length).some(({ msg }) => msg === 'partitions assigned');
  return () => until(isBack, 'it meets its group again', 120_000);
}

/** Waits until it is so. */
export async function until(isSo: () => boolean, what: string, timeout = 60_000): Promise<void> {
  for (const end = Date.now() + timeout; !isSo(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`still not so: ${what}`);
  }
}
