import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kafka, Partitioners } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { createKafka } from '../../../src/kafka/client.ts';
import { withAdmin } from '../../../src/kafka/topics.ts';
import { decodeEvents } from '../../../src/pipeline/kafka/events-message.ts';
import { alertsSaid, readTopic } from '../../chaos/outcome.ts';
import { COMPILED } from '../../compiled.ts';
import { temporaryFolder } from '../../config/temp.ts';
import { CONTROL, DEAD_LETTERS, EVENTS, PREFIX } from '../../kafka/names.ts';
import { settingsOf } from '../../kafka/settings-of.ts';
import { type RunningWayward, spawnWayward, waywardSays } from '../../live/wayward.ts';
import { startKafka } from '../../servers/kafka.ts';
import { describeWith } from '../../servers/require-server.ts';

const KEY = { WAYWARD_FINGERPRINT_KEY: 'a key that every process of this test knows' };
const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'wayward.js');
const QUIET = { info() {}, warn() {}, error() {} };
const TOPIC = 'logs';
const PATIENCE = 60_000;
const TIMEOUT = 300_000;
const GOOD = 30;

/** A line of the gateway; the one of each partition's middle has a secret in its URL. */
const line = (number: number, time: number): string =>
  JSON.stringify({
    time: new Date(time).toISOString(),
    msec: String(time / 1000),
    request_id: randomUUID().replaceAll('-', ''),
    remote_addr: '10.1.2.3',
    credential: 'key-1',
    method: 'GET',
    uri: `/v1/orders/${number}`,
    args: number === 7 ? `token=ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}` : '',
    status: 200,
    body_bytes_sent: 100,
  });

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const says = (config: string, ...args: string[]): Promise<Said> =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH, ...COMPILED, ...KEY };
    execFile(process.execPath, [BIN, 'dead-letters', ...args, '--config', config], { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

/** Outcomes of a replay's table, by their words. */
const outcomes = ({ stdout }: Said): Record<string, number> =>
  Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => /^([\d,]+) +(.*)$/.exec(row) ?? [])
      .map(([, count, words]) => [words, Number(count)]),
  );

async function send(
  kafka: Kafka,
  topic: string,
  messages: readonly { value: string | null; headers?: object }[],
  partition = 0,
): Promise<number> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const [sent] = await producer.send({ topic, messages: messages.map((one) => ({ partition, ...one })) as never });
  await producer.disconnect();
  return Number(sent?.baseOffset);
}

/** Ids of events that were replayed, each as often as it was said. */
async function replayedEvents(kafka: Kafka): Promise<{ ids: string[]; late: boolean[] }> {
  const events: { id: string; late: boolean }[] = [];
  await readTopic(kafka, EVENTS, (_, { value }) => {
    const message = decodeEvents(value);
    if (message.from === `${CONTROL}/0`)
      events.push(...message.events.map((event) => ({ id: event.recordId, late: event.late })));
  });
  return { ids: events.map(({ id }) => id), late: events.map(({ late }) => late) };
}

async function until(fits: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await fits()); await sleep(300))
    if (Date.now() > end) throw new Error(`it did not come to this: ${what}`);
}

describeWith('dead letters on Kafka', startKafka, (server) => {
  test(
    'after a fix their records are read again, and each event is put through once, whoever repeats it or forges a letter',
    async () => {
      const folder = temporaryFolder();
      writeFileSync(
        join(folder, 'credentials.json'),
        JSON.stringify({
          credentials: [
            {
              id: 'cred-1',
              agent: 'agent-1',
              peer_group: 'agents',
              slot: 'gateway',
              kind: 'api-key',
              match: { credential_id: 'key-1' },
            },
          ],
        }),
      );
      const configOf = (name: string, format: string): string => {
        const file = join(folder, `${name}.yaml`);
        const kafka = { brokers: [server().broker], prefix: PREFIX, topics: [{ topic: TOPIC, format }], partitions: 2 };
        const fingerprint_key = 'secret://env/WAYWARD_FINGERPRINT_KEY';
        writeFileSync(file, stringify({ kafka, credentials: 'credentials.json', fingerprint_key, state: name }));
        return file;
      };
      const [wrong, mended] = [configOf('wrong', 'vault-audit'), configOf('mended', 'nginx-json')];
      const running = (config: string): RunningWayward => {
        const wayward = spawnWayward(config, KEY, ['--roles', 'ingest,detect']);
        onTestFinished(() => wayward.kill());
        return wayward;
      };
      const kafka = createKafka(await settingsOf({ brokers: [server().broker], prefix: PREFIX }), QUIET);
      await withAdmin(kafka, (admin) => admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }] }));
      await waywardSays(wrong, ['setup', 'kafka'], KEY);
      const began = Date.now() - 600_000;
      const lines = Array.from({ length: GOOD }, (_, number) => ({ value: line(number, began + number * 1_000) }));
      await send(kafka, TOPIC, [...lines.slice(0, 10), { value: '{"cut off' }, { value: null }]);
      await send(kafka, TOPIC, lines.slice(10), 1);

      const first = running(wrong);
      const letters = async () => (await says(wrong, 'list', '--json')).stdout.trimEnd().split('\n').filter(Boolean);
      await until(async () => (await letters()).length === GOOD + 2, 'every record is a dead letter');
      expect(await first.stop()).toBe(0);
      const listed = await says(wrong);
      expect(listed.stderr).toMatch(/^wayward: 32 dead letters: \S+ 30, /m);
      expect((await says(wrong, '--source', `${TOPIC}/1`)).stdout.trimEnd().split('\n')).toHaveLength(20);
      expect((await says(wrong, '--reason', 'no-value')).stdout).toContain(
        `"source":"${TOPIC}/0","position":11,"length":0`,
      );

      const before = await says(wrong, 'replay');
      expect(Object.keys(outcomes(before)).every((words) => words.startsWith('still unusable: '))).toBe(true);
      const dry = await says(mended, 'replay');
      expect(outcomes(dry)).toEqual({
        'can be used now: an event': GOOD,
        'still unusable: invalid-json': 1,
        'still unusable: no-value': 1,
      });
      expect(dry.stderr).toContain('--execute replays 30');

      // Nobody ingests: said all the same, and done by the next that does.
      const unheard = await says(mended, 'replay', '--execute');
      expect(unheard).toMatchObject({ code: 3 });
      expect(unheard.stderr).toContain('30 wait: no wayward run took them within 15 s');
      expect(await replayedEvents(kafka)).toEqual({ ids: [], late: [] });
      const second = running(mended);
      await second.line(({ msg }) => msg === 'replayed dead letters', PATIENCE);

      // Again, twice at once, and by words of one's own.
      const again = await Promise.all([says(mended, 'replay', '--execute'), says(mended, 'replay', '--execute')]);
      for (const said of again) expect(outcomes(said)['replayed before']).toBe(GOOD);
      const word = (offsets: readonly number[]) => ({
        value: JSON.stringify({ say: 'replay', id: randomUUID(), by: 'stranger', letters: offsets }),
      });
      const everything = Array.from({ length: 40 }, (_, offset) => offset);
      await send(kafka, CONTROL, [word(everything), word(everything)]);

      // A letter that no ingester wrote, of a record that has been used.
      const used = await send(kafka, TOPIC, [{ value: line(99, Date.now()) }]);
      const [sample = '{}'] = await letters();
      const forged = await send(kafka, DEAD_LETTERS, [
        {
          value: JSON.stringify({ ...JSON.parse(sample), source: 'forged', position: used }),
          headers: {
            reason: 'invalid-json',
            topic: TOPIC,
            partition: '0',
            offset: String(used),
            seal: `hmac-sha256:${'0'.repeat(64)}`,
          },
        },
        { value: 'no letter at all' },
      ]);
      await send(kafka, CONTROL, [word([forged, forged + 1])]);
      await second.line(
        ({ msg, topic, offset }) =>
          topic === DEAD_LETTERS && offset === String(forged) && String(msg).includes("none of Wayward's"),
        PATIENCE,
      );
      await second.line(
        ({ msg, topic, offset }) =>
          topic === DEAD_LETTERS && offset === String(forged + 1) && String(msg).includes("none of Wayward's"),
        PATIENCE,
      );
      expect((await says(mended)).stderr).toContain('1 of what stands there are no dead letters');

      const { ids, late } = await replayedEvents(kafka);
      expect(ids).toHaveLength(GOOD);
      expect(new Set(ids).size).toBe(GOOD);
      expect(late.every(Boolean)).toBe(true);
      await until(async () => (await alertsSaid(kafka)).newest.size > 0, 'an alert');
      const { newest } = await alertsSaid(kafka);
      expect([...newest.values()].map(({ document }) => JSON.parse(document).message)).toEqual([
        expect.stringMatching(/secret/i),
      ]);
      expect(await second.stop()).toBe(0);

      // What has been deleted is told as gone.
      const third = running(wrong);
      const more = await send(kafka, TOPIC, [{ value: line(100, Date.now()) }], 1);
      await until(
        async () => (await says(wrong, '--source', `${TOPIC}/1`)).stdout.includes(`"position":${more},`),
        'one more',
      );
      expect(await third.stop()).toBe(0);
      await withAdmin(kafka, async (admin) => {
        await admin.fetchTopicOffsets(TOPIC); // else kafkajs knows no leader
        await admin.deleteTopicRecords({ topic: TOPIC, partitions: [{ partition: 1, offset: String(more + 1) }] });
      });
      const gone = await says(mended, 'replay', '--source', `${TOPIC}/1`);
      expect(outcomes(gone)).toEqual({ 'gone: another record or none stands there': 1, 'replayed before': 20 });
      expect(gone.stderr).toContain('nothing to replay');
    },
    TIMEOUT,
  );
});
