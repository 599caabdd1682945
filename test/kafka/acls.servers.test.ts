import { type AclEntry, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { benchLines } from '../../bench/generate.ts';
import { createKafka } from '../../src/kafka/client.ts';
import { withAdmin } from '../../src/kafka/topics.ts';
import { settled } from '../chaos/chaos.ts';
import { Cluster } from '../chaos/cluster.ts';
import { alertsSaid } from '../chaos/outcome.ts';
import { run } from '../cli/run.ts';
import { temporaryFile, temporaryFolder } from '../config/temp.ts';
import { startOwnKafka } from '../servers/kafka.ts';
import { describeWith } from '../servers/require-server.ts';
import { settingsOf } from './settings-of.ts';

const PASSWORD = 'acl-password-canary';
const TOPIC = 'gateway';
const PREFIX = 'acme.';

/** A printed command as Kafka's API takes it. */
function aclsOf(command: string): AclEntry[] {
  const words = command.split(' ');
  const after = (option: string): string[] => words.flatMap((one, at) => (one === option ? [words[at + 1] ?? ''] : []));
  const [resource = ''] = ['topic', 'group', 'transactional-id', 'cluster'].filter((one) => words.includes(`--${one}`));
  const kinds: Record<string, AclResourceTypes> = {
    ...{ topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP },
    ...{ 'transactional-id': AclResourceTypes.TRANSACTIONAL_ID, cluster: AclResourceTypes.CLUSTER },
  };
  return after('--operation').map((operation) => ({
    resourceType: kinds[resource] ?? AclResourceTypes.UNKNOWN,
    resourceName: resource === 'cluster' ? 'kafka-cluster' : (after(`--${resource}`)[0] ?? ''),
    resourcePatternType: words.includes('prefixed') ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    principal: after('--allow-principal')[0] ?? '',
    host: '*',
    operation:
      AclOperationTypes[operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() as keyof typeof AclOperationTypes],
    permissionType: AclPermissionTypes.ALLOW,
  }));
}

describeWith(
  'a Kafka that enforces ACLs',
  () =>
    startOwnKafka({
      users: { wayward: PASSWORD },
      properties: {
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS', // the listener without passwords, which the test itself uses
      },
    }),
  (server) => {
    const kafka = () => ({
      brokers: [server().secured?.saslBroker ?? ''],
      prefix: PREFIX,
      partitions: 2,
      tls: { ca: server().secured?.ca },
      sasl: { mechanism: 'scram-sha-512', username: 'wayward', password: 'secret://env/KAFKA_PASSWORD' },
      topics: [{ topic: TOPIC, format: 'nginx-json' }],
    });
    const config = () => temporaryFile('wayward.yaml', JSON.stringify({ kafka: kafka() }));
    const setup = (...more: string[]) =>
      run(['setup', 'kafka', '--config', config(), ...more], { env: { KAFKA_PASSWORD: PASSWORD } });

    test('with what setup kafka --print-acls prints, and nothing else, logs become alerts', async () => {
      const admin = createKafka(await settingsOf({ brokers: [server().broker] }), { info() {}, warn() {}, error() {} });
      const refused = await setup();
      expect(refused.code).toBe(3);

      const printed = await setup('--print-acls');
      const commands = printed.stdout.split('\n').filter((line) => line.startsWith('kafka-acls.sh '));
      await withAdmin(admin, (one) => one.createAcls({ acl: commands.flatMap(aclsOf) }));

      const cluster = await Cluster.make({
        folder: temporaryFolder(),
        broker: server().broker,
        prefix: PREFIX,
        logs: {
          partitions: [{ topic: TOPIC, format: 'nginx-json', partition: 0, lines: [] }],
          registry: 'credentials: []',
          live: () => [],
        },
        kafka: kafka(),
        env: { KAFKA_PASSWORD: PASSWORD },
      });
      onTestFinished(() => cluster.close());
      const wayward = cluster.start('ingest,detect,respond');
      const now = Date.now();
      const [line = ''] = benchLines(1, now, 1);
      await cluster.write(TOPIC, 0, [line.trimEnd()]);
      await settled(cluster, now + 1_000, [`${TOPIC}/0`], 60_000);
      expect((await alertsSaid(cluster.client)).newest.size).toBe(1);
      expect(await wayward.stop()).toBe(0);
      expect(wayward.lines.filter(({ level }) => level === 'error')).toEqual([]);
      expect((await withAdmin(admin, (one) => one.listTopics())).sort()).toContain(`${PREFIX}wayward.alerts`);
    }, 180_000);

    test('the principal is the user of kafka.sasl, or the one that is written', async () => {
      expect((await setup('--print-acls')).stdout).toContain('--allow-principal User:wayward');
      const { stdout } = await setup('--print-acls', 'User:CN=wayward,O=Example Inc');
      expect(stdout).toContain("--allow-principal 'User:CN=wayward,O=Example Inc'");
    });
  },
);
