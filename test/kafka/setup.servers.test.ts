import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/wayward-yaml.ts';
import { createKafka } from '../../src/kafka/client.ts';
import { requireTopics, withAdmin } from '../../src/kafka/topics.ts';
import { runIn } from '../cli/process.ts';
import { run } from '../cli/run.ts';
import { problemsOf, temporaryFile } from '../config/temp.ts';
import { freePort } from '../servers/free-port.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const quiet = { info() {}, warn() {}, error() {} };
const OWN = ['alerts', 'control', 'dead-letters', 'documents', 'events', 'ingest', 'response', 'state'].map(
  (name) => `wayward.${name}`,
);

/** The real command with a configuration of this content. */
const setup = (kafka: object, ...options: string[]) =>
  run(['setup', 'kafka', '--config', temporaryFile('wayward.yaml', JSON.stringify({ kafka })), ...options]);

// Its own, since it says what is there and what is not.
describeWith('wayward setup kafka', startOwnKafka, (server) => {
  const client = async () => createKafka(await settingsOf({ brokers: [server().broker] }), quiet);
  const topics = async () => (await withAdmin(await client(), (admin) => admin.listTopics())).sort();

  test('as a process of its own, as users start it', async () => {
    const file = temporaryFile('wayward.yaml', JSON.stringify({ kafka: { brokers: [server().broker] } }));
    const { code, stdout, stderr } = await runIn(dirname(file), ['setup', 'kafka', '--dry-run']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^would be made/m);
  });

  test('a dry run says what it would make, and makes nothing', async () => {
    const { code, stdout } = await setup({ brokers: [server().broker] }, '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^would be made +wayward\.events +partitions=12 replicas=1 .*retention\.ms=604800000/m);
    expect(stdout.match(/^would be made/gm)).toHaveLength(OWN.length);
    expect(await topics()).toEqual([]);
  });

  test('missing topics: exit 3 in words that help, for our own and for raw ones', async () => {
    const kafka = await client();
    await expect(requireTopics(kafka, ['wayward.events', 'wayward.state'])).rejects.toMatchObject({
      name: 'ServerUnavailableError',
      message:
        'Kafka has no topic wayward.events, wayward.state, or does not show it to this user; run wayward setup kafka',
    });
    await expect(requireTopics(kafka, ['gateway-logs'])).rejects.toThrow(
      /no topic gateway-logs.*make those that hold your logs, or mend kafka\.topics/,
    );
  });

  test('makes each topic with its settings; the second time there is nothing to do', async () => {
    const kafka = { brokers: [server().broker], partitions: 4, topics: [{ topic: 'raw-logs', format: 'nginx-json' }] };
    const first = await setup(kafka);
    expect(first.code).toBe(0);
    expect(first.stdout.match(/^made /gm)).toHaveLength(OWN.length);
    expect(first.stderr).toContain('the topic raw-logs of kafka.topics is not there');
    expect(await topics()).toEqual(OWN);

    const second = await setup(kafka);
    expect(second.code).toBe(0);
    expect(second.stdout.match(/^there +wayward\.[a-z-]+$/gm)).toHaveLength(OWN.length);
    await requireTopics(await client(), OWN);
    const { topics: made } = await withAdmin(await client(), (admin) => admin.fetchTopicMetadata({ topics: OWN }));
    const partitions = Object.fromEntries(made.map((topic) => [topic.name, topic.partitions.length]));
    expect(partitions).toMatchObject({
      'wayward.events': 4,
      'wayward.state': 4,
      'wayward.ingest': 1,
      'wayward.alerts': 1,
    });
  });

  test('what differs is told and left as it is', async () => {
    const { code, stdout, stderr } = await setup({ brokers: [server().broker], partitions: 8 });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^differs +wayward\.events +partitions=4, planned 8$/m);
    expect(stdout).toMatch(/^there +wayward\.alerts$/m);
    expect(stderr).toContain('topics that differ stay as they are');
    const { topics: after } = await withAdmin(await client(), (admin) =>
      admin.fetchTopicMetadata({ topics: ['wayward.events'] }),
    );
    expect(after[0]?.partitions).toHaveLength(4);

    await withAdmin(await client(), async (admin) => {
      const configEntries = [{ name: 'retention.ms', value: '1000' }];
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: 'wayward.response', configEntries }],
      });
    });
    const altered = await setup({ brokers: [server().broker], partitions: 4 });
    expect(altered.stdout).toMatch(
      /^differs +wayward\.response +retention\.ms=1000, planned -1; max\.message\.bytes=/m,
    );
  });

  test('another prefix is another Wayward: its topics are made beside, and it says that all begins anew', async () => {
    const kafka = { brokers: [server().broker], prefix: 'acme.' };
    const others = createKafka(await settingsOf(kafka), quiet);
    const anew = 'this cluster has topics of Wayward under kafka.prefix "", and with "acme." all begins anew';
    await expect(requireTopics(others, ['acme.wayward.alerts'])).rejects.toThrow(
      `no topic acme.wayward.alerts, or does not show it to this user; run wayward setup kafka; ${anew}`,
    );

    const first = await setup(kafka);
    expect(first.stderr).toContain(anew);
    const theirs = OWN.map((name) => `acme.${name}`);
    expect(await topics()).toEqual([...theirs, ...OWN]);
    expect((await setup(kafka)).stderr).toBe('');
    await withAdmin(others, (admin) => admin.deleteTopics({ topics: theirs }));
    await expect.poll(topics).toEqual(OWN); // a moment later
  });

  test('two at once: both succeed', async () => {
    await withAdmin(await client(), (admin) => admin.deleteTopics({ topics: OWN }));
    await expect.poll(topics).toEqual([]); // a moment later
    const both = await Promise.all([1, 2].map(() => setup({ brokers: [server().broker] })));
    expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(2).fill({ code: 0, stderr: '' }));
    expect(await topics()).toEqual(OWN);
  });
});

test('no broker: exit 3 and its name', async () => {
  const broker = `localhost:${await freePort()}`;
  const { code, stderr } = await setup({ brokers: [broker] });
  expect(code).toBe(3);
  expect(stderr).toContain(`Kafka (${broker}) does not answer`);
});

test('no kafka: in the configuration: exit 2', async () => {
  const { code, stderr } = await run(['setup', 'kafka', '--config', temporaryFile('wayward.yaml', '')]);
  expect(code).toBe(2);
  expect(stderr).toContain('write kafka: { brokers: [kafka-1.example.com:9092] }');
});

describe('kafka: in wayward.yaml', () => {
  const problems = (text: string) => {
    const file = temporaryFile('wayward.yaml', text);
    return problemsOf(file, () => loadConfig(file));
  };

  test.each([
    ['kafka: {}\n', 'FILE:1: kafka.brokers is missing; write brokers: [kafka-1.example.com:9092]'],
    [
      'kafka:\n  brokers: [kafka]\n',
      'FILE:2: kafka.brokers[0] is not HOST:PORT; write such as kafka-1.example.com:9092 or [2001:db8::7]:9092',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  tls: yes please\n',
      'FILE:3: kafka.tls must be keys and values; write tls: true, or ca: with a file below it',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  tls:\n    cert: a.pem\n    key: a plain key\n',
      'FILE:5: kafka.tls.key must not hold the secret itself; put it into a file of mode 0600 and write secret://env/NAME, or secret://file/PATH, or secret://vault/PATH#FIELD, or secret://aws-secrets-manager/NAME#FIELD, or secret://gcp-secret-manager/projects/PROJECT/secrets/NAME',
    ],
    ['kafka:\n  brokers: [a:1]\n  tls:\n    ca: 7\n', 'FILE:4: kafka.tls.ca must be a text; write ca: kafka-ca.pem'],
    [
      'kafka:\n  brokers: [a:1]\n  tls:\n    sever_name: kafka\n',
      'FILE:4: kafka.tls "sever_name" is not a known key; write server_name',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  tls: false\n',
      'FILE:3: kafka.tls must be keys and values; write tls: true, or ca: with a file below it',
    ],
    ['kafka:\n  brokers: [a:1]\n  tls:\n    cert: a.pem\n', 'FILE:4: kafka.tls.cert has no key; write key: beside it'],
    [
      'kafka:\n  brokers: [a:1]\n  tls:\n    key: secret://env/K\n',
      'FILE:4: kafka.tls.key has no certificate; write cert: beside it',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  sasl:\n    mechanism: scram\n    username: u\n    password: secret://env/P\n',
      'FILE:4: kafka.sasl.mechanism is not one of the known values; write one of plain, scram-sha-256, scram-sha-512, oauthbearer',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  sasl:\n    mechanism: plain\n    username: u\n    password: secret://env/P\n',
      'FILE:4: kafka.sasl.mechanism would send the password in clear; write tls: true, or scram-sha-512 here',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  tls: true\n  sasl:\n    mechanism: oauthbearer\n    token_url: http://login.example.com/token\n    client_id: wayward\n    client_secret: secret://env/S\n',
      'FILE:6: kafka.sasl.token_url must be https: the secret of the client is sent there',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  tls: true\n  sasl:\n    mechanism: oauthbearer\n    username: wayward\n    token_url: https://login.example.com/token\n    client_id: wayward\n    client_secret: secret://env/S\n',
      'FILE:6: kafka.sasl "username" is not a known key; leave it out, or use one of mechanism, token_url, client_id, client_secret, scope, audience, resource',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - topic: logs\n',
      'FILE:4: kafka.topics[0].format is missing; write format: nginx-json',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - topic: logs\n      format: nginx-jsno\n',
      'FILE:5: kafka.topics[0].format is no known format; write nginx-json',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - { topic: wayward.events, format: nginx-json }\n',
      'FILE:4: kafka.topics[0].topic begins with "wayward." as Wayward\'s own topics do; write a topic that holds logs',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - { topic: a, format: nginx-json }\n    - { topic: a, format: pgaudit-json }\n',
      'FILE:5: kafka.topics[1].topic is there twice; leave one of them out',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - { topic: "a b", format: nginx-json }\n',
      'FILE:4: kafka.topics[0].topic is not the name of a topic; write 1 to 249 letters, digits, ".", "_" or "-"',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  prefix: acme.\n  topics:\n    - { topic: acme.wayward.x, format: nginx-json }\n',
      'FILE:5: kafka.topics[0].topic begins with "acme.wayward." as Wayward\'s own topics do; write a topic that holds logs',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  topics:\n    - { topic: acme.wayward.alerts, format: nginx-json }\n',
      'FILE:4: kafka.topics[0].topic is called as a topic of another Wayward is, with its kafka.prefix; write a topic that holds logs',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  prefix: acme/\n',
      'FILE:3: kafka.prefix has a character that no name of a topic may have; write letters, digits, ".", "_" or "-"',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  prefix: acme.wayward.events\n',
      'FILE:3: kafka.prefix holds a name of Wayward itself; write only what comes before those, such as acme.',
    ],
    [
      'kafka:\n  brokers: [a:1]\n  session_timeout: 10s\n  heartbeat: 5s\n',
      'FILE:4: kafka.heartbeat is more than a third of session_timeout: one that is late could cost a process its partitions; write at most 3333ms',
    ],
    ['kafka:\n  brokers: [a:1]\n  partition: 3\n', 'FILE:3: kafka "partition" is not a known key; write partitions'],
  ])('%j', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test('a password in clear is refused and not shown', () => {
    const text =
      'kafka:\n  brokers: [a:1]\n  sasl:\n    mechanism: scram-sha-512\n    username: u\n    password: clear-canary\n';
    const [problem] = problems(text);
    expect(problem).toMatch(/^FILE:6: kafka\.sasl\.password must not hold the secret itself/);
    expect(problem).not.toContain('canary');
  });

  test('defaults, and paths that start at the file', () => {
    const file = temporaryFile('wayward.yaml', 'kafka: { brokers: [a:1, b:2], tls: { ca: ca.pem } }');
    expect(loadConfig(file).kafka).toEqual({
      brokers: ['a:1', 'b:2'],
      client_id: 'wayward',
      prefix: '',
      tls: { ca: file.replace('wayward.yaml', 'ca.pem'), cert: undefined },
      sasl: undefined,
      topics: [],
      partitions: 12,
      settle: 300,
      max_waiting: 1_000_000,
      snapshot_every: 30_000,
      session_timeout: 45_000,
      heartbeat: undefined,
    });
    expect(loadConfig(temporaryFile('wayward.yaml', 'kafka: { brokers: [a:1], tls: true }')).kafka?.tls).toEqual({});
  });
});
