import type { Command } from 'commander';
import { loadConfig } from '../config/wayward-yaml.ts';
import { UsageError } from '../errors.ts';
import { aclCommands } from '../kafka/acls.ts';
import { createKafka, requireKafka } from '../kafka/client.ts';
import { userOf } from '../kafka/settings.ts';
import { setUpTopics } from '../pipeline/kafka/setup-topics.ts';
import { type CommandIo, warn, write } from './io.ts';
import { configOption, secretContext, withExample } from './options.ts';
import { createServiceLog } from './service-log.ts';
import { table } from './table.ts';

interface SetupKafkaOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  /** `true`, or the principal. */
  readonly printAcls?: string | true;
}

export function addSetupKafka(setup: Command, io: CommandIo): void {
  const command = setup
    .command('kafka')
    .summary('The topics that Wayward keeps for itself')
    .description(
      'Makes the topics wayward.*, behind kafka.prefix, that are not there yet. One that is there is never changed: where it differs from ' +
        'what is planned, that is said. The topics that hold your logs are yours: they are only looked for.',
    )
    .addOption(configOption())
    .option('--dry-run', 'only say what would be made')
    .option(
      '--print-acls [principal]',
      "only print what to allow on a cluster with ACLs, as commands of Kafka's own tool (default: the user of kafka.sasl)",
    )
    .action((options: SetupKafkaOptions) => run(options, io));
  withExample(command, 'wayward setup kafka --print-acls', 'wayward setup kafka --dry-run', 'wayward setup kafka');
}

async function run({ config: file, dryRun = false, printAcls }: SetupKafkaOptions, io: CommandIo): Promise<void> {
  const config = loadConfig(file);
  const { kafka } = config;
  if (kafka === undefined)
    throw new UsageError(
      'Kafka is not configured; write kafka: { brokers: [kafka-1.example.com:9092] } into wayward.yaml',
    );
  if (printAcls !== undefined) {
    const principal =
      printAcls === true ? `User:${kafka.sasl === undefined ? 'wayward' : userOf(kafka.sasl)}` : printAcls;
    await write(io.stdout, `${aclCommands(kafka, principal).join('\n')}\n`);
    return;
  }
  await config.resolveSecrets(['kafka'], secretContext(io));
  await requireKafka(kafka);
  const { own, warnings, missingRaw } = await setUpTopics(
    createKafka(kafka, createServiceLog(io.stderr)),
    kafka,
    dryRun,
  );
  const rows = own.map(({ plan, exists, made, differences }) => {
    const result = made ? 'made' : !exists && dryRun ? 'would be made' : differences.length > 0 ? 'differs' : 'there';
    const settings = Object.entries(plan.config).map(([name, value]) => `${name}=${value}`);
    const details = exists ? differences : [`partitions=${plan.partitions}`, `replicas=${plan.replicas}`, ...settings];
    return [result, plan.topic, details.join(exists ? '; ' : ' ')];
  });
  await write(io.stdout, table(['RESULT', 'TOPIC', 'DETAILS'], rows));
  if (rows.some(([result]) => result === 'differs'))
    warn(
      io,
      'topics that differ stay as they are; change them with the tools of Kafka (docs/kafka.md says which matter)',
    );
  for (const warning of warnings) warn(io, warning);
  for (const topic of missingRaw)
    warn(io, `the topic ${topic} of kafka.topics is not there; make it, or mend its name in wayward.yaml`);
}
