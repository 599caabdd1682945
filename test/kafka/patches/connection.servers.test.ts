import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { createKafka } from '../../../src/kafka/client.ts';
import type { KafkaMessage } from '../../../src/kafka/message.ts';
import { patchKafkajs } from '../../../src/kafka/patches/patch.ts';
import { TopicReader } from '../../../src/kafka/topic-reader.ts';
import { makeTopic, withAdmin } from '../../../src/kafka/topics.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';
import { settingsOf } from '../settings-of.ts';
import { connectionTo, metadataRequest } from './connection-to.ts';

const quiet = { info() {}, warn() {}, error() {} };
const TOPIC = 'large';
/** Of a message, bytes. */
const SIZE = 900_000;

/** Of a request for metadata, behind the four bytes of its length. */
const METADATA = 3;

/** Stands before a broker and cuts connections. */
class Scissors {
  cuts = 0;
  /** Cuts the next one that gives a large answer, in the middle of it. */
  isOpen = false;
  /** Cuts at this one of the requests for metadata that come; 0 = at none. */
  atMetadata = 0;
  port = 0;
  readonly #broker: number;

  private constructor(broker: number) {
    this.#broker = broker;
  }

  static async before(broker: number): Promise<Scissors> {
    const scissors = new Scissors(broker);
    const server = createServer((client) => scissors.#serve(client)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    scissors.port = (server.address() as AddressInfo).port;
    return scissors;
  }

  #serve(client: Socket): void {
    const broker = connect(this.#broker, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) socket.on('error', end).on('close', end);
    client.on('data', (bytes: Buffer) => {
      if (bytes.readInt16BE(4) === METADATA && this.atMetadata > 0 && --this.atMetadata === 0) {
        this.cuts++;
        client.resetAndDestroy();
      } else broker.write(bytes);
    });
    let passed = 0;
    broker.on('data', (bytes: Buffer) => {
      client.write(bytes);
      passed += bytes.length;
      if (!this.isOpen || passed < SIZE / 2) return;
      this.isOpen = false;
      this.cuts++;
      client.resetAndDestroy();
    });
  }
}

async function startBehind() {
  let scissors: Scissors | undefined;
  const kafka = await startKafka({
    through: async (port) => {
      scissors = await Scissors.before(port);
      return scissors.port;
    },
  });
  if (scissors === undefined) throw new Error('nothing stands before the broker');
  return { scissors, broker: `localhost:${scissors.port}`, stop: () => kafka.stop() };
}

describeWith('a broker whose answer breaks off', startBehind, (server) => {
  test.each([1, 2])('is asked again what topics there are, also if it is request %i for them', async (which) => {
    const { broker, scissors } = server();
    const kafka = createKafka(await settingsOf({ brokers: [broker] }), quiet);
    scissors.cuts = 0;
    const topics = await withAdmin(kafka, (admin) => {
      if (scissors.cuts === 0) scissors.atMetadata = which;
      return admin.listTopics();
    });
    expect(scissors.cuts).toBe(1);
    expect(topics).toEqual([]);
  });

  test('is read on from where it was: what came of the answer is not taken for the beginning of the next', async () => {
    const { broker, scissors } = server();
    const kafka = createKafka(await settingsOf({ brokers: [broker] }), quiet);
    await withAdmin(kafka, (admin) => makeTopic(admin, { topic: TOPIC, partitions: 1, replicas: 1, config: {} }));
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (let each = 0; each < 4; each++)
      await producer.send({ topic: TOPIC, messages: [{ value: Buffer.alloc(SIZE, each) }] });
    await producer.disconnect();
    const reader = await TopicReader.open(kafka, TOPIC, 1);
    const values: (number | undefined)[] = [];
    const visit = ({ value }: KafkaMessage): boolean => values.push(value?.[0]) >= 4;

    scissors.cuts = 0;
    scissors.isOpen = true;
    await reader.read(0, visit, new AbortController().signal);

    expect(scissors.cuts).toBe(1);
    expect(values).toEqual([0, 1, 2, 3]);
    await reader.close();
  }, 30_000);
});

test('a request that is made while its connection closes is refused, at whatever moment', async () => {
  patchKafkajs();
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const outcomes = new Set<string>();
  for (let ticks = 0; ticks < 10; ticks++) {
    const connection = connectionTo(port);
    await connection.connect();
    const sent = connection.send(metadataRequest()).catch(({ message }: Error) => message);
    for (let tick = 0; tick < ticks; tick++) await undefined;
    await connection.disconnect();
    outcomes.add(String(await sent));
  }

  const notAnswered = 'Request Metadata(key: 3, version: 1) timed out';
  expect(outcomes).toEqual(new Set(['Not connected', 'Closed connection', notAnswered]));
  silent.close();
}, 30_000);
